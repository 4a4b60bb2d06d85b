"""Passive violations: an episode for each time the marks put the account beyond a limit, and for nothing else."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.panel import Panel
from consilience.engine.output import RunOutput
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.risk.catalog import FULL_RULES
from consilience.risk.settings import RiskSettings
from tests.engine.desk import FREE, Plan, Script, X, Y, panel, run
from tests.engine.markets import stepped

Episode = tuple[str, int, int, int, float, float]


def at(*closes: int) -> Panel:
    """One symbol, bars without range."""
    return panel({X: [(c, c, c, c) for c in closes]})


def told(output: RunOutput) -> list[Episode]:
    """(rule, first, last and worst slice, value, limit) of every episode; money in the currency."""
    found = []
    for one in output.violations:
        rule = FULL_RULES[int(one["rule"])].name
        scale = 1 if rule in ("max_losses", "max_positions") else 10**output.exponent
        rows = (int(one["first_row"]), int(one["last_row"]), int(one["worst_row"]))
        found.append((rule, *rows, int(one["value"]) / scale, int(one["limit"]) / scale))
    return found


def account(risk: RiskSettings) -> Settings:
    return Settings(cash=100_000.0, record="full", physics=FREE, risk=risk)


BUYS: Plan = {0: lambda c: c.buy("X", 100)}  # a tenth of the account
ALMOST_ALL: Plan = {0: lambda c: c.buy("X", 900)}
TABLE: list[tuple[dict[str, Any], Plan, Panel, list[Episode]]] = [
    ({"max_symbol": 0.12}, BUYS, at(100, 100, 121, 122, 122), []),
    # it grows by price alone, is worst in between, and is within its limit again
    ({"max_symbol": 0.12}, BUYS, at(100, 100, 100, 130, 150, 140, 100, 100),
     [("concentration", 3, 5, 4, 15_000.0, 12_600.0)]),
    # two episodes, the second lasts at the end; the first of equal values is the worst
    ({"max_symbol": 0.12}, BUYS, at(100, 100, 130, 130, 100, 140, 140),
     [("concentration", 2, 3, 2, 13_000.0, 12_360.0), ("concentration", 5, 6, 5, 14_000.0, 12_480.0)]),
    # sold after the marks of slice 3, filled in slice 4
    ({"max_symbol": 0.12}, {**BUYS, 3: lambda c: c.sell("X", 100)}, at(100, 100, 100, 130, 130, 130),
     [("concentration", 3, 3, 3, 13_000.0, 12_360.0)]),
    # a short position grows as its loss does
    ({"max_net": 0.12}, {0: lambda c: c.sell("X", 100)}, at(100, 100, 130, 100),
     [("net_exposure", 2, 2, 2, 13_000.0, 11_640.0)]),
    ({"max_drawdown": 0.15}, ALMOST_ALL, at(100, 100, 84, 100, 80, 70, 100),
     [("max_drawdown", 4, 5, 5, 27_000.0, 15_000.0)]),
    # reached is enough for a loss
    ({"max_drawdown": 0.18}, ALMOST_ALL, at(100, 100, 80), [("max_drawdown", 2, 2, 2, 18_000.0, 18_000.0)]),
    # each session counts from its own start
    ({"max_daily_loss": 0.1}, ALMOST_ALL, at(100, 100, 80, 80, 60),
     [("max_daily_loss", 2, 2, 2, 18_000.0, 10_000.0), ("max_daily_loss", 4, 4, 4, 18_000.0, 8_200.0)]),
    # nothing left: no exposure is allowed, and the later of equals with more of it is worse
    ({"max_gross": 1.0}, {0: lambda c: c.sell("X", 500)}, at(100, 100, 300, 310),
     [("gross_exposure", 2, 3, 3, 155_000.0, 0.0)]),
    # worse is a larger multiple of the limit, also where the value is smaller
    ({"max_sector": 0.12, "sectors": {"X": "metals", "Y": "banks"}}, {0: lambda c: [c.buy("X", 100), c.buy("Y", 100)]},
     panel({X: [(c, c, c, c) for c in (100, 100, 130, 129)], Y: [(c, c, c, c) for c in (100, 100, 100, 10)]}),
     [("sector_exposure", 2, 3, 3, 12_900.0, 11_268.0)]),
    ({"max_symbol": 0.12, "max_drawdown": 0.02}, BUYS, at(100, 100, 130, 100, 130),
     [("concentration", 2, 2, 2, 13_000.0, 12_360.0), ("max_drawdown", 3, 3, 3, 3_000.0, 2_060.0),
      ("concentration", 4, 4, 4, 13_000.0, 12_360.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("limits", "plan", "market", "expected"), TABLE)
def test_episodes(limits: dict[str, Any], plan: Plan, market: Panel, expected: list[Episode]) -> None:
    risk = RiskSettings(**limits)
    session, output = run(market, Script(plan), risk=risk)
    assert told(output) == expected
    assert session.desk is not None and session.desk.risk["violations"][0] == len(expected)
    assert stepped(market, [Script(plan)], account(risk)).violations.tobytes() == output.violations.tobytes()


def test_a_run_without_the_rules_has_no_log() -> None:
    session, output = run(at(100, 100, 200), Script(BUYS))
    assert session.desk is None and len(output.violations) == 0


ROWS = 24
GROSS = 0.5
trades = st.lists(st.tuples(st.integers(0, ROWS - 2), st.sampled_from(("X", "Y")), st.integers(-500, 500)), max_size=12)


def walk(seed: int) -> Panel:
    """Two wild symbols, bars without range."""
    moves = np.random.default_rng(seed).normal(0.0, 0.15, (2, ROWS))
    closes = np.maximum(np.round(100.0 * np.exp(np.cumsum(moves, axis=1)), 2), 1.0)
    bars = [[(c, c, c, c) for c in series.tolist()] for series in closes]
    return panel({X: bars[0], Y: bars[1]})


def plan_of(chosen: list[tuple[int, str, int]]) -> Plan:
    """The orders by slice."""
    by_row: dict[int, list[tuple[str, int]]] = {}
    for row, symbol, lots in chosen:
        if lots:
            by_row.setdefault(row, []).append((symbol, lots))

    def send(orders: list[tuple[str, int]], context: Any) -> None:
        for symbol, lots in orders:
            (context.buy if lots > 0 else context.sell)(symbol, abs(lots))

    return {row: partial(send, orders) for row, orders in by_row.items()}


def recounted(output: RunOutput, market: Panel) -> list[tuple[int, int, int]]:
    """(first, last, value at the worst) of gross exposure beyond its share of equity, from fills and closes alone."""
    tick = 10 ** (output.exponent - 2)  # base units of a cent
    changes, cash = np.zeros((ROWS, 2), np.int64), np.full(ROWS, output.cash_start)
    for fill in output.fills:
        changes[fill["row"], fill["symbol"]] += fill["side"] * fill["lots"]
        cash[fill["row"] :] -= fill["side"] * fill["lots"] * fill["ticks"] * tick
    values = np.cumsum(changes, axis=0) * market.bid.close * tick
    gross, equity = np.abs(values).sum(axis=1), cash + values.sum(axis=1)
    limit = np.rint(np.maximum(equity, 0) * GROSS).astype(np.int64)  # half to even
    beyond = np.concatenate([[False], gross > limit, [False]])
    edges = np.flatnonzero(beyond[1:] != beyond[:-1])
    found = []
    for first, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        rows = range(first, stop)
        allowed = [row for row in rows if limit[row] == 0]
        worst = max(allowed or rows, key=lambda row: gross[row] if allowed else gross[row] / limit[row])
        found.append((first, stop - 1, int(gross[worst])))
    return found


def check(seed: int, chosen: list[tuple[int, str, int]], blocks: tuple[int, ...]) -> int:
    """Number of episodes, after they were held against the recount and other blocks."""
    market, risk = walk(seed), RiskSettings(max_gross=GROSS)
    output = run(market, Script(plan_of(chosen)), risk=risk, leverage=4.0)[1]
    log = output.violations
    assert {FULL_RULES[int(one["rule"])].name for one in log} <= {"gross_exposure"}
    told_rows = [(int(one["first_row"]), int(one["last_row"]), int(one["value"])) for one in log]
    assert told_rows == recounted(output, market)
    session = Session(market, [Script(plan_of(chosen))], Settings(
        cash=100_000.0, record="full", physics=FREE, risk=risk, leverage=4.0))  # fmt: skip
    session.run(market, blocks=blocks)
    assert session.output().violations.tobytes() == log.tobytes()
    return len(log)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), trades, st.sampled_from([(1,), (3,), (1, 7), (ROWS,)]))
def test_an_episode_is_where_the_limit_was_exceeded(
    seed: int, chosen: list[tuple[int, str, int]], blocks: tuple[int, ...]
) -> None:
    check(seed, chosen, blocks)


def test_the_property_meets_episodes() -> None:
    assert sum(check(seed, [(0, "X", 250), (0, "Y", -240)], (5,)) for seed in range(4)) > 4
