"""What a strategy says of one lane, and its prices on the venue's grid."""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.codes import OrderType, Reason
from consilience.core.jit import njit_inline
from consilience.core.units import MILLION
from consilience.engine.book import Book
from consilience.execution.ticks import ceil_to_step_nb, floor_to_step_nb

LIMIT, STOP, STOP_LIMIT = int(OrderType.LIMIT), int(OrderType.STOP), int(OrderType.STOP_LIMIT)
IS_NAN = int(Reason.PRICE_IS_NAN)
STOP_SIDE, TARGET_SIDE = int(Reason.STOP_ON_WRONG_SIDE), int(Reason.TARGET_ON_WRONG_SIDE)


class Intent(NamedTuple):
    """What a strategy says of one lane in one slice. Prices are forward-adjusted; NaN where it gives none.

    quantity: units (shares, coins), NaN for the sizer. trail: price distance, or fraction of price.
    """

    long: bool
    short: bool
    exit_long: bool
    exit_short: bool
    limit: float
    stop: float
    stop_loss: float
    take_profit: float
    trail: float
    quantity: float
    confidence: float


class Plan(NamedTuple):
    """Prices of an entry on the venue's grid, in ticks; 0 for none. bad: a Reason when the plan is refused."""

    reference: int
    limit: int
    stop: int
    stop_loss: int
    take_profit: int
    trail: int
    bad: int


@njit_inline
def raw_ticks_nb(book: Book, symbol: int, price: float) -> float:
    """A forward-adjusted price as raw ticks, not yet on the grid."""
    if book.config[0]["has_factor"] == 1:
        price = price / book.symbols[symbol]["factor"]
    ticks: float = price / book.symbols[symbol]["tick_value"]
    return ticks


@njit_inline
def price_ticks_nb(book: Book, symbol: int, price: float, up: bool) -> int:
    """A forward-adjusted price on the order grid; 0 when it is NaN or no price."""
    ticks = raw_ticks_nb(book, symbol, price)
    if not ticks > 0.0:
        return 0
    if up:
        return ceil_to_step_nb(book.symbols[symbol], ticks)
    return floor_to_step_nb(book.symbols[symbol], ticks)


@njit_inline
def plan_entry_nb(book: Book, lane: int, side: int, intent: Intent) -> Plan:  # noqa: C901  (one price after the other)
    """Read the price columns of an entry. Limits round away from the market, stops and targets away from us."""
    symbol = book.lanes[lane]["symbol"]
    rules = book.strategies[book.lanes[lane]["strategy"]]
    kind = rules["order_type"]
    reference = book.symbols[symbol]["ask_close"] if side > 0 else book.symbols[symbol]["bid_close"]
    limit, stop, stop_loss, take_profit, trail = 0, 0, 0, 0, 0
    long = side > 0
    if kind in (LIMIT, STOP_LIMIT):
        limit = price_ticks_nb(book, symbol, intent.limit, not long)
        if limit == 0:
            return Plan(reference, 0, 0, 0, 0, 0, IS_NAN)
        reference = limit
    if kind in (STOP, STOP_LIMIT):
        stop = price_ticks_nb(book, symbol, intent.stop, long)
        if stop == 0:
            return Plan(reference, 0, 0, 0, 0, 0, IS_NAN)
        reference = stop
    if rules["has_stop_loss"]:
        stop_loss = price_ticks_nb(book, symbol, intent.stop_loss, not long)
        if stop_loss == 0:
            return Plan(reference, 0, 0, 0, 0, 0, IS_NAN)
        if (stop_loss - reference) * side >= 0:
            return Plan(reference, 0, 0, 0, 0, 0, STOP_SIDE)
    if rules["has_take_profit"]:
        take_profit = price_ticks_nb(book, symbol, intent.take_profit, long)
        if take_profit == 0:
            return Plan(reference, 0, 0, 0, 0, 0, IS_NAN)
        if (take_profit - reference) * side <= 0:
            return Plan(reference, 0, 0, 0, 0, 0, TARGET_SIDE)
    if rules["has_trail"]:
        value = intent.trail
        if rules["trail_percent"] == 1:
            trail = int(value * MILLION + 0.5) if 0.0 < value < 1.0 else 0
        else:
            ticks = raw_ticks_nb(book, symbol, value)
            trail = int(ticks + 0.5) if 0.0 < ticks < 9.0e15 else 0
        if trail <= 0:
            return Plan(reference, 0, 0, 0, 0, 0, IS_NAN)
    return Plan(reference, limit, stop, stop_loss, take_profit, trail, 0)
