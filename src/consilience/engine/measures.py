"""Prices and quantities of people as ticks and lots, and back: what a context asks its session for."""

from __future__ import annotations

from consilience.core.panel import Panel
from consilience.core.units import step_fraction
from consilience.engine.book import Book, Market
from consilience.execution.ticks import ceil_to_step_nb, floor_to_step_nb


class Measures:
    """Conversions at the slice at hand, ``row`` of ``market``."""

    book: Book
    market: Market
    panel: Panel
    row: int
    exponent: int
    tick_value: list[float]
    lot_size: list[float]

    def whole_lots(self, column: int, quantity: float) -> int:
        """Lots of a quantity; 0 when it is off the lot, which refuses the order."""
        lots = quantity / self.lot_size[column]
        nearest = round(lots)
        return nearest if abs(lots - nearest) <= 1e-6 * max(1.0, abs(lots)) else 0

    def grid_ticks(self, column: int, price: float) -> int:
        """Ticks of a price; -1 when it is off the data grid, which refuses the order."""
        ticks = price / self.tick_value[column]
        nearest = round(ticks)
        return nearest if nearest > 0 and abs(ticks - nearest) <= 1e-6 * nearest else -1

    def round_price(self, column: int, price: float, up: bool) -> float:
        """A price on the order grid."""
        record = self.book.symbols[column]
        ticks = price / self.tick_value[column]
        num, den = step_fraction(self.panel.instruments[column].price_increment)
        return int(ceil_to_step_nb(record, ticks) if up else floor_to_step_nb(record, ticks)) * num / den

    def price_of(self, column: int, *, buys: bool) -> float:
        """Close of the side that a buyer or a seller meets, NaN when the symbol has no price yet."""
        side = self.market.ask_close if buys else self.market.bid_close
        num, den = step_fraction(self.panel.instruments[column].price_increment)
        valid = self.panel.events or self.panel.valid[self.row, column]
        ticks = int(side[self.row, column])
        return ticks * num / den if valid and ticks > 0 else float("nan")

    def value_of_one(self, column: int) -> float:
        """Base-currency value of one unit at the last close, NaN when the symbol has none."""
        if not self.panel.valid[self.row, column]:
            return float("nan")
        record = self.book.symbols[column]
        ticks = int(self.market.ask_close[self.row, column])
        currency = int(record["currency"])
        units = ticks * int(record["notional_num"]) / int(record["notional_den"]) / self.lot_size[column]
        rate = int(self.market.fx_num[self.row, currency]) / int(self.market.fx_den[currency])
        return units * rate / 10.0**self.exponent
