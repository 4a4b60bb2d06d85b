"""Capital slices as tables: what each strategy may hold of one account, and that nothing changes without them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from consilience.core.codes import Gate, Reason
from consilience.core.errors import ConfigError
from consilience.core.instruments import Instrument
from consilience.engine.capital import capital_shares
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.research.attribution import strategy_curves
from consilience.strategies import Entry, Strategy
from tests.engine.desk import Script, X, Y, fills, panel, run, short, states
from tests.engine.markets import SETTINGS, digests, market, strategy

FLAT = (100, 100, 100, 100)
Z = Instrument(symbol="Z")


class First(Strategy):
    """Buys in every bar."""

    def define(self, bar: Any) -> Entry:
        return Entry(long=bar.close > 0.0)


class Second(First):
    """The same, later in the queue."""


class Callbacks(Script):
    """A script under a name that a slice can be given to."""


def lots(output: Any, symbols: int) -> list[list[int]]:
    """Lots held at the end, by strategy and symbol."""
    held: list[list[int]] = output.lanes["lots"].reshape(-1, symbols).tolist()
    return held


# settings, lots of First and Second at 100 with 100,000
SIZES: list[tuple[dict[str, Any], list[list[int]]]] = [
    ({"fraction": 1.0}, [[1000], [0]]),  # without slices the first takes all, the second finds no cash
    ({"fraction": 1.0, "capital": {"first": 0.3, "second": 0.7}}, [[300], [700]]),
    ({"fraction": 1.0, "capital": {"first": 0.3}}, [[300], [700]]),  # the other has the rest
    ({"fraction": 0.5, "capital": {"first": 0.3, "second": 0.4}}, [[150], [200]]),
    ({"fraction": 1.0, "capital": {"first": 0.3, "second": 0.7}, "max_gross": 0.5}, [[150], [350]]),
    ({"fraction": 1.0, "capital": {"first": 0.3, "second": 0.7}, "max_position": 0.1}, [[30], [70]]),
    ({"fraction": 3.0, "capital": {"first": 0.25, "second": 0.5}, "leverage": 2.0}, [[500], [1000]]),
    ({"fraction": 3.0, "capital": {"second": 1e-6 * 250_000}}, [[750], [250]]),
]


@pytest.mark.parametrize(("given", "wanted"), SIZES)
def test_sizes_and_limits_are_of_the_slice(given: dict[str, Any], wanted: list[list[int]]) -> None:
    output = run(panel({X: [FLAT] * 3}), First(), Second(), **given)[1]
    assert lots(output, 1) == wanted


def test_entries_of_one_slice_count_before_they_fill() -> None:
    """Half a slice for each of three symbols: the third finds it used up, though the account has cash."""
    market_of_three = panel({X: [FLAT] * 2, Y: [FLAT] * 2, Z: [FLAT] * 2})
    output = run(market_of_three, First(), Second(), fraction=0.5, capital={"first": 0.3})[1]
    assert lots(output, 3) == [[150, 150, 0], [350, 350, 0]]
    refused = [r for r in output.records if r["gate"] == Gate.RISK and r["row"] == 0]
    assert [(int(r["lane"]), Reason(int(r["reason"]))) for r in refused] == [
        (2, Reason.CAPITAL_SLICE),
        (5, Reason.CAPITAL_SLICE),
    ]


def test_orders_of_callbacks_stay_in_the_slice() -> None:
    plan = {0: lambda c: c.buy("X", 200), 1: lambda c: c.buy("X", 200), 2: lambda c: c.buy("X", 200)}
    output = run(panel({X: [FLAT] * 5}), Callbacks(plan), First(), capital={"callbacks": 0.3}, fraction=0.01)[1]
    mine = [f for f in short(output) if f[1] in (200, 100)]
    assert mine == [(1, 200, 100.0), (2, 100, 100.0)]
    assert "DENIED CAPITAL_SLICE" in states(output)


def test_a_reversal_frees_its_own_slice() -> None:
    plan = {0: lambda c: c.buy("X", 300), 1: lambda c: c.sell("X", 600), 2: lambda c: c.buy("X", 300)}
    output = run(panel({X: [FLAT] * 5}), Callbacks(plan), First(), capital={"callbacks": 0.3}, fraction=1e-6)[1]
    assert short(output) == [(1, 300, 100.0), (2, -600, 100.0), (3, 300, 100.0)]


def test_targets_are_of_the_slice() -> None:
    seen: list[float] = []

    def look(context: Any) -> None:
        seen.append(context.quantity_for("X", 0.5))
        context.order_target_percent("X", 1.0)

    output = run(panel({X: [FLAT] * 3}), Callbacks({0: look}), First(), capital={"callbacks": 0.2}, fraction=1e-6)[1]
    assert seen == [100.0]
    assert fills(output)[0] == (1, "buy", 200, 100.0, "STRATEGY_ORDER")


def test_slices_hold_in_a_long_run_and_not_without_them() -> None:
    """Gross of a strategy against its slice, after every slice of a market whose prices move a few percent a bar."""
    names = ("moving_average_cross", "rsi_mean_reversion", "donchian_breakout")
    given = Settings(cash=20_000.0, fraction=0.6, physics=SETTINGS.physics)
    worst = []
    for capital in ({}, {"moving_average_cross": 0.2, "rsi_mean_reversion": 0.3}):
        settings = Settings(**{f: getattr(given, f) for f in given.__struct_fields__} | {"capital": capital})
        market_at_hand = market("daily")
        session = Session(market_at_hand, [strategy(name) for name in names], settings)
        session.run(market_at_hand)
        output = session.output()
        curves = strategy_curves(output.fills, market_at_hand, 3, output.exponent)
        equity = output.curves[:, 0] / 10**output.exponent
        shares = capital_shares(settings, names) if capital else (0.2, 0.3, 0.5)
        worst.append([float(np.max(c.gross / (equity * share))) for c, share in zip(curves, shares, strict=True)])
    free, sliced = worst
    assert max(sliced) < 1.2 < min(free[:2])


def test_a_slice_of_everything_is_the_run_without() -> None:
    panel_at_hand, outputs = market("minute"), []
    for capital in ({}, {"donchian_breakout": 1.0}):
        session = Session(panel_at_hand, [strategy("donchian_breakout")], Settings(cash=20_000.0, capital=capital))
        session.run(panel_at_hand)
        outputs.append(digests(session.output()))
    assert outputs[0] == outputs[1]


WRONG = [
    ({"frist": 0.3}, "did you mean 'first'"),
    ({"zzzz": 0.3}, "the run has first, second"),
    ({"first": 0.0}, "must lie between 0 and 1"),
    ({"first": 1.5}, "must lie between 0 and 1"),
    ({"first": float("nan")}, "must lie between 0 and 1"),
    ({"first": 0.6, "second": 0.5}, "come to 1.1 of equity"),
    ({"first": 1.0}, "nothing is left for second"),
]


@pytest.mark.parametrize(("capital", "text"), WRONG)
def test_slices_that_cannot_be(capital: dict[str, float], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        run(panel({X: [FLAT]}), First(), Second(), capital=capital)
