"""What is held and what waits, by symbol and sector: tables of lanes and orders in, exposure out."""

from __future__ import annotations

import numpy as np
import pytest

from consilience.core.codes import OrderFlag, OrderRole, OrderStatus, OrderType
from consilience.core.schemas import LANE_DTYPE, ORDER_DTYPE, SYMBOL_DTYPE
from consilience.risk.catalog import full_verdict_nb
from consilience.risk.exposure_nb import (
    LARGEST,
    add_waiting_nb,
    begin_exposure_nb,
    count_approved_nb,
    load_exposure_nb,
    new_exposure,
)
from consilience.risk.full_request import NO_EXPIRY, NOT_KNOWN, load_account_nb, new_request
from consilience.risk.limits import limits_record
from consilience.risk.settings import RiskSettings
from consilience.risk.state import new_state
from consilience.risk.violations import Extremes

ENTRY, STOP, TRAIL, TARGET, FREE = (
    OrderRole.ENTRY,
    OrderRole.STOP_LOSS,
    OrderRole.TRAIL,
    OrderRole.TAKE_PROFIT,
    OrderRole.FREE,
)
ALIVE, DORMANT, DONE = OrderStatus.ACCEPTED, OrderStatus.INITIALIZED, OrderStatus.CANCELLED
SYMBOLS = 3  # 0 and 1 in sector 0, 2 in none


def lanes_of(*held):
    """Two strategies of three symbols: (lane, lots, value), all marked at 100 ticks, one unit a tick and lot."""
    lanes = np.zeros(2 * SYMBOLS, LANE_DTYPE)
    lanes["symbol"] = np.arange(2 * SYMBOLS) % SYMBOLS
    for lane, lots in held:
        lanes[lane]["lots"], lanes[lane]["value"], lanes[lane]["mark"] = lots, lots * 100, 100
    return lanes


def orders_of(*rows):
    """(role, lane, side, lots, stop, status, parent), decided at 100 ticks."""
    orders = np.zeros(len(rows) + 1, ORDER_DTYPE)
    for order, (role, lane, side, lots, stop, status, parent) in zip(orders, rows, strict=False):
        order["role"], order["lane"], order["symbol"], order["side"] = role, lane, lane % SYMBOLS, side
        order["lots"], order["stop"], order["status"], order["parent"] = lots, stop, status, parent
        order["decided_ticks"] = 100
    return orders


def look(held=(), orders=(), waiting=True, euros=False, expiries=()):
    """(state, exposure, extremes) after one slice of day 100."""
    state, exposure = new_state(100_000)[0], new_exposure(SYMBOLS, 2 * SYMBOLS)
    state["session"] = 100
    exposure.sector_of[:2] = 0
    exposure.expiry_day[: len(expiries)] = expiries
    symbols = np.zeros(SYMBOLS, SYMBOL_DTYPE)
    symbols["notional_num"] = symbols["notional_den"] = symbols["fx_den"] = 1
    symbols["fx_num"], symbols["currency"] = 2, int(euros)
    lanes, table = lanes_of(*held), orders_of(*orders)
    alive = np.arange(len(orders))
    extremes = begin_exposure_nb(state, exposure, lanes, table, alive, len(orders))
    if waiting:
        add_waiting_nb(state, exposure, lanes, table, (alive, len(orders), len(orders)), symbols)
    return state, exposure, extremes


