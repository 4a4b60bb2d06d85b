"""Host: what a context asks of the run it belongs to. The session is one; a context knows no more of it than this."""

from __future__ import annotations

from typing import Protocol

from consilience.core.views import AccountView, PositionView
from consilience.engine.book import Book
from consilience.engine.intent import Intent


class Host(Protocol):
    """The book, and answers at market row ``row``, which the context sets before it asks.

    A column is a symbol's place in ``symbols``; lane = strategy x symbols + column.
    """

    symbols: tuple[str, ...]
    book: Book
    row: int
    lane_numbers: memoryview
    lot_size: list[float]
    tick_value: list[float]
    capital: tuple[float, ...]  # each strategy's share of equity

    def now_ns(self) -> int:
        """Close time of the slice at hand."""
        ...

    def flush(self) -> None:
        """Bring venue and marks up to the slice at hand, and waiting requests into the book."""
        ...

    def request(self, fields: tuple[int, ...]) -> int:
        """Note an order (``book.REQUEST_FIELDS``); returns the number it will have."""
        ...

    def decide(self, lane: int, intent: Intent) -> None:
        """The declarative decision of one lane."""
        ...

    def priority(self, strategy: int) -> int:
        """Queue priority of a strategy's orders."""
        ...

    def price_factor(self, column: int) -> float:
        """Forward-adjustment factor."""
        ...

    def equity(self) -> float:
        """Equity at the last marks, base currency."""
        ...

    def position_view(self, lane: int) -> PositionView:
        """One lane as a view."""
        ...

    def account_view(self) -> AccountView:
        """The account with its open positions."""
        ...

    def whole_lots(self, column: int, quantity: float) -> int:
        """Lots of a quantity; 0 when it is off the lot."""
        ...

    def grid_ticks(self, column: int, price: float) -> int:
        """Ticks of a price; -1 when it is off the data grid."""
        ...

    def round_price(self, column: int, price: float, up: bool) -> float:
        """A price on the order grid."""
        ...

    def price_of(self, column: int, *, buys: bool) -> float:
        """Close of the side that a buyer or a seller meets, NaN when there is none."""
        ...

    def value_of_one(self, column: int) -> float:
        """Base-currency value of one unit at the last close, NaN when there is none."""
        ...
