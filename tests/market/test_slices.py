"""Slices in batch and live: complete, timed out, late, and never opened twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.codes import QualityFlag
from consilience.core.errors import ConfigError, DataError
from consilience.core.events import Bar
from consilience.market.quality import QualityPolicies
from consilience.market.quality_bars import gate_bars
from consilience.market.slice_builder import SliceBuilder
from consilience.market.slices import align
from tests.market.helpers import bars, daily_closes, drift, schedule, stock


def bar(symbol, ts, known=None, close=100):
    return Bar(
        ts_event=ts, ts_known=ts if known is None else known, symbol=symbol, open=close, high=close, low=close,
        close=close, volume=1, duration_ns=10,
    )  # fmt: skip


def closes(built):
    return [b.close for b in built.bars if isinstance(b, Bar)]


def gated(symbol, rows, close=None):
    raw = bars(close or drift(len(rows)), ts=daily_closes(20)[rows], instrument=stock(symbol))
    return gate_bars(raw, schedule(), QualityPolicies())[0]


def test_union_of_close_times_with_a_mask():
    a, b = gated("AAA", [0, 1, 3]), gated("BBB", [1, 2, 3])
    aligned = align([a, b])
    assert aligned.ts.tolist() == daily_closes(4).tolist()
    assert aligned.valid.tolist() == [[True, False], [True, True], [False, True], [True, True]]
    assert aligned.bid.close[0].tolist() == [a.bid.close[0], 0]
    assert np.isnan(aligned.volume[2, 0]) and aligned.bid_size[2].tolist() == [0, 1000]
    assert aligned.bid is aligned.ask and aligned.bid_size is aligned.ask_size


def test_masked_cell_tells_what_the_gate_dropped():
    raw = bars([*drift(3)[:1], np.nan, 100.0], instrument=stock("AAA"))
    a = gate_bars(raw, schedule(), QualityPolicies())[0]
    aligned = align([a, gated("BBB", [0, 1, 2])])
    assert not aligned.valid[1, 0]
    assert aligned.flags[1, 0] == QualityFlag.NOT_A_NUMBER
    assert align([a]).ts.tolist() == daily_closes(3)[[0, 2]].tolist()  # no slice of that time: nowhere to say it


def test_nothing_to_align():
    with pytest.raises(DataError, match="no bar is left"):
        align([])


def test_slice_closes_when_all_have_reported():
    builder = SliceBuilder(["AAA", "BBB"], grace_ns=5)
    assert builder.on_bar(bar("BBB", 100)) == [] and builder.next_timer_ns() == 105
    (done,) = builder.on_bar(bar("AAA", 100, known=103))
    assert [b.symbol for b in done.bars] == ["AAA", "BBB"]  # order of the universe, not of arrival
    assert (done.ts, done.ts_known, done.complete) == (100, 103, True)
    assert builder.next_timer_ns() is None and builder.last_closed_ns == 100


def test_grace_then_late_joins_the_next_slice():
    builder = SliceBuilder(["AAA", "BBB"], grace_ns=5)
    builder.on_bar(bar("AAA", 100))
    assert builder.on_timer(104) == []
    (done,) = builder.on_timer(106)
    assert not done.complete and done.ts_known == 106 and len(done.bars) == 1
    assert builder.on_bar(bar("BBB", 100, known=107, close=77)) == []
    builder.on_bar(bar("AAA", 110))
    (following,) = builder.on_timer(115)
    late = following.bars[1]
    assert (late.symbol, late.ts_event, closes(following)[1]) == ("BBB", 100, 77)  # its own data
    assert late.flags & QualityFlag.LATE


def test_own_bar_beats_a_late_one_and_the_newer_late_bar_wins():
    builder = SliceBuilder(["AAA", "BBB"], grace_ns=0)
    for ts in (100, 110):
        builder.on_bar(bar("AAA", ts))
        builder.on_timer(ts)
    builder.on_bar(bar("BBB", 110, close=2))
    builder.on_bar(bar("BBB", 100, close=1))
    assert builder.ignored == 1
    builder.on_bar(bar("AAA", 120))
    (done,) = builder.on_bar(bar("BBB", 120, close=3))
    assert closes(done) == [100, 3]


def test_newer_late_bar_replaces_an_older_one():
    builder = SliceBuilder(["AAA", "BBB"], grace_ns=0)
    for ts in (100, 110):
        builder.on_bar(bar("AAA", ts))
        builder.on_timer(ts)
    builder.on_bar(bar("BBB", 100, close=1))
    builder.on_bar(bar("BBB", 110, close=2))
    builder.on_bar(bar("AAA", 120))
    (done,) = builder.flush(121)
    assert closes(done)[1] == 2 and builder.ignored == 1


def test_younger_slice_waits_for_the_older():
    builder = SliceBuilder(["AAA", "BBB"], grace_ns=50)
    builder.on_bar(bar("AAA", 100))
    builder.on_bar(bar("AAA", 110))
    assert builder.on_bar(bar("BBB", 110)) == []
    done = builder.on_timer(150)
    assert [s.ts for s in done] == [100, 110] and [s.complete for s in done] == [False, True]


def test_expectation_by_close_time():
    builder = SliceBuilder(["AAA", "BBB"], grace_ns=5)
    builder.expect(100, ["AAA", "ZZZ"])
    assert [s.complete for s in builder.on_bar(bar("AAA", 100))] == [True]


def test_unknown_and_double_bars_are_counted():
    builder = SliceBuilder(["AAA", "BBB"], grace_ns=5)
    builder.on_bar(bar("ZZZ", 100))
    builder.on_bar(bar("AAA", 100, close=1))
    builder.on_bar(bar("AAA", 100, close=2))
    assert builder.ignored == 2
    assert closes(builder.flush(101)[0]) == [1]


def test_bad_settings():
    with pytest.raises(ConfigError, match="grace_ns"):
        SliceBuilder(["A"], -1)
    with pytest.raises(ConfigError, match="at least one symbol"):
        SliceBuilder([], 0)


arrivals = st.lists(
    st.tuples(st.sampled_from(["AAA", "BBB", "CCC", "timer"]), st.integers(1, 12), st.integers(0, 30)), max_size=60
)


@given(arrivals)
def test_slices_never_reopen_and_never_go_back(events):
    def play():
        builder = SliceBuilder(["AAA", "BBB", "CCC"], grace_ns=15)
        clock, out = 0, []
        for name, close, delay in events:
            clock += delay
            if name == "timer":
                out += builder.on_timer(clock)
            else:
                out += builder.on_bar(bar(name, close * 10, known=max(clock, close * 10), close=close))
        return out + builder.flush(clock + 1000), builder.ignored

    slices, ignored = play()
    closes = [s.ts for s in slices]
    assert closes == sorted(set(closes))
    for s in slices:
        for b in s.bars:
            assert b.ts_event == s.ts or (b.ts_event < s.ts and b.flags & QualityFlag.LATE)
            assert b.ts_known <= s.ts_known
    given_out = sum(len(s.bars) for s in slices)
    assert given_out + ignored <= sum(name != "timer" for name, _, _ in events)
    assert play() == (slices, ignored)  # the same calls give the same slices
