"""Planted bad quotes and trades."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from consilience.core.codes import MarketEventKind, QualityFlag, QualityPolicy
from consilience.core.columns import RawTicks
from consilience.core.errors import DataError
from consilience.core.time import DAY, HOUR, MINUTE, SECOND
from consilience.market.quality import QualityPolicies
from consilience.market.quality_ticks import gate_ticks
from tests.market.helpers import MONDAY, OPEN, schedule, stock

START = (MONDAY + 1) * DAY + OPEN


def quotes(count=40):
    k = np.arange(count)
    bid = np.round(100 + 0.01 * (k % 3), 2)
    sizes = np.full(count, 100.0)
    return RawTicks(
        stock(), START + k * SECOND, np.zeros(count, np.bool_), bid, np.round(bid + 0.02, 2), sizes, sizes.copy(),
        np.zeros(count, np.int16),
    )  # fmt: skip


def trades(count=40):
    q = quotes(count)
    return replace(q, is_trade=np.ones(count, np.bool_), ask=q.bid.copy(), aggressor=np.ones(count, np.int16))


def changed(raw, row, **columns):
    copies = {name: getattr(raw, name).copy() for name in columns}
    for name, value in columns.items():
        copies[name][row] = value
    return replace(raw, **copies)


def judge(raw, policies=None):
    return gate_ticks(raw, schedule(), policies or QualityPolicies(), symbol_index=3)


def test_clean_ticks_pass():
    rows, finding = judge(quotes())
    assert not any(finding.counts.values()) and finding.kept == 40
    assert rows["kind"].tolist() == [MarketEventKind.QUOTE] * 40 and set(rows["symbol"]) == {3}
    assert (rows["ask"] - rows["bid"]).tolist() == [2] * 40 and rows["bid_size"][0] == 100
    rows, finding = judge(trades())
    assert not any(finding.counts.values())
    assert rows["kind"][0] == MarketEventKind.TRADE and rows["aggressor"][0] == 1


PLANTED = {
    "duplicate": (changed(quotes(), 6, ts=START + 5 * SECOND, bid=100.02, ask=100.04), 39),
    "late": (replace(quotes(), ts_known=quotes().ts + np.where(np.arange(40) == 4, 3 * DAY, 0)), 40),
    "out_of_order": (changed(quotes(), 6, ts=START + SECOND // 2), 40),
    "off_grid": (changed(quotes(), 6, bid=100.0042), 40),
    "not_positive": (changed(trades(), 6, bid=0.0, ask=0.0), 39),
    "crossed": (changed(quotes(), 6, bid=101.0), 39),
    "outlier": (changed(trades(), 30, bid=130.0, ask=130.0), 40),
    "stale": (replace(quotes(), ts=quotes().ts + np.where(np.arange(40) >= 20, 2 * HOUR, 0)), 40),
    "not_a_number": (changed(trades(), 6, bid=np.nan, ask=np.nan), 39),
    "outside_session": (replace(quotes(), ts=quotes().ts - 5 * SECOND), 35),
}


@pytest.mark.parametrize("flag", PLANTED)
def test_each_fault_is_flagged_and_treated(flag):
    raw, kept = PLANTED[flag]
    rows, finding = judge(raw)
    assert finding.counts[flag] >= 1, finding.line()
    assert finding.kept == kept == len(rows)
    assert np.all(np.diff(rows["ts"]) >= 0)


@pytest.mark.parametrize("flag", PLANTED)
def test_each_fault_can_stop_the_symbol(flag):
    raw, _ = PLANTED[flag]
    rows, finding = judge(raw, QualityPolicies(**{flag: QualityPolicy.STOP_SYMBOL}))
    assert finding.stopped_ns and len(rows) < len(raw)
    assert np.all(rows["ts"] < finding.stopped_ns)


def test_one_sided_quotes_are_fine():
    raw = changed(changed(quotes(), 5, bid=0.0), 7, ask=np.nan)
    rows, finding = judge(raw)
    assert finding.kept == 40 and rows["bid"][5] == 0 and rows["ask"][7] == 0
    assert finding.counts["not_positive"] == 0


def test_negative_quote_side_is_a_fault():
    assert judge(changed(quotes(), 5, ask=-1.0))[1].counts["not_positive"] == 1


def test_outliers_of_quotes_are_judged_on_mid_prices():
    raw = changed(quotes(), 30, bid=130.0, ask=130.02)
    assert judge(raw)[1].counts["outlier"] == 2  # there and back


def test_same_trade_twice_is_not_a_duplicate():
    raw = changed(trades(), 6, ts=START + 5 * SECOND, bid=100.02, ask=100.02)
    assert judge(raw)[1].counts["duplicate"] == 0


def test_repaired_and_empty():
    rows, finding = judge(PLANTED["off_grid"][0])
    assert finding.repaired == 1 and rows["flags"][6] == QualityFlag.OFF_GRID | QualityFlag.REPAIRED
    rows, finding = judge(quotes(0))
    assert len(rows) == 0 and finding.rows == 0
    assert len(quotes(3)) == 3 and MINUTE == 60 * SECOND
    with pytest.raises(DataError, match="differ in length"):
        replace(quotes(3), bid=np.zeros(2))
