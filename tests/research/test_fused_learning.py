"""Learning in the run: calibrated confidences, ranking where slots are few, and what the report tells of them."""

from __future__ import annotations

import json
import math

import msgspec
import numpy as np
import polars as pl
import pytest

from consilience.core.codes import Reason
from consilience.core.reason_text import REASON_TEXT
from consilience.engine.fused import Fused
from consilience.research.backtest import backtest
from consilience.research.benchmark import adjusted_prices
from consilience.research.report.aggregate import total_of
from consilience.research.report.cautions import cautions_of
from consilience.research.report.console import to_text
from consilience.research.report.html import to_html
from consilience.research.report.survey_data import Reach
from consilience.research.why import why
from consilience.signals.fusion.conditions import BREADTH
from consilience.signals.fusion.terms import FusionProfile, SourceUse
from tests.research.fused import LEARNS, fused_run, learning_run, settings
from tests.research.helpers import walk


def ns_of(row):
    return int(pl.Series([row["time"]]).cast(pl.Datetime("ns", "UTC")).cast(pl.Int64)[0])


def told(row):
    (found,) = why(learning_run(), row["symbol"], ns_of(row))
    return found.lines


def test_the_engine_decided_by_the_calibrated_confidence_and_the_frame_tells_both():
    run = learning_run()
    frame, records = run.decisions, run.output.records
    moved = (frame["outcomes"] > 0.0).to_numpy()
    assert moved.sum() > 50
    decided = moved & (records["direction"] != 0.0)
    assert decided.sum() > 20
    np.testing.assert_array_equal(frame["confidence"].to_numpy()[decided], records["confidence"][decided])
    stated = frame["stated"].to_numpy()
    assert (frame["confidence"].to_numpy()[moved] != stated[moved]).mean() > 0.9
    same = frame.filter(pl.col("outcomes") == 0.0)
    assert same["confidence"].to_list() == pytest.approx(same["stated"].to_list(), nan_ok=True)
    set_reached = frame.filter(reason=REASON_TEXT[Reason.SET_REACHED])
    assert min(set_reached["confidence"]) > 0.35


def test_why_tells_what_a_confidence_became_or_why_not():
    frame = learning_run().decisions
    moved = frame.filter(pl.col("outcomes") > 0.0).row(0, named=True)
    became = f"calibrated to {moved['confidence']:.2f} over {moved['outcomes']:.0f} outcomes"
    assert f"confidence {moved['stated']:.2f} {became}" in told(moved)
    assert f"rank {moved['rank']} of this bar, by strength {moved['strength']:.3f}" in told(moved)
    signal = frame.filter((pl.col("outcomes") == 0.0) & (pl.col("score").abs() >= 0.1)).row(0, named=True)
    assert f"confidence {signal['stated']:.2f} is not calibrated: fewer than 5 outcomes of such signals" in told(signal)
    small = frame.filter((pl.col("score").abs() < 0.1) & (pl.col("score").abs() > 0.0)).row(0, named=True)
    assert f"confidence {small['stated']:.2f} is not calibrated: the score takes no side" in told(small)


def test_the_market_stands_beside_each_decision():
    run = learning_run()
    survey = run.output.surveys[0]
    for k in range(0, len(run.decisions), 97):
        row, slice_number = run.decisions.row(k, named=True), run.output.records["row"][k]
        breadth = survey.slices[BREADTH, slice_number]
        assert row["market_breadth"] == breadth
        line = f"market: {breadth:.0%} of the symbols lean up, volatility {row['volatility_environment']}, "
        line += f"correlation {row['correlation_regime']}, {row['sector_rotation']}"
        assert row["volatility_environment"] == "unknown" or line in told(row)
    assert set(run.decisions["volatility_environment"]) >= {"low", "medium", "high"}
    assert any("leads (" in words for words in run.decisions["sector_rotation"])


def test_ranks_order_each_slice_and_the_strongest_get_the_places():
    frame = learning_run().decisions
    by_slice = frame.unique(["time", "symbol"], keep="last", maintain_order=True)
    contested = 0
    for _, part in by_slice.group_by("time", maintain_order=True):
        ranked = part.filter(pl.col("rank") > 0).sort("rank")
        assert ranked["rank"].n_unique() == len(ranked)
        assert ranked["strength"].to_list() == sorted(ranked["strength"], reverse=True)
        left_out = part.filter(reason=REASON_TEXT[Reason.MAX_CONCURRENT_TRADES])
        entered = part.filter((pl.col("gate") == "passed") & (pl.col("direction") != 0.0))
        if len(left_out) and len(entered):
            contested += 1
            assert max(entered["rank"]) < min(left_out["rank"])
    assert contested > 1


