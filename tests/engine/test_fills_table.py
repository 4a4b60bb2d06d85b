"""Scenario tables: one order on a few bars; what fills, where, and what becomes of the order.

The order goes out after slice 0, so slice 1 is the first that may fill it. Prices by hand from the bars alone.
"""

from __future__ import annotations

import pytest

from tests.engine.desk import FREE, fills, short, states, trade, with_physics

FLAT = (100, 101, 99, 100)


def buy(quantity=10, **terms):
    return lambda context: context.buy("X", quantity, **terms)


def sell(quantity=10, **terms):
    return lambda context: context.sell("X", quantity, **terms)


# name, order after slice 0, bars from slice 1, fills, final state
SINGLE = [
    ("market at the next open", buy(), [(102, 103, 101, 102)], [(1, 10, 102.0)], "FILLED"),
    ("market sell short", sell(), [(98, 99, 97, 98)], [(1, -10, 98.0)], "FILLED"),
    ("limit touched only", buy(limit=98), [(100, 101, 98, 99)], [], "ACCEPTED"),
    ("limit gone through", buy(limit=98), [(100, 101, 97.99, 99)], [(1, 10, 98.0)], "FILLED"),
    ("limit with a better open", buy(limit=98), [(97, 99, 96, 98)], [(1, 10, 97.0)], "FILLED"),
    ("limit at the open exactly", buy(limit=98), [(98, 99, 98, 98)], [(1, 10, 98.0)], "FILLED"),
    ("limit never reached", buy(limit=90), [FLAT, FLAT], [], "ACCEPTED"),
    ("sell limit gone through", sell(limit=103), [(100, 103.01, 99, 101)], [(1, -10, 103.0)], "FILLED"),
    ("sell limit touched only", sell(limit=103), [(100, 103, 99, 101)], [], "ACCEPTED"),
    ("sell limit gap", sell(limit=103), [(105, 106, 104, 105)], [(1, -10, 105.0)], "FILLED"),
    ("stop touched is hit", buy(stop=103), [(100, 103, 99, 101)], [(1, 10, 103.0)], "FILLED"),
    ("stop gap fills at the open", buy(stop=103), [(106, 107, 105, 106)], [(1, 10, 106.0)], "FILLED"),
    ("stop not reached", buy(stop=103), [(100, 102.99, 99, 101)], [], "ACCEPTED"),
    ("sell stop touched", sell(stop=97), [(100, 101, 97, 98)], [(1, -10, 97.0)], "FILLED"),
    ("sell stop gap", sell(stop=97), [(94, 95, 93, 94)], [(1, -10, 94.0)], "FILLED"),
    ("stop-limit within", buy(stop=103, limit=104), [(100, 105, 99, 104)], [(1, 10, 103.0)], "FILLED"),
    ("stop-limit gaps beyond and rests", buy(stop=103, limit=104), [(106, 107, 103, 106)], [], "ACCEPTED"),
    (
        "stop-limit fills later as a limit",
        buy(stop=103, limit=104),
        [(106, 107, 105, 106), (105, 106, 103.99, 105)],
        [(2, 10, 104.0)],
        "FILLED",
    ),
    (
        "stop-limit under its stop never takes the price before the touch",
        buy(stop=105, limit=104),
        [(100, 110, 99, 108), (106, 107, 103, 105)],
        [(2, 10, 104.0)],
        "FILLED",
    ),
    ("sell stop-limit within", sell(stop=97, limit=96), [(100, 101, 96.5, 97)], [(1, -10, 97.0)], "FILLED"),
    ("sell stop-limit gaps beyond", sell(stop=97, limit=96), [(94, 95, 93, 94)], [], "ACCEPTED"),
    ("post-only rests", buy(limit=98, post_only=True), [(100, 101, 97, 99)], [(1, 10, 98.0)], "FILLED"),
    (
        "post-only that would take",
        buy(limit=98, post_only=True),
        [(97, 99, 96, 98)],
        [],
        "REJECTED POST_ONLY_WOULD_TAKE",
    ),
    (
        "post-only sell that would take",
        sell(limit=98, post_only=True),
        [(99, 99, 96, 98)],
        [],
        "REJECTED POST_ONLY_WOULD_TAKE",
    ),
    ("ioc fills", buy(time_in_force="ioc"), [FLAT], [(1, 10, 100.0)], "FILLED"),
    ("ioc limit not there", buy(limit=90, time_in_force="ioc"), [FLAT, FLAT], [], "CANCELLED NOT_FILLED_AT_ONCE"),
    ("fok limit not there", buy(limit=90, time_in_force="fok"), [FLAT, FLAT], [], "CANCELLED NOT_FILLED_AT_ONCE"),
    ("day limit ends with its session", buy(limit=90, time_in_force="day"), [FLAT, FLAT], [], "EXPIRED SESSION_ENDED"),
    ("reduce-only without a position", sell(reduce_only=True), [FLAT], [], "DENIED REDUCE_ONLY_WOULD_INCREASE"),
    ("off the tick", buy(limit=98.005), [FLAT], [], "DENIED OFF_TICK"),
    ("off the lot", buy(quantity=0.5), [FLAT], [], "DENIED OFF_LOT"),
    ("no lots", buy(quantity=0), [FLAT], [], "DENIED OFF_LOT"),
    ("masked bars wait", buy(), [None, None, (104, 105, 103, 104)], [(3, 10, 104.0)], "FILLED"),
]


