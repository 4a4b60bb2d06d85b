"""Whatever a callback strategy sends under the full rules: no approved order opens or worsens a breach."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.codes import Gate, OrderFlag, OrderRole, OrderStatus, Reason
from consilience.core.panel import Panel
from consilience.engine.output import RunOutput
from consilience.risk.settings import RiskSettings
from tests.engine.desk import Plan, Script, X, Y, panel, run

ROWS = 24
GROSS, CASH = 0.5, 100_000
LIMITS = RiskSettings(max_gross=GROSS, max_net=0.4, max_symbol=0.35, halt_drawdown=0.04, halt_drawdown_level=1)
OPENING = (OrderRole.ENTRY, OrderRole.FREE)
ACTS = ("market", "limit", "stop", "reduce", "target", "percent", "trail", "enter", "exit", "cancel")
acts = st.tuples(
    st.integers(0, ROWS - 2),
    st.sampled_from(ACTS),
    st.sampled_from(("X", "Y")),
    st.sampled_from((-1, 1)),
    st.integers(1, 400),
    st.integers(-3, 3),
)


def play(context: Any, chosen: list[Any]) -> None:
    """What a random strategy sends in a slice."""
    for act in chosen:
        send_one(context, act)


def send_one(context: Any, act: tuple[int, str, str, int, int, int]) -> None:
    """One order of it."""
    _, kind, symbol, side, lots, away = act
    send = context.buy if side > 0 else context.sell
    price = round(context.bid(symbol)) + away
    calls: dict[str, Any] = {
        "market": lambda: send(symbol, lots),
        "limit": lambda: send(symbol, lots, limit=price),
        "stop": lambda: send(symbol, lots, stop=price),
        "reduce": lambda: send(symbol, lots, reduce_only=True),
        "target": lambda: context.order_target(symbol, side * lots),
        "percent": lambda: context.order_target_percent(symbol, side * lots / 400),
        "trail": lambda: context.trailing_stop(symbol, lots, distance=2.0),
        "enter": lambda: context.enter(symbol, side, quantity=lots),
        "exit": lambda: context.exit(symbol),
        "cancel": lambda: context.cancel_all(symbol),
    }
    calls[kind]()


def walk(seed: int) -> Panel:
    """Two symbols around 100."""
    rng = np.random.default_rng(seed)
    bars = {}
    for instrument in (X, Y):
        close = 100 + np.cumsum(rng.integers(-2, 3, ROWS))
        first = np.concatenate([[100], close[:-1]])
        high, low = np.maximum(first, close) + 1, np.minimum(first, close) - 1
        bars[instrument] = [tuple(map(float, bar)) for bar in zip(first, high, low, close, strict=True)]
    return panel(bars)


def opening_units(orders: Any, lots: Any, position: int) -> int:
    """Value of what ``lots`` of orders of one side open at their prices; the first ones close the position."""
    room, total = abs(position), 0
    for order, left in zip(orders, lots, strict=True):
        closes = min(room, left)
        room -= closes
        total += (left - closes) * int(order["decided_ticks"])
    return total


def worst_gross(market: Panel, output: RunOutput, row: int, number: int) -> int:
    """Largest gross value, ticks, to which what is held and what waits up to order ``number`` can come."""
    total = 0
    fills, orders = output.fills[output.fills["row"] <= row], output.orders[: number + 1]
    for lane in range(2):
        mine = fills[fills["lane"] == lane]
        position = int(mine["position"][-1]) if len(mine) else 0
        held = abs(position) * int(market.bid.close[row, lane])
        ended = (orders["done_row"] >= 0) & (orders["done_row"] <= row)
        opens = np.isin(orders["role"], OPENING) & (orders["flags"] & OrderFlag.REDUCE_ONLY == 0)
        sides = []
        for side in (1, -1):
            waiting = np.flatnonzero((orders["lane"] == lane) & (orders["side"] == side) & ~ended & opens)
            left = [int(orders["lots"][k]) - int(mine["lots"][mine["order"] == k].sum()) for k in waiting]
            against = position * side < 0
            # a position turned round is closed by an order of its own before
            closed = sum(
                int(o["lots"])
                for o in orders[(orders["lane"] == lane) & ~ended]
                if o["role"] == OrderRole.REVERSAL and o["side"] == side
            )
            spare = max(abs(position) - closed, 0) if against else 0
            opened = opening_units(orders[waiting], left, spare)
            sides.append(max(held, opened) if against else held + opened)
        total += max(sides)
    return total


@given(st.integers(0, 50), st.lists(acts, min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_no_approved_order_opens_or_worsens_a_breach(seed: int, chosen: list[Any]) -> None:
    market = walk(seed)
    plan: Plan = {row: partial(play, chosen=[a for a in chosen if a[0] == row]) for row in range(ROWS)}
    session, output = run(market, Script(plan), risk=LIMITS, cash=float(CASH), leverage=3.0)
    halted = [int(r["row"]) for r in output.records if r["reason"] == Reason.HALTED]
    for record in output.records:
        if record["gate"] != Gate.PASSED or record["direction"] == 0:
            continue
        row, number = int(record["row"]), int(record["order"])
        assert not halted or row < min(halted)
        assert 0 < record["lots_approved"] <= record["lots_wanted"]
        limit = GROSS * int(output.marks[0, row]) / 10 ** (output.exponent - 2)  # ticks are cents
        after = worst_gross(market, output, row, number)
        assert after <= max(limit, worst_gross(market, output, row, number - 1)), (row, number)
    held = {0: 0, 1: 0}
    for fill in output.fills:
        before, after = held[int(fill["lane"])], int(fill["position"])
        held[int(fill["lane"])] = after
        if output.orders[fill["order"]]["flags"] & OrderFlag.REDUCE_ONLY:
            assert abs(after) < abs(before) and before * after >= 0
    denied = output.orders["status"] == OrderStatus.DENIED
    assert (output.orders["reason"][denied] != 0).all()
    assert session.book.account["refused"][0] == denied.sum()