# held, orders, gross, net, heat, positions, by symbol
TABLE = [
    ([], [], 0, 0, 0, 0, [0, 0, 0]),
    ([(0, 10)], [], 1000, 1000, 1000, 1, [1000, 0, 0]),
    ([(0, 10), (3, -4), (2, -1)], [], 1500, 500, 1500, 2, [1400, 0, 100]),
    # stops: long 5 below the mark, short 5 above; beyond the mark they cost nothing
    ([(0, 10)], [(STOP, 0, -1, 10, 95, ALIVE, -1)], 1000, 1000, 50, 1, [1000, 0, 0]),
    ([(0, -10)], [(STOP, 0, 1, 10, 105, ALIVE, -1)], 1000, -1000, 50, 1, [1000, 0, 0]),
    ([(0, 10)], [(TRAIL, 0, -1, 10, 103, ALIVE, -1)], 1000, 1000, 0, 1, [1000, 0, 0]),
    ([(0, 10)], [(STOP, 0, -1, 10, 90, ALIVE, -1), (TRAIL, 0, -1, 10, 95, ALIVE, -1)], 1000, 1000, 50, 1, [1000, 0, 0]),
    # no protection: dormant, done, a target, of half the lots, of another lane
    ([(0, 10)], [(STOP, 0, -1, 10, 95, DORMANT, -1)], 1000, 1000, 1000, 1, [1000, 0, 0]),
    ([(0, 10)], [(STOP, 0, -1, 10, 95, DONE, -1)], 1000, 1000, 1000, 1, [1000, 0, 0]),
    ([(0, 10)], [(TARGET, 0, -1, 10, 95, ALIVE, -1)], 1000, 1000, 1000, 1, [1000, 0, 0]),
    ([(0, 10)], [(STOP, 0, -1, 5, 95, ALIVE, -1)], 1000, 1000, 1000, 1, [1000, 0, 0]),
    ([(0, 10)], [(STOP, 3, -1, 10, 95, ALIVE, -1)], 1000, 1000, 1000, 1, [1000, 0, 0]),
    # waiting entries: whole value without a stop, distance with one; long and short
    ([], [(ENTRY, 1, 1, 7, 0, ALIVE, -1)], 700, 700, 700, 1, [0, 700, 0]),
    ([], [(ENTRY, 1, -1, 7, 0, ALIVE, -1), (STOP, 1, 1, 0, 104, DORMANT, 0)], 700, -700, 28, 1, [0, 700, 0]),
    ([], [(ENTRY, 1, 1, 7, 0, ALIVE, -1), (TARGET, 1, -1, 0, 0, DORMANT, 0)], 700, 700, 700, 1, [0, 700, 0]),
    ([], [(ENTRY, 1, 1, 7, 0, DONE, -1)], 0, 0, 0, 0, [0, 0, 0]),
    ([], [(ENTRY, 1, 1, 7, 0, DORMANT, -1)], 0, 0, 0, 0, [0, 0, 0]),
    ([(0, 10)], [(ENTRY, 3, 1, 7, 0, ALIVE, -1)], 1700, 1700, 1700, 1, [1700, 0, 0]),
    # orders of callbacks: what closes needs no room
    ([(0, 10)], [(FREE, 0, -1, 7, 0, ALIVE, -1)], 1000, 1000, 1000, 1, [1000, 0, 0]),
    ([(0, 10)], [(FREE, 0, -1, 17, 0, ALIVE, -1)], 1700, 300, 1700, 1, [1700, 0, 0]),
    ([(0, 10)], [(FREE, 0, 1, 7, 0, ALIVE, -1)], 1700, 1700, 1700, 1, [1700, 0, 0]),
]  # fmt: skip


@pytest.mark.parametrize(("held", "orders", "gross", "net", "heat", "positions", "by_symbol"), TABLE)
def test_exposure(held, orders, gross, net, heat, positions, by_symbol):
    state, exposure, _ = look(held, orders)
    assert (state["gross"], state["net"], state["heat"], state["positions"]) == (gross, net, heat, positions)
    assert exposure.symbols.tolist() == by_symbol
    assert exposure.sectors.tolist() == [by_symbol[0] + by_symbol[1], 0, 0]


def test_the_largest_of_each_kind_are_of_what_is_held():
    waits = [(ENTRY, 1, 1, 90, 0, ALIVE, -1)]
    assert look([(0, 5), (3, -4), (1, 2), (2, 8)], waits)[2] == Extremes(800, 900, 1100, 0)
    assert look((), waits)[2] == Extremes(0, 0, 0, 0)


def test_other_currencies_and_what_does_not_fit():
    assert look((), [(ENTRY, 1, 1, 7, 0, ALIVE, -1)], euros=True)[0]["gross"] == 1400
    assert look((), [(ENTRY, 1, 1, 2**62, 0, ALIVE, -1)])[0]["gross"] == LARGEST


def test_a_position_without_a_price_costs_its_whole_value():
    lanes, state, exposure = lanes_of((0, 10)), new_state(100_000)[0], new_exposure(SYMBOLS, 2 * SYMBOLS)
    lanes["mark"] = 0
    orders = orders_of((STOP, 0, -1, 10, 95, ALIVE, -1))
    begin_exposure_nb(state, exposure, lanes, orders, np.arange(1), 1)
    assert state["heat"] == 1000


def test_entries_of_one_slice_can_not_pass_a_limit_together():
    """Three entries of 40 lots each where 100 fit: 40, 40, 20."""
    state, exposure, _ = look()
    limits = limits_record(RiskSettings(max_gross=0.1, max_heat=0.05, max_positions=3))[0]
    request = new_request()[0]
    request["lots"], request["lot_units"], request["stop_units"] = 40, 100, 10
    approved = []
    for symbol in (0, 1, 2, 0):
        load_account_nb(request, state)
        load_exposure_nb(request, exposure, symbol, 0)
        lots = full_verdict_nb(request, limits).lots
        count_approved_nb(state, exposure, request, symbol, lots)
        approved.append(int(lots))
    assert approved == [40, 40, 20, 0]
    assert (state["gross"], state["net"], state["heat"], state["positions"]) == (10_000, 10_000, 1_000, 3)
    assert exposure.busy.tolist() == [1, 1, 1]