@pytest.mark.parametrize(
    ("order", "bars", "expected", "state"), [row[1:] for row in SINGLE], ids=[r[0] for r in SINGLE]
)
def test_single_order(order, bars, expected, state):
    output = trade([FLAT, *bars], {0: order})
    assert short(output) == expected
    assert states(output) == [state]


# name, terms of the trailing stop (entry of 10 at 100 in slice 1, stop sent after it), bars from slice 2, exit
TRAILS = [
    (
        "by amount, ratchets after the bar",
        {"distance": 2},
        [(101, 105, 99, 104), (104, 104, 102, 103)],
        (3, -10, 103.0),
    ),
    ("the bar's own high does not count in the bar", {"distance": 2}, [(101, 105, 98.01, 104)], None),
    ("gap under the level", {"distance": 2}, [(95, 96, 94, 95)], (2, -10, 95.0)),
    ("by percent", {"fraction": 0.1}, [(101, 120, 99, 119), (119, 119, 107, 108)], (3, -10, 108.0)),
    (
        "never loosens",
        {"distance": 2},
        [(101, 105, 99, 104), (104, 104.5, 103.5, 104), (104, 104, 103, 103)],
        (4, -10, 103.0),
    ),
]


@pytest.mark.parametrize(("terms", "bars", "leaves"), [row[1:] for row in TRAILS], ids=[r[0] for r in TRAILS])
def test_trailing_stop(terms, bars, leaves):
    plan = {0: buy(), 1: lambda context: context.trailing_stop("X", 10, **terms)}
    output = trade([FLAT, (100, 101, 99, 100), *bars], plan)
    assert short(output) == [(1, 10, 100.0)] + ([leaves] if leaves else [])


def test_trailing_stop_of_a_short():
    plan = {0: sell(), 1: lambda context: context.trailing_stop("X", 10, distance=2)}
    output = trade([FLAT, FLAT, (99, 99.5, 95, 96), (96, 97, 95.5, 96.5)], plan)
    assert short(output) == [(1, -10, 100.0), (3, 10, 97.0)]


def test_participation_fills_over_bars():
    bars = [FLAT, (100, 101, 99, 100, 40), (101, 102, 100, 101, 40), (102, 103, 101, 102, 1000)]
    output = trade(bars, {0: buy(25)}, physics=with_physics(participation=0.25))
    assert short(output) == [(1, 10, 100.0), (2, 10, 101.0), (3, 5, 102.0)]
    assert states(output) == ["FILLED"]


