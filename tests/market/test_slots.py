"""Slot columns: what a feed last said, as of each close, however the history is cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.panel import Panel
from consilience.core.schemas import ALL_SYMBOLS, SIGNAL_DTYPE
from consilience.market.slots import SlotMaker, feed_of
from tests.universe.worlds import small

SECOND, DAY = 1_000_000_000, 86_400_000_000_000
NAMES = ("mood.value", "vix.age", "mood.age", "absent.value", "mood.confidence", "vix", "vix.value")
NAN = float("nan")


def signals(*told):
    """SIGNAL_DTYPE rows of (row, ts_known, symbol, feed, value, confidence)."""
    made = np.zeros(len(told), SIGNAL_DTYPE)
    for k, (row, known, symbol, feed, value, confidence) in enumerate(told):
        made[k] = (row, known, known, symbol, feed, value, confidence, 0)
    return made


def panel(told, rows: int = 5, symbols: int = 2, feeds=("mood", "vix")) -> Panel:
    return replace(small({f"S{k}": [10.0] * rows for k in range(symbols)}), signals=told, feeds=feeds)


TOLD = signals(
    (1, 2 * DAY - 30 * SECOND, 0, 0, 0.5, 0.9),
    (1, 2 * DAY, 0, 0, -0.25, 0.8),  # the later one of a slice counts
    (2, 2 * DAY + 60 * SECOND, ALL_SYMBOLS, 1, 17.5, 1.0),
    (3, 4 * DAY - SECOND, ALL_SYMBOLS, 0, 0.75, 0.25),
    (4, 5 * DAY - SECOND, 1, 0, 0.0, 0.0),
)


def test_a_scenario_by_hand():
    made = dict(zip(NAMES, SlotMaker(NAMES, 2).push(panel(TOLD), 0, 5), strict=True))
    assert_equal(made["mood.value"], [[NAN, NAN], [-0.25, NAN], [-0.25, NAN], [0.75, 0.75], [0.75, 0.0]])
    assert_equal(made["mood.confidence"], [[NAN, NAN], [0.8, NAN], [0.8, NAN], [0.25, 0.25], [0.25, 0.0]])
    day = 86_400.0
    assert_equal(made["mood.age"], [[NAN, NAN], [0.0, NAN], [day, NAN], [1.0, 1.0], [day + 1.0, 1.0]])
    assert_equal(made["vix"], [[NAN, NAN], [NAN, NAN], [17.5, 17.5], [17.5, 17.5], [17.5, 17.5]])
    assert_equal(made["vix.value"], made["vix"])
    assert_equal(made["vix.age"][2:], [[day - 60.0] * 2, [2 * day - 60.0] * 2, [3 * day - 60.0] * 2])
    assert np.isnan(made["absent.value"]).all()


def test_a_feed_that_comes_later_and_one_that_goes_are_told_apart_by_name():
    maker = SlotMaker(("mood", "vix"), 2)
    whole = SlotMaker(("mood", "vix"), 2).push(panel(TOLD), 0, 5).copy()
    early = maker.push(panel(TOLD[:2], feeds=("mood",)).rows(0, 2), 0, 2).copy()
    later = panel(TOLD).rows(2, 5)
    told = later.signals.copy()
    told["feed"] = 1 - told["feed"]
    late = maker.push(replace(later, signals=told, feeds=("vix", "mood")), 0, 3).copy()
    assert_equal(np.concatenate([early, late], axis=1), whole)
    gone = maker.push(replace(later, signals=told[:0], feeds=()), 0, 3)
    assert_equal(gone, np.repeat(whole[:, -1:], 3, axis=1))


def test_which_feed_fills_a_slot():
    feeds = ("mood", "garch.value", "garch")
    asked = ("mood", "mood.age", "mood.horizon", "mod", "garch.value", "garch.value.age", "garch.age", ".value")
    assert [feed_of(name, feeds) for name in asked] == [
        "mood", "mood", None, None, "garch.value", "garch.value", "garch", None,
    ]  # fmt: skip


@st.composite
def histories(draw):
    rows, symbols = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    told = []
    for row in sorted(draw(st.lists(st.integers(0, rows - 1), max_size=20))):
        known = (row + 1) * DAY - draw(st.integers(0, DAY - 1))
        value = draw(st.floats(-1, 1))
        told.append((row, known, draw(st.integers(-1, symbols - 1)), draw(st.integers(0, 1)), value, abs(value)))
    return panel(signals(*told), rows, symbols)


@given(histories(), st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_any_partition_and_any_truncation_say_the_same(history, lengths):
    rows, symbols = history.shape
    whole = SlotMaker(NAMES, symbols).push(history, 0, rows).copy()
    blocks, panels = SlotMaker(NAMES, symbols), SlotMaker(NAMES, symbols)
    start, turn = 0, 0
    while start < rows:
        stop = min(start + lengths[turn % len(lengths)], rows)
        assert_equal(blocks.push(history, start, stop), whole[:, start:stop])
        assert_equal(panels.push(history.rows(start, stop), 0, stop - start), whole[:, start:stop])
        short = SlotMaker(NAMES, symbols).push(history.rows(0, stop), 0, stop)
        assert_equal(short, whole[:, :stop])
        start, turn = stop, turn + 1
    assert_equal(whole, by_definition(history))


def by_definition(history: Panel):
    """The same by looking for the last event of each cell anew."""
    rows, symbols = history.shape
    out = np.full((len(NAMES), rows, symbols), np.nan)
    for k, name in enumerate(NAMES):
        feed, _, field = name.partition(".")
        for row in range(rows):
            for s in range(symbols):
                heard = [
                    e for e in history.signals
                    if e["row"] <= row and e["symbol"] in (s, -1) and history.feeds[e["feed"]] == feed
                ]  # fmt: skip
                if heard:
                    last = heard[-1]
                    age = int(history.ts[row] - last["ts_known"]) / 1e9
                    out[k, row, s] = age if field == "age" else last[field or "value"]
    return out


def assert_equal(found, wanted):
    np.testing.assert_array_equal(np.asarray(found), np.asarray(wanted))
