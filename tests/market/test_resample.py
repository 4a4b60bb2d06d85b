"""Higher timeframes: by hand, and the laws that hold for any history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.columns import PriceFloats
from consilience.core.errors import DataError
from consilience.core.events import CorporateAction
from consilience.core.panel import PriceColumns
from consilience.core.time import MINUTE, Timeframe
from consilience.market.quality import QualityPolicies
from consilience.market.quality_bars import gate_bars
from consilience.market.resample import resample
from tests.market.helpers import bars, drift, schedule

SCHEDULE = schedule(weeks=2, early_days=(1,))
FIELDS = ("ts", "ts_known", "bid_size", "ask_size", "volume", "flags")


def minutes(count, present=None, bid_ask=False):
    """Minute bars over the sessions of SCHEDULE, thinned by ``present``."""
    grid = np.concatenate(
        [np.arange(o + MINUTE, c + 1, MINUTE) for o, c in zip(SCHEDULE.open_ns, SCHEDULE.close_ns, strict=True)]
    )[:count]
    raw = bars(drift(len(grid)), ts=grid, duration_ns=MINUTE, volume=np.arange(len(grid)) + 1.0)
    if bid_ask:
        ask = PriceFloats(*(np.round(c + 0.03, 2) for c in raw.trade.all))
        raw = replace(raw, ask=ask, bid_size=np.arange(5.0, len(grid) + 5.0), ask_size=np.arange(9.0, len(grid) + 9.0))
    if present is not None:
        raw = raw.take(np.flatnonzero(present[: len(grid)]))
    return gate_bars(raw, SCHEDULE, QualityPolicies())[0]


def to(history, text, until=None):
    until = int(history.ts[-1]) if until is None else until
    return resample(history, SCHEDULE, Timeframe.parse(text), until)


def same(left, right):
    for name in FIELDS:
        assert np.array_equal(getattr(left, name), getattr(right, name), equal_nan=name == "volume"), name
    for side in ("bid", "ask"):
        for a, b in zip(getattr(left, side), getattr(right, side), strict=True):
            assert np.array_equal(a, b)


def test_five_minutes_by_hand():
    history = minutes(11)
    five = to(history, "5m")
    assert ((five.ts - SCHEDULE.open_ns[0]) // MINUTE).tolist() == [5, 10]  # the eleventh minute's bar is not over
    assert five.bid.open.tolist() == [history.bid.open[0], history.bid.open[5]]
    assert five.bid.close.tolist() == [history.bid.close[4], history.bid.close[9]]
    assert five.bid.high.tolist() == [max(history.bid.high[:5]), max(history.bid.high[5:10])]
    assert five.bid.low.tolist() == [min(history.bid.low[:5]), min(history.bid.low[5:10])]
    assert five.volume.tolist() == [15.0, 40.0] and five.bid_size.tolist() == [15, 40]
    assert five.bid is five.ask and five.duration_ns == 5 * MINUTE


def test_last_bucket_ends_with_the_session_half_days_too():
    history = minutes(2000)
    hours = to(history, "1h")
    ends = set(hours.ts.tolist())
    assert {int(SCHEDULE.close_ns[0]), int(SCHEDULE.close_ns[1])} <= ends
    first = hours.ts[hours.ts <= SCHEDULE.close_ns[0]] - SCHEDULE.open_ns[0]
    assert (first // MINUTE).tolist() == [60, 120, 180, 240, 300, 360, 390]
    second = hours.ts[(hours.ts > SCHEDULE.close_ns[0]) & (hours.ts <= SCHEDULE.close_ns[1])]
    assert ((second - SCHEDULE.open_ns[1]) // MINUTE).tolist() == [60, 120, 180, 210]


def test_day_and_week():
    history = minutes(5000)
    days = to(history, "1d")
    assert days.ts.tolist() == SCHEDULE.close_ns[: len(days.ts)].tolist()
    weeks = to(history, "1w", until=int(SCHEDULE.close_ns[-1]))
    assert weeks.ts.tolist() == [SCHEDULE.close_ns[4], SCHEDULE.close_ns[9]]


def test_bid_ask_sizes_are_those_at_the_close():
    history = minutes(10, bid_ask=True)
    five = to(history, "5m")
    assert five.ask is not five.bid
    assert five.bid_size.tolist() == [9, 14] and five.ask_size.tolist() == [13, 18]
    assert (five.ask.close - five.bid.close).tolist() == [3, 3]


def test_unknown_volume_stays_unknown():
    history = minutes(10)
    volume = np.full(10, np.nan)
    volume[7] = 4.0
    five = to(replace(history, volume=volume), "5m")
    assert np.isnan(five.volume[0]) and five.volume[1] == 4.0


def test_same_timeframe_and_empty_history():
    history = minutes(10)
    same(to(history, "1m"), history)
    empty = replace(history, **{k: getattr(history, k)[:0] for k in (*FIELDS, "source_row")})
    assert len(to(empty, "5m", until=0).ts) == 0
    assert len(to(minutes(3), "5m").ts) == 0  # nothing is over yet


def test_impossible_targets_say_so():
    with pytest.raises(DataError, match="1m bars cannot be made from 5m bars"):
        to(to(minutes(10), "5m"), "1m")
    with pytest.raises(DataError, match="choose a multiple of 5m"):
        to(to(minutes(10), "5m"), "7m")
    with pytest.raises(DataError, match="irregular bars"):
        to(replace(minutes(10), duration_ns=0), "5m")


def test_split_inside_a_week_is_restated_in_the_new_shares():
    raw = bars([100.0, 101.0, 50.0, 51.0, 52.0], open=[100.0, 101.0, 50.0, 51.0, 52.0])
    history = gate_bars(raw, SCHEDULE, QualityPolicies())[0]
    wednesday = int(SCHEDULE.open_ns[2])
    split = CorporateAction(ts_event=wednesday, ts_known=wednesday, symbol="AAA", kind="split", numerator=2)
    week = resample(history, SCHEDULE, Timeframe.parse("1w"), int(history.ts[-1]), [split])
    assert week.bid.open.tolist() == [5000] and week.bid.close.tolist() == [5200]
    assert week.bid.low.tolist() == [4950]  # not the 99.00 of old shares
    assert week.bid.high.tolist() == [5252]
    assert week.volume.tolist() == [7000.0] and week.bid_size.tolist() == [7000]
    monday = int(SCHEDULE.open_ns[0])
    before = CorporateAction(ts_event=monday, ts_known=monday, symbol="AAA", kind="split", numerator=2)
    plain = resample(history, SCHEDULE, Timeframe.parse("1w"), int(history.ts[-1]), [before])
    assert plain.bid.open.tolist() == [10000]


def head(history, rows):
    bid = PriceColumns(*(c[:rows] for c in history.bid))
    columns = {name: getattr(history, name)[:rows] for name in (*FIELDS, "source_row")}
    return replace(history, bid=bid, ask=bid, **columns)


presence = st.lists(st.booleans(), min_size=120, max_size=700).map(np.array)


@given(presence, st.booleans())
def test_resample_of_resample_equals_resample(present, bid_ask):
    present[0] = True
    history = minutes(700, np.resize(present, 700), bid_ask)
    until = int(history.ts[-1])
    for middle, target in (("5m", "15m"), ("15m", "1h"), ("30m", "1d"), ("1h", "1d")):
        same(to(to(history, middle, until), target, until), to(history, target, until))


@given(presence, st.integers(30, 690))
def test_cutting_the_future_changes_no_bar(present, cut):
    present[0] = True
    history = minutes(700, np.resize(present, 700))
    stop = int(np.searchsorted(history.ts, SCHEDULE.open_ns[0] + cut * MINUTE))
    if stop == 0:
        return
    whole, shorter = to(history, "15m"), to(head(history, stop), "15m")
    same(shorter, head(whole, len(shorter.ts)))
