"""Frames of fused runs: contributions that sum to the score, states as the engine left them, kept and read back."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from consilience.core.codes import TickerState
from consilience.engine.desk import STATE_TALLY
from consilience.research.backtest import backtest
from consilience.research.fused_frames import states_after
from consilience.research.runs import RunStore
from tests.research.fused import QUICK, fused_run, mixed_run
from tests.research.helpers import Crossing, walk

PLAIN_COLUMNS = [
    "time", "strategy", "symbol", "gate", "reason", "direction", "value", "confidence", "weight", "contribution",
    "score", "wanted", "approved", "order",
]  # fmt: skip


def by_decision(run):
    """(decision, its contributions in the order of summation), one after the other."""
    grouped = run.contributions.group_by("decision", maintain_order=True).agg("source", "contribution")
    return list(grouped.iter_rows())


@pytest.mark.parametrize("level", ["events", "full"])
def test_contributions_sum_from_first_to_last_to_the_score(level):
    run = fused_run(level)
    scores, found = run.decisions["score"].to_list(), by_decision(run)
    assert [row[0] for row in found] == list(range(len(scores)))
    spoke = 0
    for decision, sources, parts in found:
        assert sources == list(QUICK.sources)
        total = 0.0
        for part in parts:
            total += part
        assert total == scores[decision] or (math.isnan(total) and math.isnan(scores[decision]))
        spoke += not math.isnan(total)
    assert spoke > 100


def test_the_frame_tells_the_scores_that_the_engine_decided_by():
    run = fused_run("full")
    records, frame = run.output.records, run.decisions
    decided = records["direction"] != 0.0
    assert decided.sum() > 100
    assert frame["score"].to_numpy()[decided].tolist() == records["score"][decided].tolist()
    assert frame["confidence"].to_numpy()[decided].tolist() == records["confidence"][decided].tolist()


def test_states_end_where_the_engine_left_them_and_count_as_it_counted():
    run = fused_run("full")
    symbols, last = len(run.panel.symbols), {}
    counts = dict.fromkeys([state.name.lower() for state in TickerState], 0)
    slices = {(row["time"], row["symbol"]): row for row in run.decisions.iter_rows(named=True)}
    for row in slices.values():
        last[row["symbol"]] = row["state"]
        counts[row["state"]] += 1
    left = [TickerState(state).name.lower() for state in run.output.lanes["state"].tolist()]
    assert [last[symbol] for symbol in run.panel.symbols] == left[:symbols]
    tallies = run.output.tallies[0, STATE_TALLY : STATE_TALLY + len(TickerState)]
    assert list(counts.values()) == tallies.tolist()
    assert min(counts.values()) > 10


def test_states_do_not_depend_on_the_record_level():
    key = ["time", "symbol", "gate", "reason"]
    few, every = fused_run("events").decisions, fused_run("full").decisions
    both = few.select(*key, "state").join(every.select(*key, "state"), on=key, how="left", suffix="_full")
    assert len(both) == len(few) < len(every)
    assert both["state"].to_list() == both["state_full"].to_list()


def test_states_of_no_records():
    assert states_after(fused_run().output.records[:0]).tolist() == []


def test_what_was_not_said_is_told_as_such():
    run = fused_run()
    parts = run.contributions
    silent = parts.filter(pl.col("source") == "whale_flow")
    assert silent["value"].is_nan().all() and silent["confidence"].is_nan().all()
    assert (silent["contribution"] == 0.0).all()
    # the regime halves the third source while it is not known
    regimes = run.decisions.select("regime").with_row_index("decision").cast({"decision": pl.Int64})
    third = parts.filter(pl.col("source") == "mean_reversion").join(regimes, on="decision")
    for regime, weight in third.select("regime", "weight").iter_rows():
        assert weight == (0.1 if regime == "unknown" else 0.2)
    assert set(third["regime"]) > {"unknown"}
    assert set(run.decisions["aligned"].drop_nulls()) <= {0, 1, 2, 3}
    assert max(run.decisions["coverage"].to_list()) < 1.0


def test_a_plain_strategy_beside_it_has_none_of_it():
    run = mixed_run()
    plain = run.decisions.filter(pl.col("strategy") == "crossing")
    fused = run.decisions.filter(pl.col("strategy") == "fused")
    assert len(plain) > 5 and len(fused) > 5
    for name in ("state", "regime", "aligned", "coverage", "agreement", "conviction", "multiplier"):
        assert plain[name].is_null().all()
    assert fused["state"].null_count() == fused["coverage"].null_count() == 0
    assert set(run.contributions["strategy"]) == {"fused"}
    rows = np.flatnonzero((run.decisions["strategy"] == "fused").to_numpy())
    assert sorted(set(run.contributions["decision"])) == rows.tolist()


def test_kept_and_read_back(tmp_path):
    run = fused_run()
    kept = RunStore(tmp_path).load(run.save(tmp_path).name)
    assert_frame_equal(kept.frame("contributions"), run.contributions)
    assert_frame_equal(kept.frame("decisions"), run.decisions)
    assert kept.report_data.fusion[0].profile == "quick"


def test_a_run_without_fusion_is_as_it_was(tmp_path):
    run = backtest(walk(60), Crossing)
    assert run.decisions.columns == PLAIN_COLUMNS
    folder = run.save(tmp_path)
    assert not (folder / "contributions.parquet").exists()
    assert RunStore(tmp_path).load(folder.name).frame("contributions").is_empty()
    assert run.contributions.schema == fused_run().contributions.schema
    assert run.report_data().fusion == () and "fusion" not in (folder / "report.json").read_text()
    assert "waterfall-0" not in (folder / "report.html").read_text().split("<script", 1)[0]
