"""Slots in runs: every driver reads the same, an unknown series is refused by name, an open graph stays silent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from consilience.core.errors import StrategyError
from consilience.engine.as_callbacks import AsCallbacks
from consilience.engine.columns import ColumnMaker, Graph
from consilience.engine.session import Session
from consilience.features import ta
from consilience.features.blocked import FEWEST_A_BLOCK
from consilience.market.external import SignalGate, admit_all, of_events, with_signals
from consilience.research.fingerprints import fingerprints
from consilience.strategies.base import Strategy
from consilience.strategies.entry import Entry
from tests.engine.markets import MARKETS, SETTINGS, market, same, stepped
from tests.market.feeds import listening, raw_signals, said
from tests.universe.worlds import DAY, small


class Listener(Strategy):
    """Follows a mood while it is fresh and the fear index low."""

    def define(self, bar):
        """An opinion, its age and a number for all symbols."""
        mood = ta.ema(bar.slot("mood.value"), 2)
        calm = bar.slot("vix") < 20.0
        fresh = bar.slot("mood.age") < 40.0 * 86_400.0
        return Entry(
            long=(mood > 0.1) & calm & fresh & (bar.close > bar.open),
            short=(mood < -0.1) & calm & fresh,
            exit_long=mood < 0.0,
            exit_short=mood > 0.0,
        )


def outcome(panel, strategies, blocks=None):
    session = Session(panel, strategies, SETTINGS)
    session.run(panel, blocks=blocks)
    return session.output()


@pytest.mark.parametrize("where", MARKETS)
def test_loop_callbacks_steps_and_partitions_trade_the_same(where):
    panel = listening(market(where))
    reference = outcome(panel, [Listener()])
    assert len(reference.fills) >= 10
    blocks = tuple(np.random.default_rng(7).integers(1, 90, 50).tolist())
    same(reference, outcome(panel, [Listener()], blocks))
    same(reference, outcome(panel, [AsCallbacks(Listener())]))
    same(reference, outcome(panel, [AsCallbacks(Listener())], blocks))
    same(reference, stepped(panel, [Listener()], SETTINGS))
    same(reference, stepped(panel, [AsCallbacks(Listener())], SETTINGS))


def test_a_live_gate_slice_by_slice_is_the_gate_of_the_whole_history():
    panel = market("daily")
    heard = listening(panel)
    reference = outcome(heard, [Listener()])
    raw, gate = raw_signals(panel), SignalGate(panel.symbols)
    session = Session(heard, [Listener()], SETTINGS)
    before = -1
    for row, now in enumerate(panel.ts.tolist()):
        arrived = raw.take((raw.ts_known > before) & (raw.ts_known <= now))
        one = panel.rows(row, row + 1)
        session.step(replace(one, signals=gate.admit(arrived, one.ts), feeds=gate.feeds))
        before = now
    same(reference, session.output())


def test_what_is_heard_later_changes_nothing_before():
    panel = market("daily")
    half = panel.shape[0] // 2
    whole, early = (outcome(listening(panel, later=later), [Listener()]) for later in (True, False))
    before = [(o.fills[o.fills["row"] <= half]).tolist() for o in (whole, early)]
    assert before[0] == before[1] and len(before[0]) >= 3
    assert len(whole.fills) != len(early.fills)  # and it does matter afterwards


def test_many_symbols_in_blocks_read_what_one_block_reads():
    symbols = 2 * FEWEST_A_BLOCK
    panel = small({f"S{k}": [10.0, 11.0, 12.0] for k in range(symbols)})
    events = [said(k / symbols, symbol=f"S{k}", happened=DAY + k + 1) for k in range(0, symbols, 3)]
    panel = with_signals(panel, admit_all([of_events(events)], panel.symbols, panel.ts))
    graph = Graph([Listening()], feeds=panel.feeds)
    maker = ColumnMaker(graph, symbols)
    maker.push(panel, 0, 3, None)
    wanted = np.full((3, symbols), np.nan)
    wanted[1:, ::3] = np.arange(0, symbols, 3) / symbols
    np.testing.assert_array_equal(maker.value(graph.columns[0]["confidence"]), wanted)


class Listening(Strategy):
    """Reads one slot as it is."""

    def define(self, bar):
        """The mood itself as confidence."""
        return Entry(long=bar.close > 0.0, confidence=bar.slot("mood.value") * 1.0)


class Deaf(Strategy):
    """Asks for a series that nobody brings."""

    def define(self, bar):
        """A slot by the wrong name."""
        return Entry(long=bar.slot("mod.value") > 0.0)


UNFED = [
    (("mood",), "no external series 'mod.value' is fed to this run; did you mean 'mood.value'?"),
    ((), "no external series 'mod.value' is fed to this run; bring a file of it with [data] signals or --signals FILE"),
]


@pytest.mark.parametrize(("feeds", "words"), UNFED)
def test_a_series_without_a_feed_is_refused_by_name(feeds, words):
    with pytest.raises(StrategyError) as caught:
        Graph([Deaf()], feeds=feeds)
    assert str(caught.value) == words


def test_an_open_graph_says_nothing_for_an_absent_feed():
    panel = small({"S0": [10.0, 11.0]})
    graph = Graph([Deaf()], feeds=(), open_slots=True)
    assert graph.slots == ("mod.value",)
    maker = ColumnMaker(graph, 1)
    maker.push(panel, 0, 2, None)
    assert np.isnan(maker.value(graph.columns[0]["long"])).all()


def test_one_deaf_strategy_is_set_aside_and_the_others_trade():
    panel = listening(market("daily"))
    alone = outcome(panel, [Listener()])
    session = Session(panel, [Listener(), Deaf()], SETTINGS)
    session.run(panel)
    assert [(f.strategy, f.where) for f in session.failures] == [(1, "define")]
    assert len(session.output().fills) == len(alone.fills)


def test_a_fingerprint_sees_each_feed():
    panel = listening(market("daily"))
    changed = panel.signals.copy()
    changed["confidence"][np.flatnonzero(changed["feed"] == 0)[4]] = 0.5
    one, other = (fingerprints(p).digests["*"] for p in (panel, replace(panel, signals=changed)))
    assert {name for name in one if one[name] != other[name]} == {"signals of mood"}
    assert set(one) - set(fingerprints(market("daily")).digests["*"]) == {"signals of mood", "signals of vix"}
