"""Single trades and quotes judged and made into bars: what is whole, what is left out, what is told."""

from __future__ import annotations

import numpy as np
import pytest

from consilience.core.columns import RawTicks
from consilience.core.errors import DataError
from consilience.core.time import DAY, HOUR, MINUTE, SECOND, Timeframe
from consilience.market.quality import QualityPolicies
from consilience.market.tick_bars import bars_of_ticks
from tests.market.helpers import CLOSE, MONDAY, OPEN, always, schedule, stock

START = MONDAY * DAY + OPEN
END = MONDAY * DAY + CLOSE
M1, D1 = Timeframe(MINUTE), Timeframe(DAY)


def trades(rows, **more):
    """rows: (ns after the open, price, size)."""
    ts = START + np.array([r[0] for r in rows], np.int64)
    price, size = (np.array([r[k] for r in rows], np.float64) for k in (1, 2))
    none = np.zeros(len(rows), np.int16)
    return RawTicks(stock(**more), ts, np.ones(len(rows), np.bool_), price, price, size, size, none)


def quotes(rows):
    """rows: (ns after the open, bid, ask, bid size, ask size)."""
    ts = START + np.array([r[0] for r in rows], np.int64)
    bid, ask, bid_size, ask_size = (np.array([r[k] for r in rows], np.float64) for k in range(1, 5))
    none = np.zeros(len(rows), np.int16)
    return RawTicks(stock(), ts, np.zeros(len(rows), np.bool_), bid, ask, bid_size, ask_size, none)


def made(raw, timeframe=M1, hours=None):
    return bars_of_ticks(raw, hours or schedule(), timeframe, QualityPolicies())


def test_trades_make_bars_of_their_minutes_and_the_last_is_left_out():
    raw = trades([(0, 10.0, 5), (59 * SECOND, 10.2, 1), (60 * SECOND, 9.9, 2), (185 * SECOND, 10.0, 7)])
    bars, finding = made(raw)
    assert (bars.ts - START).tolist() == [MINUTE, 2 * MINUTE]  # nobody traded in the third
    assert [c.tolist() for c in bars.trade.all] == [[10.0, 9.9], [10.2, 9.9], [10.0, 9.9], [10.2, 9.9]]
    assert bars.volume.tolist() == [6.0, 2.0] and bars.duration_ns == MINUTE and not bars.is_bid_ask
    assert finding.rows == finding.kept == 4
    assert bars.notes == (
        "bars of 1m made from 4 trades",
        "the last 1 trades, from 2024-01-01T14:33:05Z on, are of a bar not known to be whole: left out",
    )


@pytest.mark.parametrize(("before_close", "whole"), [(30 * SECOND, True), (MINUTE, True), (HOUR, False)])
def test_a_day_is_whole_when_its_trades_reach_the_close(before_close, whole):
    raw = trades([(0, 10.0, 5), (DAY, 10.1, 1), (DAY + CLOSE - OPEN - before_close, 10.2, 1)])
    bars, _ = made(raw, D1)
    assert bars.ts.tolist() == [END, END + DAY][: 2 if whole else 1]


def test_a_later_tick_outside_the_session_shows_that_the_bar_is_over():
    raw = trades([(0, 10.0, 5), (CLOSE - OPEN + HOUR, 10.1, 1)])
    bars, finding = made(raw, D1)
    assert bars.ts.tolist() == [END] and bars.trade.close.tolist() == [10.0]
    assert finding.counts["outside_session"] == 1 and finding.dropped == 1
    assert len(bars.notes) == 1


def test_what_is_cut_off_never_changes_a_bar():
    rows = [(k * 7 * SECOND, 10.0 + 0.01 * (k % 5), 1 + k % 3) for k in range(120)]
    whole = made(trades(rows)).bars
    for cut in (20, 50, 90):
        part = made(trades(rows[:cut])).bars
        for one, other in zip((part.ts, *part.trade.all, part.volume), (whole.ts, *whole.trade.all, whole.volume),
                              strict=True):  # fmt: skip
            assert one.tolist() == other[: len(one)].tolist()


def test_quotes_make_bid_ask_bars_with_the_sizes_at_the_close():
    raw = quotes([
        (0, 10.0, 0.0, 3, 0), (SECOND, 0.0, 10.1, 0, 4), (2 * SECOND, 10.05, np.nan, 6, np.nan),
        (61 * SECOND, 10.0, 10.1, 1, 2), (121 * SECOND, 10.0, 10.1, 1, 2),
    ])  # fmt: skip
    bars, _ = made(raw)
    assert bars.is_bid_ask and np.isnan(bars.volume).all()
    assert bars.trade.high.tolist() == [10.05, 10.0] and bars.ask.close.tolist() == [10.1, 10.1]
    assert bars.bid_size.tolist() == [6.0, 1.0] and bars.ask_size.tolist() == [4.0, 2.0]


def test_unknown_sizes_stay_unknown():
    nothing = np.nan
    bars, _ = made(trades([(0, 10.0, nothing), (MINUTE, 10.0, nothing)]))
    assert np.isnan(bars.volume).all()
    bars, _ = made(quotes([(0, 10.0, 10.1, nothing, nothing), (MINUTE, 10.0, 10.1, nothing, nothing)]))
    assert bars.bid_size is None and bars.ask_size is None


def test_midnight_is_no_close_that_a_morning_reaches():
    raw = trades([(0, 10.0, 5), (HOUR, 10.0, 5)], session="24/7")
    with pytest.raises(
        DataError, match=r"2 trades from 2024-01-01T14:30:00Z to .* make no whole bar of 1d; give a sho"
    ):
        made(raw, D1, always())


def test_faults_are_told():
    with pytest.raises(DataError, match="AAA: 1 rows, 0 kept; outside_session 1: no usable trades; is the time zone r"):
        made(trades([(DAY - HOUR, 10.0, 5)]))
    mixed = trades([(0, 10.0, 5), (MINUTE, 10.0, 5)])
    mixed.is_trade[1] = False
    with pytest.raises(DataError, match="trades and quotes in one file"):
        made(mixed)