@pytest.mark.parametrize(
    ("kind", "expected", "state"),
    [
        ("ioc", [(1, 10, 100.0)], "CANCELLED NOT_FILLED_AT_ONCE"),
        ("fok", [], "CANCELLED NOT_FILLED_AT_ONCE"),
        ("day", [(1, 10, 100.0)], "EXPIRED SESSION_ENDED"),
    ],
)
def test_partial_liquidity_by_time_in_force(kind, expected, state):
    bars = [FLAT, (100, 101, 99, 100, 40), (101, 102, 100, 101, 40)]
    output = trade(bars, {0: buy(25, time_in_force=kind)}, physics=with_physics(participation=0.25))
    assert short(output) == expected
    assert states(output) == [state]


def test_fill_or_kill_is_refused_when_cash_is_short():
    output = trade([FLAT, FLAT], {0: buy(90, time_in_force="fok")}, cash=10_000.0, leverage=1.0)
    assert states(output) == ["FILLED"]
    output = trade([FLAT, (120, 121, 119, 120)], {0: buy(90, time_in_force="fok")}, cash=10_000.0)
    assert short(output) == []
    assert states(output) == ["REJECTED INSUFFICIENT_CASH"]


def test_unknown_sizes_set_no_cap():
    bars = [(*FLAT, 0), (*FLAT, 0)]
    assert short(trade(bars, {0: buy(25)}, physics=with_physics(participation=0.25))) == [(1, 25, 100.0)]


def test_a_bar_without_volume_fills_nothing():
    bars = [FLAT, (*FLAT, 0), (101, 102, 100, 101, 100)]
    assert short(trade(bars, {0: buy(25)}, physics=with_physics(participation=0.25))) == [(2, 25, 101.0)]


def test_huge_volume_is_exact():
    size = 9_000_000_000_000_000_000
    bars = [FLAT, (0.01, 0.01, 0.01, 0.01, size)]
    cap = 333_333
    output = trade(bars, {0: buy(1_000)}, physics=with_physics(participation=cap / 1e6))
    assert short(output) == [(1, 1_000, 0.01)]


def test_latency_counts_slices():
    bars = [FLAT, (101, 102, 100, 101), (102, 103, 101, 102), (103, 104, 102, 103)]
    assert short(trade(bars, {0: buy()}, physics=with_physics(latency_slices=2))) == [(3, 10, 103.0)]


def test_touch_is_enough_when_asked():
    output = trade([FLAT, (100, 101, 98, 99)], {0: buy(limit=98)}, physics=with_physics(limit_needs_through=False))
    assert short(output) == [(1, 10, 98.0)]


def test_reduce_only_is_clamped_to_the_position():
    output = trade([FLAT] * 4, {0: buy(10), 1: sell(25, reduce_only=True)})
    assert short(output) == [(1, 10, 100.0), (2, -10, 100.0)]
    assert states(output) == ["FILLED", "CANCELLED POSITION_CLOSED"]


def test_overflow_sized_order_is_denied():
    output = trade([FLAT, FLAT], {0: buy(10**15, limit=10**10)})
    assert states(output) == ["DENIED INSUFFICIENT_CASH"]
    output = trade([FLAT, FLAT], {0: buy(9 * 10**15)}, leverage=1000.0, cash=1e12)
    assert short(output) == []
    assert states(output) == ["REJECTED OVERFLOW"]


def test_cancel_and_cancel_all():
    plan = {
        0: lambda c: [c.buy("X", 10, limit=90), c.buy("X", 10, limit=91), c.buy("X", 10, limit=92)],
        1: lambda c: c.cancel(1),
        2: lambda c: c.cancel_all("X"),
    }
    output = trade([FLAT] * 4, plan)
    assert states(output) == ["CANCELLED CANCELLED_BY_STRATEGY"] * 3
    assert [int(o["done_row"]) for o in output.orders] == [2, 1, 2]


def test_default_physics_cost_money():
    output = trade([FLAT] * 4, {0: buy(), 2: sell()}, physics=type(FREE)())
    # half a thousandth of 100.00 is 5 cents of slippage; a thousandth of the notional is the fee
    assert [(f[1], f[3]) for f in fills(output)] == [("buy", 100.05), ("sell", 99.95)]
    assert [int(f["fee"]) for f in output.fills] == [1_000_500, 999_500]
    assert int(output.account["cash"][0]) == 100_000_000_000 - 1_000_000 - 2_000_000
