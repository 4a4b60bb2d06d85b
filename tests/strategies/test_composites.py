"""Composites: how members are written, what their stances are, and what comes of them on short tapes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from consilience.core.codes import Gate
from consilience.core.errors import ConsilienceError
from consilience.features.bar import Bar
from consilience.strategies import CallbackStrategy, Entry, Param, Strategy, ta
from consilience.strategies.catalog import find_strategy
from consilience.strategies.members import members_of, stance_of
from consilience.strategies.multi_timeframe import MultiTimeframe
from consilience.strategies.voting import Voting
from consilience.strategies.weighted import Weighted
from tests.engine.desk import X, fills, panel, run, short
from tests.strategies.tape import QUIET, story, tape


class Above(Strategy):
    """Long above a price, out at or below it; short below the other."""

    top = Param(101.0)
    bottom = Param(0.0)
    voice = Param(1.0)

    def define(self, bar: Bar) -> Entry:
        """Levels, not crosses."""
        return Entry(
            long=bar.close > self.top, exit_long=bar.close <= self.top,
            short=bar.close < self.bottom, exit_short=bar.close >= self.bottom, confidence=self.voice,
        )  # fmt: skip


def test_members_as_text_and_as_objects() -> None:
    made = members_of("macd_cross(fast=5), gap(kind=fade, allow_short=true, least=1.5),zscore_reversion")
    assert [m.strategy_name() for m in made] == ["macd_cross", "gap", "zscore_reversion"]
    assert (made[0].parameters["fast"], made[1].parameters["kind"], made[1].parameters["least"]) == (5, "fade", 1.5)
    again = Voting(members=made)
    assert [repr(m) for m in members_of(again.parameters["members"])] == [repr(m) for m in made]
    assert Voting(again.parameters["members"]).parameters == again.parameters
    assert len(Voting().members_made) == 3


WRONG: list[tuple[Any, str]] = [
    ("macd_cros", "did you mean 'macd_cross'"),
    ("macd_cross(fast)", "'fast' is not name=value"),
    ("macd_cross(fsat=3)", "did you mean 'fast'"),
    ("macd_cross, , gap", "do not read at"),
    ("  ", "names no strategy"),
    ("weighted", "no declarative strategy"),
    ([CallbackStrategy()], "no declarative strategy"),
]


@pytest.mark.parametrize(("members", "text"), WRONG)
def test_members_that_cannot_be(members: Any, text: str) -> None:
    with pytest.raises(ConsilienceError, match=text):
        Voting(members=members)


def test_weights_and_timeframes_that_cannot_be() -> None:
    bar = Bar()
    for weights in ("1, 2", "1, x, 1", "1, 0, 1"):
        with pytest.raises(ConsilienceError, match="weights="):
            Weighted(weights=weights).define(bar)
    with pytest.raises(ConsilienceError, match="timeframes is empty"):
        find_strategy("multi_timeframe")(timeframes=" ").define(bar)


class Watcher(CallbackStrategy):
    """Notes the stance of an entry after each bar."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry
        self.seen: list[int] = []

    def declare(self, bar: Bar) -> dict[str, Any]:
        return {"side": stance_of(self.entry, bar).side}

    def on_bar(self, context: Any, symbol: str) -> None:
        self.seen.append(int(context.value("side", symbol)))


def test_a_stance_is_kept_until_its_own_exit() -> None:
    """An exit of the other side, true all along, does not end a stance; long and short at once say nothing."""
    bar = Bar()
    c = bar.close
    entry = Entry(long=(c == 1) | (c == 6), exit_long=(c == 2) | (c == 3), short=(c == 3) | (c == 6), exit_short=c == 4)
    closes = [5, 1, 5, 4, 5, 2, 5, 3, 5, 2, 6, 5, 1, 5, 3, 4]
    watcher = Watcher(entry)
    run(panel({X: [(p, p, p, p) for p in closes]}), watcher)
    assert watcher.seen == [0, 1, 1, 1, 1, 0, 0, -1, -1, -1, -1, -1, 1, 1, -1, 0]


def traded(strategy: Strategy, closes: list[float]) -> list[tuple[int, int, float]]:
    """Slice, lots and price of what a strategy trades on a tape after the quiet bars, a tenth of equity an entry."""
    return short(run(panel({X: tape([*QUIET, *closes])}), strategy, fraction=0.1)[1])


