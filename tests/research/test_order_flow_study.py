"""The study of order flow: its figures against NumPy and loops, planted books, and a recording counted by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from consilience.adapters.calendars import market_hours
from consilience.adapters.storage.import_options import ImportOptions
from consilience.adapters.storage.tick_import import import_ticks
from consilience.core.codes import MarketEventKind
from consilience.core.errors import DataError
from consilience.core.instruments import Instrument
from consilience.core.schemas import TICK_DTYPE
from consilience.core.time import parse_time
from consilience.market.event_columns import complete_quotes
from consilience.market.quality import QualityPolicies
from consilience.market.quality_ticks import gate_ticks
from consilience.research.order_flow_study import as_document, order_flow_study, r_squared, regression

X = Instrument(symbol="X", price_increment=Decimal("0.01"))
SECOND = 1_000_000_000
COLUMNS = ("ts", "is_trade", "bid", "ask", "bid_size", "ask_size", "aggressor")
OPEN, CLOSE = parse_time("2013-10-07T13:30:00Z"), parse_time("2013-10-07T20:00:00Z")
SCHEDULE = market_hours.schedule("XNYS", OPEN, CLOSE)


def newey_west(x, y, lags):
    """t-value of the slope by the sums of the paper, one pair of windows after the other."""
    slope, constant = np.polyfit(x, y, 1)
    score = [(a - x.mean()) * (b - constant - slope * a) for a, b in zip(x, y, strict=True)]
    total = sum(s * s for s in score)
    for i in range(len(x)):
        for j in range(i + 1, min(len(x), i + lags + 1)):
            total += 2 * (1 - (j - i) / (lags + 1)) * score[i] * score[j]
    return slope / (math.sqrt(total) / sum((x - x.mean()) ** 2))


@pytest.mark.parametrize(("n", "lags"), [(40, 3), (100, 4), (500, 5)])
def test_the_line_is_that_of_least_squares(n, lags):
    random = np.random.default_rng(n)
    x = random.normal(0, 100, n)
    y = 0.02 * x + random.normal(0, 1, n).cumsum() * 0.1
    line = regression(x, y)
    assert line.n == n
    assert line.slope == pytest.approx(np.polyfit(x, y, 1)[0])
    assert line.r2 == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)
    assert line.t == pytest.approx(newey_west(x, y, lags))


def test_the_interval_holds_the_truth_and_narrows_with_more_windows():
    held, widths = 0, []
    for seed in range(40):
        random = np.random.default_rng(seed)
        x = random.normal(0, 1, 1200)
        y = x + random.normal(0, 1, 1200)  # r squared of one half
        line = regression(x, y, seed=seed)
        held += line.low <= 0.5 <= line.high
        widths.append((line.high - line.low) / (regression(x[:150], y[:150]).high - regression(x[:150], y[:150]).low))
    assert held >= 34 and np.median(widths) < 0.5
    assert regression(x, y, seed=1) == regression(x, y, seed=1) != regression(x, y, seed=2)


def test_what_never_moved_has_no_figures():
    flat, random = np.zeros(50), np.random.default_rng(0).normal(0, 1, 50)
    assert math.isnan(r_squared(flat, random)) and math.isnan(regression(flat, random).slope)
    short = regression(random[:10], random[:10])
    assert short.n == 10 and math.isnan(short.r2) and math.isnan(short.low)
    unknown = np.where(np.arange(50) < 5, np.nan, random)
    assert regression(unknown, random).n == 45


def planted(depth=3, rows=24_000, seed=0, first=OPEN, step_ns=SECOND):
    """A book like the paper's model: each step a lot comes to the bid and goes from the ask, or the other way round; an
    empty queue gives way by a tick, and ``depth`` lots make a tick. So each lot of price change is 2 of imbalance."""
    lots = np.random.default_rng(seed).choice([-1, 1], rows).cumsum()
    result = np.zeros(rows, TICK_DTYPE)
    result["ts"] = result["ts_known"] = first + np.arange(rows) * step_ns + 1
    result["kind"] = MarketEventKind.QUOTE
    result["bid"] = 10_000 + lots // depth
    result["ask"] = result["bid"] + 1
    result["bid_size"], result["ask_size"] = lots % depth + 1, depth - lots % depth
    return result


def test_a_planted_book_is_explained_and_noise_is_not():
    quotes = planted()
    (study,) = order_flow_study(quotes, X, SCHEDULE)
    assert study.symbol == "X" and study.line.r2 > 0.85 and study.line.t > 50
    assert study.line.slope == pytest.approx(1 / 6, rel=0.02) and study.depth == pytest.approx(2.0)
    assert study.line.low < study.line.r2 < study.line.high
    assert study.ahead.n == study.line.n - 1 and study.ahead.r2 < 0.01  # steps that do not remember
    # sizes that come and go while the price stands: they say nothing of it
    drowned = planted(depth=200)
    for k, name in enumerate(("bid_size", "ask_size")):
        drowned[name] = np.random.default_rng(k).integers(1, 1000, len(drowned))
    (noise,) = order_flow_study(drowned, X, SCHEDULE)
    assert noise.line.r2 < 0.1


def test_session_edges_are_left_out():
    quotes = planted()
    (study,) = order_flow_study(quotes, X, SCHEDULE)
    assert study.start_ns == OPEN + 900 * SECOND and study.end_ns <= CLOSE - 900 * SECOND
    wild = quotes.copy()
    opening = wild["ts_known"] < OPEN + 890 * SECOND
    wild["bid_size"][opening] += np.arange(opening.sum()) * 1000
    assert order_flow_study(wild, X, SCHEDULE) == [study]
    (whole,) = order_flow_study(wild, X, SCHEDULE, edge_ns=0)
    assert whole.line.r2 < study.line.r2 and whole.line.n > study.line.n


def test_each_session_stands_alone():
    day = 86_400 * SECOND
    next_day = planted(seed=2, first=OPEN + day)
    two = np.concatenate((planted(), next_day))
    schedule = market_hours.schedule("XNYS", OPEN, OPEN + 2 * day)
    first, second = order_flow_study(two, X, schedule)
    assert (first, second) == (*order_flow_study(planted(), X, schedule), *order_flow_study(next_day, X, schedule))
    assert first.half_hours == second.half_hours == 12
    assert first.mean_r2 != second.mean_r2


def test_what_cannot_be_studied():
    quotes = planted(rows=200)
    with pytest.raises(DataError, match=r"no session holds 30 windows of 10 s .* give a shorter --window"):
        order_flow_study(quotes, X, SCHEDULE)
    quotes["bid_size"] = 0
    with pytest.raises(DataError, match="have no sizes"):
        order_flow_study(quotes, X, SCHEDULE)


def test_the_document_has_null_for_what_is_not_known():
    (study,) = order_flow_study(planted(rows=9000), X, SCHEDULE)
    (document,) = as_document([study])
    ahead: Any = document["ahead"]
    assert document["r2"] == study.line.r2 and ahead["r2"] == study.ahead.r2
    assert document["start"] == "2013-10-07T13:45:00Z"
    still = planted(rows=9000)
    for name in ("bid", "ask", "bid_size", "ask_size"):
        still[name] = still[name][0]
    (document,) = as_document(order_flow_study(still, X, SCHEDULE))
    assert document["r2"] is None and document["mean_r2"] is None and document["n"] == study.line.n


# ---- recorded --------------------------------------------------------------------------------------------------------
def by_hand(raw, first, last):
    """Flow and mid-price change (ticks) of ten-second windows, by a plain walk over the file's rows."""
    rows = zip(raw.ts.tolist(), raw.bid, raw.ask, raw.bid_size, raw.ask_size, strict=True)
    shown: dict[str, Any] = {}
    state: dict[str, Any] = {}
    flow, edge = 0.0, first
    flows, mids = [], []
    for ts, bid, ask, bid_size, ask_size in rows:
        while ts > edge:
            mids.append((state["bid"][0] + state["ask"][0]) / 2)
            flows.append(flow)
            flow, edge = 0.0, edge + 10 * SECOND
            if edge > last:
                return np.array(flows[1:]), np.diff(mids) * 100
        shown |= {n: (p, s) for n, p, s in (("bid", bid, bid_size), ("ask", ask, ask_size)) if p > 0}
        if len(shown) < 2 or shown["bid"][0] > shown["ask"][0]:
            continue  # one side moves before the other
        for name, sign in (("bid", 1), ("ask", -1)):
            (price, size), (before, stood) = shown[name], state.get(name, shown[name])
            better = sign * price > sign * before
            flow += sign * (size if better else size - stood if price == before else -stood)
        state = dict(shown)
    raise AssertionError("the recording ends too early")


