"""Planted bad data for every flag: what is seen, what is done, and that all of it is reported."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from consilience.core.codes import QualityFlag, QualityPolicy
from consilience.core.columns import PriceFloats
from consilience.core.errors import ConfigError, DataError, NotFound
from consilience.core.instruments import TickBand
from consilience.core.time import DAY, MINUTE
from consilience.market.quality import QualityPolicies, QualityReport
from consilience.market.quality_bars import GatedBars, gate_bars
from tests.market.helpers import MONDAY, OPEN, bars, daily_closes, drift, schedule, stock

KEEP, REPAIR, DROP, STOP = QualityPolicy.KEEP, QualityPolicy.REPAIR, QualityPolicy.DROP, QualityPolicy.STOP_SYMBOL
N = 30


def judge(raw, policies=None, jumps=None):
    return gate_bars(raw, schedule(), policies or QualityPolicies(), jumps)


def found(finding):
    return {name: count for name, count in finding.counts.items() if count}


def with_close(raw, row, value):
    close = raw.trade.close.copy()
    close[row] = value
    return replace(raw, trade=replace(raw.trade, close=close))


def test_clean_data_passes_untouched():
    raw = bars(drift(N))
    gated, finding = judge(raw)
    assert found(finding) == {}
    assert (finding.rows, finding.kept, finding.dropped, finding.repaired) == (N, N, 0, 0)
    assert gated.bid is gated.ask and gated.bid_size is gated.ask_size
    assert np.array_equal(gated.bid.close / 100, raw.trade.close)
    assert gated.bid_size.tolist() == [1000] * N
    assert finding.line() == "AAA: 30 rows, 30 kept; no flags"


# scenario -> (flag, kept rows, repaired rows) under the default policies
def _gap():
    return bars(drift(N - 1), ts=np.delete(daily_closes(N), 10))


def _duplicate():
    return bars(drift(N), ts=np.insert(daily_closes(N - 1), 10, daily_closes(N - 1)[10]))


def _late():
    raw = bars(drift(N))
    known = raw.ts.copy()
    known[4] += 2 * DAY
    return replace(raw, ts_known=known)


def _out_of_order():
    raw = bars(drift(N))
    order = np.arange(N)
    order[[5, 6]] = [6, 5]
    return raw.take(order)


def _off_grid():
    return with_close(bars(drift(N)), 3, 100.0137)


def _not_positive():
    return with_close(bars(drift(N)), 3, -1.0)


def _zero():
    return with_close(bars(drift(N)), 3, 0.0)


def _range():
    raw = bars(drift(N))
    high = raw.trade.high.copy()
    high[7] = 90.0
    return replace(raw, trade=replace(raw.trade, high=high))


def _close_outside():
    return with_close(bars(drift(N)), 3, 102.0)


def _crossed():
    raw = bars(drift(N))
    ask = PriceFloats(*(c + 0.02 for c in raw.trade.all))
    ask.open[8] = raw.trade.open[8] - 0.01
    return replace(raw, ask=PriceFloats(*(np.round(c, 2) for c in ask.all)))


def _outlier():
    close = drift(N)
    close[25] = 130.0
    return bars(close)


def _stale():
    close = drift(N)
    return bars(close[:10] + [100.0] * 12 + close[22:])


def _nan():
    return with_close(bars(drift(N)), 3, math.nan)


PLANTED = {
    "gap": (_gap, N - 1, 0),
    "duplicate": (_duplicate, N - 1, 0),
    "late": (_late, N, 0),
    "out_of_order": (_out_of_order, N, 1),
    "off_grid": (_off_grid, N, 1),
    "not_positive": (_not_positive, N - 1, 0),
    "high_below_low": (_range, N, 1),
    "crossed": (_crossed, N - 1, 0),
    "outlier": (_outlier, N, 0),
    "stale": (_stale, N, 0),
    "not_a_number": (_nan, N - 1, 0),
}


@pytest.mark.parametrize("flag", PLANTED)
def test_each_fault_is_flagged_and_treated(flag):
    make, kept, repaired = PLANTED[flag]
    raw = make()
    gated, finding = judge(raw)
    assert finding.counts[flag] >= 1
    assert finding.kept == kept == len(gated.ts)
    assert finding.repaired >= repaired
    assert finding.rows == finding.kept + finding.dropped
    assert np.all(np.diff(gated.ts) > 0)
    bit = int(QualityFlag[flag.upper()])
    assert np.any(finding.affected_flags & bit)
    assert len(gated.dropped_ts) == finding.dropped
    assert flag in finding.line()


@pytest.mark.parametrize("flag", PLANTED)
def test_each_fault_can_stop_the_symbol(flag):
    raw = PLANTED[flag][0]()
    gated, finding = judge(raw, QualityPolicies(**{flag: STOP}))
    assert finding.stopped_ns > 0 and len(gated.ts) < len(raw)
    assert np.all(gated.ts < finding.stopped_ns)
    assert STOP in finding.affected_policy
    assert "stopped at" in finding.line()


def test_what_the_repairs_do():
    gated, _ = judge(_off_grid())
    assert gated.bid.close[3] == 10001  # nearest tick
    assert gated.flags[3] == QualityFlag.OFF_GRID | QualityFlag.REPAIRED
    gated, _ = judge(_range())
    assert gated.bid.high[7] == max(gated.bid.open[7], gated.bid.close[7])
    gated, _ = judge(_close_outside())
    assert gated.bid.high[3] == 10200
    kept, _ = judge(_close_outside(), QualityPolicies(high_below_low=KEEP))
    assert kept.flags[3] == QualityFlag.HIGH_BELOW_LOW


def test_duplicates_keep_the_first_or_the_last():
    raw = _duplicate()
    first, _ = judge(raw)
    last, finding = judge(raw, QualityPolicies(duplicate=REPAIR))
    assert first.source_row[10] == 10 and 11 not in first.source_row
    assert found(finding) == {"duplicate": 1}
    # REPAIR replaces the earlier row: it must go as well, or the panel would have two
    assert np.all(np.diff(last.ts) > 0) and 10 not in last.source_row


def test_zero_and_negative_prices_may_be_kept():
    assert judge(_zero())[1].counts["not_positive"] == 1
    gated, _ = judge(_not_positive(), QualityPolicies(not_positive=KEEP))
    assert gated.bid.close[3] == -100


def test_a_known_split_is_no_outlier():
    close = drift(25) + [round(c / 2, 2) for c in drift(5)]
    jumps = np.ones(N)
    jumps[25] = 2.0
    assert judge(bars(close))[1].counts["outlier"] == 1
    assert judge(bars(close), jumps=jumps)[1].counts["outlier"] == 0


def test_outliers_are_judged_on_the_past_only():
    close = drift(N)
    cut = bars(close[:26])
    wild = bars([*close[:26], 500.0, 1.0, 700.0, 2.0])
    flags, _ = judge(wild)
    assert np.array_equal(flags.flags[:26], judge(cut)[0].flags)


def test_gaps_count_missing_bars_and_know_the_calendar():
    _, finding = judge(bars(drift(10), ts=np.delete(daily_closes(14), [2, 3, 7, 8])))
    assert finding.counts["gap"] == 2 and finding.missing == 4
    _, finding = judge(bars(drift(N), duration_ns=0))
    assert finding.missing == 0  # irregular bars have no grid


def test_bars_outside_the_session_are_dropped_or_kept():
    ts = (MONDAY + 1) * DAY + OPEN + MINUTE * np.arange(-5, 25)
    raw = bars(drift(30), ts=ts, duration_ns=MINUTE)
    gated, finding = judge(raw)
    assert finding.counts["outside_session"] == 6 and len(gated.ts) == 24
    gated, _ = judge(raw, QualityPolicies(outside_session=KEEP))
    assert len(gated.ts) == 30


def test_bid_ask_bars_keep_both_sides_and_sizes():
    raw = bars(drift(N), volume=np.full(N, np.nan))
    ask = PriceFloats(*(np.round(c + 0.02, 2) for c in raw.trade.all))
    raw = replace(raw, ask=ask, bid_size=np.full(N, 300.0), ask_size=np.array([np.nan] + [200.0] * (N - 1)))
    gated, finding = judge(raw)
    assert found(finding) == {}
    assert (gated.ask.close - gated.bid.close).tolist() == [2] * N
    assert gated.bid_size[0] == 300 and gated.ask_size[:2].tolist() == [0, 200]


def test_orders_off_the_tick_are_counted_not_flagged():
    fine = stock(
        increment="0.0001",
        tick_schedule=(TickBand(Decimal(0), Decimal("0.0001")), TickBand(Decimal(100), Decimal("0.01"))),
    )
    close = [99.0001, 100.0101, 100.02, *drift(10)]
    _, finding = judge(bars(close, instrument=fine, open=close, high=close, low=close))
    assert finding.counts["off_grid"] == 0 and finding.off_order_tick == 1
    assert "off the order tick 1" in finding.line()


def test_float_noise_is_not_another_price():
    close = drift(N)
    close[3] = np.nextafter(close[3], 200.0)
    _, finding = judge(bars(close, open=drift(N)))
    assert found(finding) == {}


def test_empty_data():
    gated, finding = judge(bars([]))
    assert isinstance(gated, GatedBars) and finding.rows == 0 and found(finding) == {}


def test_lots_round_down():
    coin = stock(lot=Decimal("0.1"))
    gated, _ = judge(bars(drift(3), instrument=coin, volume=[0.39, 0.3, 1000.0]))
    assert gated.bid_size.tolist() == [3, 3, 10000]


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ({"gap": DROP}, "gap cannot be drop; use keep, stop_symbol"),
        ({"not_a_number": KEEP}, "not_a_number cannot be keep"),
        ({"off_grid": KEEP}, "off_grid cannot be keep"),
        ({"outlier": REPAIR}, "outlier cannot be repair"),
        ({"outlier_minimum": 1}, "outlier_minimum <= outlier_window"),
        ({"stale_bars": 0}, "must be positive"),
    ],
)
def test_impossible_policies_are_refused(policies, message):
    with pytest.raises(ConfigError, match=message):
        QualityPolicies(**policies)


def test_policies_by_name():
    policies = QualityPolicies.from_names({"outlier": "drop", "gap": "stop_symbol"})
    assert policies.outlier == DROP and policies.gap == STOP
    with pytest.raises(NotFound, match="did you mean 'outlier'"):
        QualityPolicies.from_names({"outliers": "drop"})
    with pytest.raises(NotFound, match="did you mean 'drop'"):
        QualityPolicies.from_names({"outlier": "dropp"})


def test_report_adds_up():
    findings = tuple(judge(make())[1] for make in (_nan, _nan, _gap))
    report = QualityReport(findings, QualityPolicies(), ("a note",))
    assert report.count(QualityFlag.NOT_A_NUMBER) == 2 == report.count("not_a_number")
    assert not report.clean and report.lines()[-1] == "a note"
    assert QualityReport((judge(bars(drift(N)))[1],), QualityPolicies()).clean


def test_columns_must_have_one_length():
    with pytest.raises(DataError, match="differ in length"):
        replace(bars(drift(3)), volume=np.zeros(2))
    raw = replace(_late(), bid_size=np.ones(N), ask_size=np.ones(N), adj_close=np.ones(N))
    part = raw.take(slice(0, 4))
    assert len(part) == 4 and part.adj_close is not None and not part.is_bid_ask
