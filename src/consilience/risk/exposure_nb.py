"""Exposure of the account by symbol and sector: what is held, and what waits to be.

One walk over lanes and alive orders a slice; each approved entry is then added in constant time. Entries that wait
count as if they were filled, at the price they were decided at: several of one slice can't pass a limit together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.codes import OrderFlag, OrderRole, OrderStatus, OrderType
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.panel import Ints, Records
from consilience.core.units import OVERFLOW, multiply_divide_nb, notional_nb
from consilience.risk.full_request import NO_EXPIRY, NOT_KNOWN, lot_risk_nb
from consilience.risk.violations import Extremes

ENTRY, STOP_LOSS, TRAIL = int(OrderRole.ENTRY), int(OrderRole.STOP_LOSS), int(OrderRole.TRAIL)
FREE, REDUCE_ONLY, STOP_LIMIT = int(OrderRole.FREE), int(OrderFlag.REDUCE_ONLY), int(OrderType.STOP_LIMIT)
FINAL, INITIALIZED = int(OrderStatus.FILLED), int(OrderStatus.INITIALIZED)
CHILDREN = 3  # an entry's protection has the numbers after its own
LARGEST = 2**60


class Exposure(NamedTuple):
    """Base units. sector_of: [S] number of each symbol's sector, 0 .. S - 1, negative for none; written by the shell.

    expiry_day: [S] when each symbol expires, days from 1970-01-01, NO_EXPIRY, NOT_KNOWN; written by the shell.
    symbols: [S] sum of |values| over a symbol's lanes; sectors: [S] the same by sector number; busy: [S] lanes of the
    symbol that hold or wait. costs: [L] what a stop-out of each lane costs.
    """

    sector_of: Ints
    expiry_day: Ints
    symbols: Ints
    sectors: Ints
    busy: Ints
    costs: Ints


def new_exposure(symbols: int, lanes: int) -> Exposure:
    """Exposure of nothing; no symbol has a sector."""
    return Exposure(
        np.full(symbols, -1, np.int64),
        np.full(symbols, NO_EXPIRY, np.int64),
        np.zeros(symbols, np.int64),
        np.zeros(symbols, np.int64),
        np.zeros(symbols, np.int64),
        np.zeros(lanes, np.int64),
    )


@njit_inline
def days_left_nb(exposure: Exposure, symbol: int, today: int) -> int:
    """Whole days until a symbol expires, 0 on the day and after it; NO_EXPIRY, NOT_KNOWN."""
    day = exposure.expiry_day[symbol]
    told = 0 <= day < NO_EXPIRY
    return int(max(day - today, 0) if told else day)


@njit_inline
def add_units_nb(state: np.void, exposure: Exposure, symbol: int, units: int) -> None:
    """Add |units| to a symbol, to its sector, and to what expires today."""
    exposure.symbols[symbol] += units
    if days_left_nb(exposure, symbol, state["session"]) == 0:
        state["expiring_units"] += units
    sector = exposure.sector_of[symbol]
    if sector >= 0:
        exposure.sectors[sector] += units


@njit_bare
def begin_exposure_nb(
    state: np.void, exposure: Exposure, lanes: Records, orders: Records, alive: Ints, count: int
) -> Extremes:
    """What is held, after a slice's marks: gross, net, heat, positions and what expires into the state.

    Returns the largest of each kind. ``state['session']`` is today.

    lanes: LANE_DTYPE; orders: ORDER_DTYPE, of which the first ``count`` numbers in ``alive`` may act. A stop costs its
    distance from the mark, nothing once it is beyond; a lane without one costs its whole value. ``breaches_nb`` comes
    next, then ``add_waiting_nb``.
    """
    exposure.symbols[:] = 0
    exposure.sectors[:] = 0
    exposure.busy[:] = 0
    state["expiring_units"] = 0
    gross, net, heat, positions = 0, 0, 0, 0
    largest, symbol_most, sector_most = 0, 0, 0
    for lane in range(len(lanes)):
        exposure.costs[lane] = abs(lanes[lane]["value"])
    for k in range(count):
        order = orders[alive[k]]
        lane = order["lane"]
        lower_cost_nb(exposure, lanes[lane], order, lane)
    for lane in range(len(lanes)):
        if lanes[lane]["lots"] == 0:
            continue
        value = abs(lanes[lane]["value"])
        symbol = lanes[lane]["symbol"]
        gross += value
        net += lanes[lane]["value"]
        heat += exposure.costs[lane]
        add_units_nb(state, exposure, symbol, value)
        if exposure.busy[symbol] == 0:
            positions += 1
        exposure.busy[symbol] += 1
        largest = max(largest, value)
        symbol_most = max(symbol_most, exposure.symbols[symbol])
        if exposure.sector_of[symbol] >= 0:
            sector_most = max(sector_most, exposure.sectors[exposure.sector_of[symbol]])
    state["gross"] = gross
    state["net"] = net
    state["heat"] = heat
    state["positions"] = positions
    return Extremes(largest, symbol_most, sector_most, state["expiring_units"])


@njit_inline
def lower_cost_nb(exposure: Exposure, position: np.void, order: np.void, lane: int) -> None:
    """Lower a lane's cost to that of ``order``, where that is a stop which protects it now."""
    if position["lots"] == 0 or order["status"] >= FINAL or order["status"] == INITIALIZED or order["stop"] <= 0:
        return
    mark, side = position["mark"], 1 if position["lots"] > 0 else -1
    # a callback's own stop counts where it can only reduce; a stop-limit may be jumped over
    own = order["role"] == FREE and order["flags"] & REDUCE_ONLY != 0 and order["side"] == -side
    own = own and order["type"] != STOP_LIMIT
    if order["role"] != STOP_LOSS and order["role"] != TRAIL and not own:
        return
    covered = min(order["lots"] - order["filled"], abs(position["lots"]))
    value = abs(position["value"])
    if mark <= 0 or covered < abs(position["lots"]):
        return
    loss = multiply_divide_nb(value, max((mark - order["stop"]) * side, 0), mark)
    if loss != OVERFLOW:
        exposure.costs[lane] = min(exposure.costs[lane], loss)


