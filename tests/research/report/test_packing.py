"""What the page carries: packing without loss, and thinning without losing an extreme."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.time import DAY
from consilience.research.report.analysis import analyse
from consilience.research.report.data import Candles
from consilience.research.report.downsample import MAX_CANDLES, bucket_candles, choose_candles, kept_rows
from consilience.research.report.encode import pack, pack_names, pack_times, unpack, unpack_times
from consilience.research.report.html import to_html
from consilience.research.report.payload import MAX_TRADES, curve_rows, page_data
from tests.research.report.sample import START, candles, empty, long_run, trade

numbers = st.one_of(st.floats(min_value=-1e9, max_value=1e9), st.just(math.nan), st.just(math.inf))


@given(st.lists(numbers, max_size=60), st.integers(min_value=0, max_value=6))
def test_packed_values_come_back_rounded(values, decimals):
    array = np.asarray(values, dtype=np.float64)
    back = unpack(pack(array, decimals))
    finite = np.isfinite(array)
    assert np.isnan(back[~finite]).all()
    assert np.allclose(back[finite], array[finite], rtol=1e-15, atol=0.5000001 * 10.0**-decimals)


@given(st.lists(st.integers(min_value=0, max_value=4 * 10**12), unique=True, max_size=40))
def test_packed_times_come_back_to_the_millisecond(milliseconds):
    ts = np.asarray(sorted(milliseconds), dtype=np.int64) * 1_000_000
    assert unpack_times(pack_times(ts)).tolist() == ts.tolist()


def test_huge_values_lose_decimals_rather_than_exactness():
    packed = pack(np.asarray([1e14, -1e14]), 6)
    assert packed["d"] < 6
    assert unpack(packed).tolist() == [1e14, -1e14]


def test_names_are_stored_once():
    packed = pack_names(["a", "b", "a"])
    assert packed["names"] == ["a", "b"]
    assert unpack(packed["at"]).tolist() == [0.0, 1.0, 0.0]


@given(st.lists(numbers, min_size=30, max_size=200), st.integers(min_value=1, max_value=8))
def test_thinning_keeps_first_last_and_the_extremes_of_every_bucket(values, buckets):
    column = np.asarray(values)
    rows = kept_rows([column], len(column), limit=10, buckets=buckets)
    assert rows[0] == 0 and rows[-1] == len(column) - 1
    assert (np.diff(rows) > 0).all()
    edges = np.linspace(0, len(column), buckets + 1).astype(int)
    for start, end in itertools.pairwise(edges):
        known = [v for v in column[start:end] if not math.isnan(v)]
        kept = [v for v in column[rows[(rows >= start) & (rows < end)]] if not math.isnan(v)]
        if known:
            assert (min(kept), max(kept)) == (min(known), max(known))


def test_short_curves_are_not_thinned():
    assert kept_rows([np.arange(5.0)], 5).tolist() == [0, 1, 2, 3, 4]
    assert len(kept_rows([np.empty(0)], 0)) == 0


@given(st.integers(min_value=1, max_value=97), st.integers(min_value=1, max_value=30))
def test_merged_candles_keep_range_and_ends(bars, limit):
    rng = np.random.default_rng(bars)
    full = candles("AAA", (50 + rng.normal(size=bars).cumsum()).tolist())
    merged = bucket_candles(full, limit)
    assert len(merged.ts) <= limit
    assert (merged.high.max(), merged.low.min()) == (full.high.max(), full.low.min())
    assert (merged.open[0], merged.close[-1], merged.ts[-1]) == (full.open[0], full.close[-1], full.ts[-1])
    for k, ts in enumerate(merged.ts):
        own = slice(k * merged.bars_each, (k + 1) * merged.bars_each)
        assert merged.high[k] == full.high[own].max()
        assert merged.low[k] == full.low[own].min()
        assert ts == full.ts[own][-1]


def test_a_long_run_stays_small_and_keeps_its_spikes():
    run = long_run(200_000)
    analysis = analyse(run)
    rows = curve_rows(run, analysis)
    kept = run.equity.equity[rows]
    assert len(rows) < 15_000
    assert (kept.max(), kept.min()) == (run.equity.equity.max(), run.equity.equity.min())
    page = to_html(run, analysis)
    assert f"Drawn from {len(rows):,} of 200,000 bars" in page
    assert len(page) < 1_500_000
    (bars,) = page_data(run, analysis)["candles"]
    assert bars["bars"] == 200_000 and bars["each"] == math.ceil(200_000 / MAX_CANDLES)


def test_charts_go_to_the_most_traded_symbols():
    many = tuple(candles(f"S{k:03d}", [1.0, 2.0]) for k in range(100))
    chosen = choose_candles(many, {"S099": 5, "S050": 3})
    assert [c.symbol for c in chosen[:3]] == ["S099", "S050", "S000"]
    assert len(chosen) == 60
    page = to_html(empty(candles=many, trades=(trade(symbol="S099"),)))
    assert "Charts for the 60 most traded of 100 symbols" in page


def test_candles_without_bars_or_with_gaps_survive():
    none = np.empty(0)
    bare = Candles(symbol="X", ts=np.empty(0, dtype=np.int64), open=none, high=none, low=none, close=none)
    assert len(bucket_candles(bare, 5).ts) == 0
    assert "The run carried no candles." in to_html(empty(candles=(bare,)))
    gap = Candles(symbol="X", ts=START + np.arange(3) * DAY, open=np.ones(3), low=np.ones(3), close=np.ones(3),
                  high=np.asarray([1.0, math.nan, 3.0]))  # fmt: skip
    assert bucket_candles(gap, 1).high.tolist() == [3.0]


def test_the_page_says_how_many_trades_it_leaves_out():
    run = empty(trades=tuple(trade(entry_ns=START + k, pnl=float(k)) for k in range(MAX_TRADES + 7)))
    packed = page_data(run, analyse(run))["trades"]
    assert packed["n"] == MAX_TRADES and packed["first"] == 8
    assert unpack(packed["pnl"])[-1] == MAX_TRADES + 6
    assert f"the last {MAX_TRADES:,} of {MAX_TRADES + 7:,} trades" in to_html(run)


def test_money_decimals_follow_the_account():
    assert empty(equity=long_run(10).equity).money_decimals == 2
    assert empty(ledger_exponent=8).money_decimals == pytest.approx(6)
