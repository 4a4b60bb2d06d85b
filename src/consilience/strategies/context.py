"""Context: what a callback strategy may see and do. The engine implements it; the same in backtest, paper and live."""

from __future__ import annotations

from typing import Protocol

from consilience.core.views import AccountView, PositionView


class Context(Protocol):
    """Positions, prices and orders of one strategy. Quantities are in units, prices as read.

    Orders act from the next slice.

    Order methods return an order id; a refused order gets one too, and ``on_order`` tells the reason.

    In a run with ``[risk]``, ``[sizing]`` or ``[exits]`` every order meets the full rules: a quantity that is named is
    the most that is sent, what reduces passes and goes out reduce-only, and an order that turns a position round
    becomes two, the second of which opens and has the next id.
    """

    @property
    def now_ns(self) -> int:
        """Close time of the slice at hand, UTC nanoseconds."""
        ...

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols of the run."""
        ...

    def value(self, name: str, symbol: str) -> float:
        """Declared feature ``name`` of ``symbol`` in this slice, NaN where it has none."""
        ...

    def bid(self, symbol: str) -> float:
        """Bid at the end of this slice, NaN where it has none; on trade bars the close."""
        ...

    def ask(self, symbol: str) -> float:
        """Ask at the end of this slice, NaN where it has none; on trade bars the close."""
        ...

    def position(self, symbol: str) -> float:
        """Signed quantity held by this strategy."""
        ...

    def position_view(self, symbol: str) -> PositionView:
        """The position with its cost and mark."""
        ...

    def account(self) -> AccountView:
        """The whole account at the last marks."""
        ...

    def buy(
        self,
        symbol: str,
        quantity: float,
        *,
        limit: float | None = None,
        stop: float | None = None,
        time_in_force: str = "gtc",
        reduce_only: bool = False,
        post_only: bool = False,
    ) -> int:
        """Buy at the market, or with a limit, a stop, or both (stop-limit)."""
        ...

    def sell(
        self,
        symbol: str,
        quantity: float,
        *,
        limit: float | None = None,
        stop: float | None = None,
        time_in_force: str = "gtc",
        reduce_only: bool = False,
        post_only: bool = False,
    ) -> int:
        """Sell at the market, or with a limit, a stop, or both (stop-limit)."""
        ...

    def trailing_stop(
        self, symbol: str, quantity: float, *, distance: float | None = None, fraction: float | None = None
    ) -> int:
        """Reduce-only stop that follows the best price since now, at a price distance or a fraction of price."""
        ...

    def enter(
        self,
        symbol: str,
        direction: int,
        *,
        quantity: float | None = None,
        stop_loss: float | None = None,
        take_profit: float | None = None,
        confidence: float = 1.0,
    ) -> None:
        """The entry of the declarative form, at the market: sizer, risk, protection and reversal included."""
        ...

    def exit(self, symbol: str) -> None:
        """Close the position at the market."""
        ...

    def order_target(self, symbol: str, quantity: float) -> int | None:
        """Order the difference to a signed quantity; None when there is none."""
        ...

    def order_target_percent(self, symbol: str, fraction: float) -> int | None:
        """Order the difference to a signed share of this strategy's equity: the account's, or its slice of it."""
        ...

    def quantity_for(self, symbol: str, fraction: float) -> float:
        """Quantity in whole lots worth at most a share of this strategy's equity; 0 where there is no price."""
        ...

    def cancel(self, order_id: int) -> None:
        """Cancel one order."""
        ...

    def cancel_all(self, symbol: str | None = None) -> None:
        """Cancel this strategy's orders, of one symbol or of all."""
        ...
