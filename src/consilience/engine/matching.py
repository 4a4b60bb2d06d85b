"""At which price a bar, a bid/ask bar, a quote or a trade fills an order. Pessimistic where a bar does not tell.

A quote or a trade is a bar whose four prices are one. Nothing here knows cash, positions or fees.
"""

from __future__ import annotations

import numpy as np

from consilience.core.codes import OrderFlag, OrderType
from consilience.core.jit import njit_inline
from consilience.execution.physics.base import share_up_nb
from consilience.execution.ticks import down_to_step_nb, up_to_step_nb

MARKET, LIMIT, STOP = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.STOP)
STOP_LIMIT, TRAILING = int(OrderType.STOP_LIMIT), int(OrderType.TRAILING_STOP)
TRIGGERED, TRAIL_PERCENT = int(OrderFlag.TRIGGERED), int(OrderFlag.TRAIL_PERCENT)


@njit_inline
def prices_nb(symbol: np.void, side: int) -> tuple[int, int, int, int]:
    """Open, high, low, close in the slice at hand of the side that an order of ``side`` trades against."""
    if side > 0:
        return symbol["ask_open"], symbol["ask_high"], symbol["ask_low"], symbol["ask_close"]
    return symbol["bid_open"], symbol["bid_high"], symbol["bid_low"], symbol["bid_close"]


@njit_inline
def limit_price_nb(side: int, limit: int, bar: tuple[int, int, int, int], through: int) -> int:
    """Fill price of a resting limit, or 0: the open where it is better, else the limit once price goes there.

    through: 1 asks that price goes beyond the limit, since at a touch others may stand before us.
    """
    first, high, low, _ = bar
    if side > 0:
        if first <= limit:
            return first
        return limit if low + through <= limit else 0
    if first >= limit:
        return first
    return limit if high - through >= limit else 0


@njit_inline
def stop_price_nb(side: int, stop: int, bar: tuple[int, int, int, int], before_open: bool) -> int:
    """Fill price of a stop, or 0: the worse of stop and open.

    before_open: the order stood before this bar opened. If it was armed inside the bar, the open says nothing of
    the fill; a bar that opened beyond the stop then needs its close to prove the touch.
    """
    first, high, low, last = bar
    if side > 0:
        if high < stop:
            return 0
        if before_open:
            return max(first, stop)
        return stop if first < stop or last >= stop else 0
    if low > stop:
        return 0
    if before_open:
        return min(first, stop)
    return stop if first > stop or last <= stop else 0


@njit_inline
def resting_price_nb(
    order: np.void, bar: tuple[int, int, int, int], through: int, before_open: bool, slice_number: int
) -> int:
    """Fill price in this bar of any order that is not a market order, or 0.

    A stop-limit may turn TRIGGERED; beyond its limit it rests from the next slice on, since the bar does not tell
    whether price came back after the touch.
    """
    side, kind = order["side"], order["type"]
    if kind == LIMIT:
        return limit_price_nb(side, order["limit"], bar, through)
    if kind in (STOP, TRAILING):
        return stop_price_nb(side, order["stop"], bar, before_open)
    if kind == STOP_LIMIT:
        if order["flags"] & TRIGGERED:
            return limit_price_nb(side, order["limit"], bar, through)
        touched = stop_price_nb(side, order["stop"], bar, before_open)
        if touched == 0:
            return 0
        order["flags"] |= TRIGGERED
        order["water"] = slice_number
        within = touched <= order["limit"] if side > 0 else touched >= order["limit"]
        return touched if within else 0
    return 0


@njit_inline
def trail_level_nb(instrument: np.void, side: int, water: int, trail: int, percent: bool) -> int:
    """Stop level of a trailing order whose best price is ``water``, on the order grid, away from the market."""
    offset = share_up_nb(water, trail) if percent else trail
    if side < 0:
        lowest: int = instrument["band_step"][0]
        return max(down_to_step_nb(instrument, max(water - offset, 0)), lowest)
    return up_to_step_nb(instrument, water + offset)


@njit_inline
def ratchet_nb(instrument: np.void, order: np.void, bar: tuple[int, int, int, int]) -> None:
    """Move a trailing stop after its bar was checked: the bar's best price counts from the next bar on."""
    _, high, low, _ = bar
    percent = (order["flags"] & TRAIL_PERCENT) != 0
    if order["side"] < 0:
        if high > order["water"]:
            order["water"] = high
            order["stop"] = max(order["stop"], trail_level_nb(instrument, -1, high, order["trail"], percent))
    elif low < order["water"]:
        order["water"] = low
        order["stop"] = min(order["stop"], trail_level_nb(instrument, 1, low, order["trail"], percent))