def test_what_a_request_is_told_of_its_symbol():
    _, exposure, _ = look([(0, 10), (1, 5)])
    request = new_request()[0]
    load_exposure_nb(request, exposure, 1, 0)
    assert (request["symbol_units"], request["sector_units"], request["opens"]) == (500, 1500, 0)
    load_exposure_nb(request, exposure, 2, 0)
    assert (request["symbol_units"], request["sector_units"], request["opens"]) == (0, NOT_KNOWN, 1)


def free_orders(*rows):
    """(side, lots, stop, flags, type) of a callback in lane 0."""
    orders = orders_of(*((FREE, 0, side, lots, stop, ALIVE, -1) for side, lots, stop, _, _ in rows))
    for order, (*_, flags, kind) in zip(orders, rows, strict=False):
        order["flags"], order["type"] = flags, kind
    return orders


REDUCES, AT_STOP, AT_STOP_LIMIT = int(OrderFlag.REDUCE_ONLY), int(OrderType.STOP), int(OrderType.STOP_LIMIT)
# what rests, gross and heat of ten held that are worth a thousand
OWN = [
    # several on one side close the position once
    ([(-1, 8, 0, 0, 0), (-1, 8, 0, 0, 0)], 1600, 1600),
    ([(-1, 10, 0, 0, 0), (-1, 10, 0, 0, 0), (1, 3, 0, 0, 0)], 2300, 2300),
    # what can only reduce needs no room, and a stop among it lowers the cost
    ([(-1, 17, 0, REDUCES, 0)], 1000, 1000),
    ([(-1, 8, 0, REDUCES, 0), (-1, 8, 0, 0, 0)], 1000, 1000),
    ([(-1, 10, 95, REDUCES, AT_STOP)], 1000, 50),
    ([(-1, 10, 95, 0, AT_STOP)], 1000, 1000),
    ([(-1, 9, 95, REDUCES, AT_STOP)], 1000, 1000),
    ([(-1, 10, 95, REDUCES, AT_STOP_LIMIT)], 1000, 1000),
    ([(1, 10, 95, REDUCES, AT_STOP)], 1000, 1000),
]


@pytest.mark.parametrize(("orders", "gross", "heat"), OWN)
def test_orders_of_callbacks(orders, gross, heat):
    state, exposure = new_state(100_000)[0], new_exposure(SYMBOLS, 2 * SYMBOLS)
    lanes, table, alive = lanes_of((0, 10)), free_orders(*orders), np.arange(len(orders))
    symbols = np.zeros(SYMBOLS, SYMBOL_DTYPE)
    symbols["notional_num"] = symbols["notional_den"] = 1
    begin_exposure_nb(state, exposure, lanes, table, alive, len(orders))
    add_waiting_nb(state, exposure, lanes, table, (alive, len(orders), len(orders)), symbols)
    assert (state["gross"], state["heat"]) == (gross, heat)


WAITS = [(ENTRY, 3, 1, 7, 0, ALIVE, -1)]
# held, orders, expiry of each symbol, what expires today: held, with what waits; days left of each symbol
EXPIRIES = [
    ([(0, 10), (1, -4)], WAITS, (100, 101, NO_EXPIRY), 1000, 1700, [0, 1, NO_EXPIRY]),
    ([(0, 10), (1, -4)], WAITS, (99, 100, NOT_KNOWN), 1400, 2100, [0, 0, NOT_KNOWN]),  # the day before, and still held
    ([(0, 10), (3, -4)], (), (100, 100, 100), 1400, 1400, [0, 0, 0]),
    ([(0, 10)], WAITS, (NOT_KNOWN, 100, 107), 0, 0, [NOT_KNOWN, 0, 7]),
    ([(0, 10)], WAITS, (), 0, 0, [NO_EXPIRY] * 3),
]


@pytest.mark.parametrize(("held", "orders", "expiries", "expiring", "waiting", "days"), EXPIRIES)
def test_what_expires_today(held, orders, expiries, expiring, waiting, days):
    assert look(held, orders, False, False, expiries)[2].expiring == expiring
    state, exposure, _ = look(held, orders, expiries=expiries)
    assert state["expiring_units"] == waiting
    request = new_request()[0]
    for symbol, left in enumerate(days):
        load_account_nb(request, state)
        load_exposure_nb(request, exposure, symbol, 100)
        assert (request["days_to_expiry"], request["expiring_units"]) == (left, waiting)