@njit_inline
def base_value_nb(instrument: np.void, ticks: int, lots: int) -> int:
    """|Value| of ``lots`` at ``ticks`` in base units at the symbol's last rate; LARGEST where it does not fit."""
    units = notional_nb(ticks, lots, instrument["notional_num"], instrument["notional_den"])
    if units != OVERFLOW and instrument["currency"] != 0:
        units = multiply_divide_nb(units, instrument["fx_num"], instrument["fx_den"])
    return LARGEST if units == OVERFLOW else int(min(abs(units), LARGEST))


@njit_inline
def earlier_lots_nb(orders: Records, alive: tuple[Ints, int, int], place: int) -> int:
    """Lots of the callback's orders before that at ``place`` of ``alive`` that close the same position."""
    order, lots = orders[alive[0][place]], 0
    for k in range(place):
        other = orders[alive[0][k]]
        if other["role"] != FREE or other["status"] >= FINAL or other["flags"] & REDUCE_ONLY != 0:
            continue
        if other["lane"] == order["lane"] and other["side"] == order["side"]:
            lots += other["lots"] - other["filled"]
    return int(lots)


@njit_bare
def add_waiting_nb(
    state: np.void,
    exposure: Exposure,
    lanes: Records,
    orders: Records,
    alive: tuple[Ints, int, int],
    symbols: Records,
) -> None:
    """Add the entries that wait, as if they were filled, to the state and the exposure.

    alive: numbers of the orders that may act, how many, and how many orders there are at all. symbols: SYMBOL_DTYPE.
    Orders of a callback count with the part that does not close their lane's position; several on one side close it
    once. One that can only reduce does not count.
    """
    numbers, count, total = alive
    for k in range(count):
        number = numbers[k]
        order = orders[number]
        if order["status"] >= FINAL or order["status"] == INITIALIZED:
            continue
        if order["role"] != ENTRY and (order["role"] != FREE or order["flags"] & REDUCE_ONLY != 0):
            continue
        lots, side = order["lots"] - order["filled"], order["side"]
        held = lanes[order["lane"]]["lots"] * side
        if order["role"] == FREE and held < 0:
            lots = min(lots, max(lots + held + earlier_lots_nb(orders, alive, k), 0))
        if lots <= 0:
            continue
        symbol = order["symbol"]
        value = base_value_nb(symbols[symbol], order["decided_ticks"], lots)
        cost = value
        for child in range(number + 1, min(number + 1 + CHILDREN, total)):
            stop = orders[child]["stop"]
            if orders[child]["parent"] == number and orders[child]["role"] == STOP_LOSS and stop > 0:
                cost = min(cost, base_value_nb(symbols[symbol], abs(order["decided_ticks"] - stop), lots))
        add_entry_nb(state, exposure, symbol, side * value, cost)


@njit_bare
def add_entry_nb(state: np.void, exposure: Exposure, symbol: int, value: int, cost: int) -> None:
    """Count one entry as held: its signed ``value``, and what its stop costs."""
    state["gross"] += abs(value)
    state["net"] += value
    state["heat"] += cost
    add_units_nb(state, exposure, symbol, abs(value))
    if exposure.busy[symbol] == 0:
        state["positions"] += 1
    exposure.busy[symbol] += 1


@njit_bare
def count_approved_nb(state: np.void, exposure: Exposure, request: np.void, symbol: int, lots: int) -> None:
    """Count ``lots`` of ``request`` that were approved and sent: the next order of the slice sees them."""
    if lots > 0:
        value = request["side"] * request["lot_units"] * lots
        add_entry_nb(state, exposure, symbol, value, lot_risk_nb(request) * lots)


@njit_bare
def load_exposure_nb(request: np.void, exposure: Exposure, symbol: int, today: int) -> None:
    """Copy what the rules need of one symbol into ``request``. today: the session, days from 1970-01-01."""
    request["symbol_units"] = exposure.symbols[symbol]
    sector = exposure.sector_of[symbol]
    request["sector_units"] = exposure.sectors[sector] if sector >= 0 else NOT_KNOWN
    request["days_to_expiry"] = days_left_nb(exposure, symbol, today)
    request["opens"] = 1 if exposure.busy[symbol] == 0 else 0