def test_without_ranking_others_get_the_places():
    by_confidence = msgspec.structs.replace(LEARNS, ranking=msgspec.structs.replace(LEARNS.ranking, on=False))
    other = backtest(walk(240, 5, seed=3), Fused(by_confidence), settings=learning_run().settings, warm_up=60)
    mine = learning_run().output.fills
    assert mine[["row", "symbol"]].tolist() != other.output.fills[["row", "symbol"]].tolist()
    assert "by strength" not in "".join(why(other, "S0", ns_of(other.decisions.row(-1, named=True)))[0].lines)


def test_the_report_tells_ranking_market_and_outcomes():
    run = learning_run()
    data = run.report_data()
    (note,) = data.fusion
    text, page = to_text(data, width=120), to_html(data)
    for title in ("Ranking", "Market conditions", "Signal quality by source", "Reliability of the confidence",
                  "Signal history by class", "Latest signals"):  # fmt: skip
        assert f"{title}, fused" in text and f"{title}, fused" in page
    assert [row.rank for row in note.ranking] == list(range(1, len(note.ranking) + 1))
    assert any("leads (" in period.sectors for period in note.conditions)
    assert sum(one.sample for one in note.reliability) > 50
    used = [one for one in note.reliability if one.used == one.used]
    assert used and all(one.sample >= 5 and one.used == one.hit_rate for one in used)
    row = json.loads(run.to_json())["fusion"][0]
    assert note.reach is not None
    assert row["calibrates"] and row["ranks"] and row["reach"]["spoke"] == note.reach.spoke
    assert [one["source"] for one in row["quality"]] == list(LEARNS.sources)


def test_past_signals_by_plain_counting():
    run = learning_run()
    (note,) = run.report_data().fusion
    changes = run.output.surveys[0].changes
    closes = np.column_stack([adjusted_prices(run.panel, k, "close") for k in range(5)])
    sells = [c for c in changes if c["signal"] == -1]
    won = [closes[c["row"] + 3, c["symbol"]] < closes[c["row"], c["symbol"]] for c in sells if c["row"] + 3 < 240]
    (sell,) = [one for one in note.classes if one.signal == "SELL"]
    assert (sell.entered, sell.settled) == (len(sells), len(won)) and sell.hit_rate == pytest.approx(np.mean(won))


def test_sources_are_judged_whether_or_not_that_counts():
    for one in fused_run().report_data().fusion[0].quality:
        assert (one.settled > 20) is (one.source != "whale_flow")


def caution(run, **reach):
    data = run.report_data()
    note = data.fusion[0]
    changed = msgspec.structs.replace(note, reach=msgspec.structs.replace(note.reach, **reach))
    found = cautions_of(msgspec.structs.replace(data, fusion=(changed,)), total_of(data.trades))
    return [one for one in found if one.key == "never_sure"]


def test_a_profile_that_is_never_sure_enough_is_told_so():
    assert caution(fused_run()) == []
    (one,) = caution(fused_run(), confident=0, highest=0.311)
    assert one.title == "fused was never sure enough to trade"
    assert "0.311 at most; SET needs more than 0.35. [orchestrator] threshold" in one.text
    (one,) = caution(fused_run(), spoke=680, confident=5)
    assert "in 0.74% of its signals" in one.title
    assert caution(fused_run(), spoke=680, confident=7) == [] and caution(fused_run(), spoke=0, confident=0) == []


def test_reach_counts_the_judged_slices():
    run = fused_run("full")
    frame = run.decisions.unique(["time", "symbol"], keep="last")
    sure = [c for c in frame["confidence"].to_list() if not math.isnan(c)]
    expected = Reach(threshold=0.35, spoke=len(sure), confident=sum(c > 0.35 for c in sure), highest=max(sure))
    reach = run.report_data().fusion[0].reach
    assert reach is not None and msgspec.structs.asdict(reach) == msgspec.structs.asdict(expected)


def test_a_regime_that_is_told_with_too_little_confidence_is_unknown():
    sources = {"trend_composite": SourceUse(0.5), "market_regime": SourceUse(0.5)}
    profile = FusionProfile("careful", sources, regime="market_regime", regime_confidence=0.7)
    run = backtest(walk(360, 2, seed=1), Fused(profile), settings=settings("full"))
    (hearing,) = run.output.hearings
    sure = hearing.confidences[:, hearing.names.index("market_regime")]
    assert (hearing.regime[~(sure >= 0.7)] == 0).all() and (sure < 0.7).sum() > 5
    assert set(hearing.regime[sure >= 0.7].tolist()) - {0}