@pytest.fixture(scope="module")
def recorded(shared_data):
    """NYSE's IBM, two days of best quotes."""
    (raw,) = import_ticks(shared_data / "ticks/ibm_quotes_20131007_08.parquet", "quotes", ImportOptions()).ticks
    return raw


def studied(raw, rows):
    schedule = market_hours.schedule("XNYS", int(raw.ts.min()), int(raw.ts.max()))
    part = replace(raw, **{name: getattr(raw, name)[:rows] for name in COLUMNS})
    kept, _ = gate_ticks(part, schedule, QualityPolicies())
    return order_flow_study(complete_quotes(kept), raw.instrument, schedule)


def test_a_recorded_morning_counted_by_hand(recorded):
    rows = 25_000
    (study,) = studied(recorded, rows)
    flow, change = by_hand(recorded, OPEN + 900 * SECOND, study.end_ns)
    assert len(flow) == study.line.n > 250 and study.quotes > 15_000
    assert study.line.slope == pytest.approx(np.polyfit(flow, change, 1)[0], rel=1e-9)
    assert study.line.r2 == pytest.approx(np.corrcoef(flow, change)[0, 1] ** 2, rel=1e-9)


@pytest.mark.compiled
def test_recorded_days_agree_with_the_paper(recorded):
    """About two thirds is explained, and twice the depth moves the price by nearly a tick."""
    studies = studied(recorded, len(recorded))
    assert [s.line.n for s in studies] == [2160, 2160] and [s.half_hours for s in studies] == [12, 12]
    assert [s.line.r2 for s in studies] == pytest.approx([0.691, 0.554], abs=0.001)
    assert [s.mean_r2 for s in studies] == pytest.approx([0.744, 0.621], abs=0.001)
    assert [s.even_book for s in studies] == pytest.approx([0.988, 0.753], abs=0.001)