def test_voting() -> None:
    """Long at 102 and 103 of three: two of three at 103.5, one left at 101.5."""
    members = [Above(top=101.0), Above(top=103.0), Above(top=105.0)]
    closes = [102.0, 103.5, 104.0, 102.5, 101.5, 100.0]
    trades = [(22, 96, 103.5), (24, -96, 102.5)]
    assert traded(Voting(members, quorum=2 / 3, keep=0.5, stop_atr=0.0), closes) == trades
    assert traded(Voting(members, quorum=1.0, stop_atr=0.0), closes) == []
    assert (
        traded(Voting(members, quorum=1 / 3, keep=0.3, stop_atr=0.0), closes) == [(21, 98, 102.0), (26, -98, 100.0)][:1]
    )


def test_voting_on_both_sides() -> None:
    members = [Above(top=101.0, bottom=99.0), Above(top=102.0, bottom=98.0)]
    closes = [103.0, 97.0, 97.0]
    found = traded(Voting(members, quorum=1.0, allow_short=True, stop_atr=0.0), closes)
    assert found == [(21, 97, 103.0), (22, -97, 97.0), (22, -102, 97.0)]


def test_confidence_is_the_share_in_favour() -> None:
    members = [Above(top=101.0), Above(top=103.0), Above(top=105.0)]
    output = run(panel({X: tape([*QUIET, 104.0, 104.0])}), Voting(members, quorum=0.5, stop_atr=0.0))[1]
    passed = output.records[output.records["gate"] == Gate.PASSED]
    assert passed["confidence"].tolist() == [pytest.approx(2 / 3)]


def test_weights_and_confidence_decide() -> None:
    """One long of two: score w1 c1 / (w1 + w2); 0.4 x 3 / 4 = 0.3 enters at 0.3 or less."""
    closes = [102.0, 102.0, 102.0]
    for weights, voice, enters in (("3, 1", 0.41, True), ("3, 1", 0.39, False), ("1, 3", 1.0, False)):
        members = [Above(top=101.0, voice=voice), Above(top=200.0)]
        found = traded(Weighted(members, weights=weights, enter=0.3, performance=0.0, stop_atr=0.0), closes)
        assert (found == [(21, 98, 102.0)]) is enters


def test_measured_performance_weighs() -> None:
    """Both members speak against each other; the one that was right before wins."""
    right, wrong = Above(top=100.2, bottom=100.1), Above(top=150.0, bottom=149.0)
    rising = [100.4, 101.0, 101.6, 102.2, 102.8, 103.4, 104.0]
    weighted = Weighted([right, wrong], window=4, enter=0.4, leave=-1.0, allow_short=True, stop_atr=0.0)
    blind = Weighted([right, wrong], window=4, enter=0.4, leave=-1.0, allow_short=True, stop_atr=0.0, performance=0.0)
    bought = [t for t in traded(weighted, rising) if t[1] > 0]
    assert bought and bought[0][0] > 21
    assert not [t for t in traded(blind, rising) if t[1] > 0 and t[0] > 22]


def minutes(closes: list[float]) -> Any:
    """Bars of one minute from midnight on."""
    made = panel({X: [(c, c, c, c) for c in closes]}, sessions=[0] * len(closes))
    ts = np.arange(1, len(closes) + 1) * 60_000_000_000
    return replace(made, ts=ts, ts_known=ts, duration_ns=60_000_000_000)


class Cross(Strategy):
    """Crosses of a level."""

    level = Param(100.5)

    def define(self, bar: Bar) -> Entry:
        return Entry(
            long=ta.crosses_above(bar.close, self.level), exit_long=ta.crosses_below(bar.close, self.level),
            reason="crossed the level",
        )  # fmt: skip


def test_the_higher_timeframe_must_agree() -> None:
    """Five-minute closes: 100, 101, 102, 100; the first cross comes before any of them agrees, the second after."""
    prices = [100, 100, 101, 100, 100, 100, 101, 101, 101, 101, 100, 101, 102, 102, 102, 102, 102, 101, 101, 100, 101]
    made = MultiTimeframe([Cross(), Above(top=100.5)], timeframes="5m")
    output = run(minutes([float(p) for p in prices]), made, fraction=0.1)[1]
    # the position is closed with the five-minute close of 100 in slice 19, and the cross in slice 20 finds it still so
    assert fills(output) == [(12, "buy", 99, 102.0, "ENTRY_SIGNAL"), (20, "sell", 99, 101.0, "EXIT_SIGNAL")]
    assert made.define(Bar()).reason == "crossed the level; 5m agree"


def test_a_composite_of_the_catalogue_trades_by_its_text() -> None:
    text = "donchian_breakout(entry_period=4, exit_period=2), atr_trailing(period=5, atr_period=5, multiplier=2.0)"
    found = story(
        "voting", {"members": text, "quorum": 1.0, "stop_atr": 0.0}, tape([*QUIET, 101.5, 103.5, 105, 106, 101])
    )
    assert found[0] == (22, "buy", 96, 103.5, "ENTRY_SIGNAL")
