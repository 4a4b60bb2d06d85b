"""The report of a fused strategy: a funnel that plain counting confirms, states, sources, waterfalls that sum."""

from __future__ import annotations

import json
import math
from collections import Counter

import msgspec
import pytest

from consilience.core.reason_text import REASON_TEXT
from consilience.core.time import format_time
from consilience.engine.fused import Fused
from consilience.research.backtest import backtest
from consilience.research.fused_frames import STEPS
from consilience.research.report.as_json import document
from consilience.research.report.console import to_text
from consilience.research.report.fusion_tables import funnel_table, sources_table, states_table
from consilience.research.report.html import to_html
from consilience.risk.settings import RiskSettings
from tests.research.fused import QUICK, fused_run, mixed_run, settings
from tests.research.helpers import walk


def ends(run, strategy="fused"):
    """How many symbols ended their slice at each gate, by counting the records of a run at record level full."""
    last = {}
    for row in run.decisions.iter_rows(named=True):
        is_exit = row["gate"] == "passed" and row["direction"] == 0.0
        if row["strategy"] == strategy and not is_exit:
            last[row["time"], row["symbol"]] = row["gate"]
    return Counter(last.values())


def test_the_funnel_is_what_the_records_say():
    run = fused_run("full")
    (note,) = run.report_data().fusion
    gates, count = ends(run), {step.name: step.count for step in note.steps}
    slices = (len(run.panel.ts) - run.first_row) * len(run.panel.symbols)
    assert count["Looked at"] == slices == sum(gates.values())
    assert count["Seen"] == slices - gates["universe"] - gates["quality"]
    assert count["Fusion"] == count["Seen"] - gates["fusion"]
    assert count["New signal"] == count["Fusion"] - gates["signal"]
    assert count["Orchestrator"] == count["New signal"] - gates["orchestrator"]
    assert count["Risk"] == count["Orchestrator"] - gates["risk"]
    assert count["Ordered"] == count["Risk"] - gates["execution"] - gates["venue"] == gates["passed"]
    orders = run.orders.filter(role="entry")
    assert count["Filled"] == len(orders.filter(orders["filled"] > 0)) <= count["Ordered"]
    assert min(count.values()) > 0 and gates["fusion"] and gates["signal"] and gates["orchestrator"] and gates["risk"]


def test_record_levels_count_alike():
    few, every = (fused_run(level).report_data().fusion[0] for level in ("events", "full"))
    for mine, theirs in zip(few.steps, every.steps, strict=True):
        assert (mine.name, mine.count) == (theirs.name, theirs.count)
    for one, other in zip(few.states, every.states, strict=True):
        assert (one.slices, one.steps) == (other.slices, other.steps)


def test_steps_into_a_state_are_those_recorded():
    run = fused_run()
    counts = Counter(run.decisions["reason"])
    for state in run.report_data().fusion[0].states:
        ways = [REASON_TEXT[reason] for reason, to in STEPS.items() if to.name == state.state]
        assert sum(count for _, count in state.steps) == sum(counts[way] for way in ways)


def test_at_record_level_none_the_funnel_stays_and_steps_are_unknown():
    run = fused_run("none")
    (note,) = run.report_data().fusion
    assert [s.count for s in note.steps] == [s.count for s in fused_run().report_data().fusion[0].steps]
    assert note.decisions == () and not any(state.counted for state in note.states)
    table = states_table(note)
    assert table.note.startswith("Steps were not recorded") and all(row[2].text == "-" for row in table.rows)
    assert sources_table(note).rows[0][1].text == "-"
    assert "Fusion spoke at no recorded decision." in to_html(run.report_data())


def test_drawn_decisions_sum_exactly_also_after_json():
    run = fused_run()
    facts = json.loads(run.to_json())["fusion"][0]
    kinds = Counter(one["kind"] for one in facts["decisions"])
    assert kinds == {"latest": 6, "largest": 6}
    for one in facts["decisions"]:
        total = 0.0
        for part in one["contributions"]:
            total += part["contribution"]
        assert total == one["score"]
    sizes = [abs(one["score"]) for one in facts["decisions"] if one["kind"] == "largest"]
    every = [abs(s) for s in run.decisions["score"].to_list() if not math.isnan(s)]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == max(every)
    latest = [one["time"] for one in facts["decisions"] if one["kind"] == "latest"]
    assert latest == sorted(latest, reverse=True)


def test_sources_by_plain_counting():
    run = fused_run()
    rows = [row for row in run.contributions.iter_rows(named=True) if not math.isnan(row["contribution"])]
    decisions = {row["decision"] for row in rows}
    leaders: Counter[str] = Counter()
    for decision in decisions:
        mine = [row for row in rows if row["decision"] == decision]
        best = max(mine, key=lambda row: abs(row["contribution"]))
        leaders[best["source"]] += best["contribution"] != 0.0
    for note in run.report_data().fusion[0].sources:
        sizes = [abs(r["contribution"]) for r in rows if r["source"] == note.source and not math.isnan(r["value"])]
        assert (note.spoke, note.decisions, note.leading) == (len(sizes), len(decisions), leaders[note.source])
        if sizes:
            assert note.mean_size == pytest.approx(sum(sizes) / len(sizes), rel=1e-12)
        else:
            assert note.source == "whale_flow" and math.isnan(note.mean_size)


def test_percentages_are_of_the_step_before():
    (note,) = fused_run().report_data().fusion
    rows = funnel_table(note).rows
    assert rows[0][2].text == "-"
    assert rows[1][2].value == note.steps[1].count / note.steps[0].count
    empty = msgspec.structs.replace(note, steps=tuple(msgspec.structs.replace(step, count=0) for step in note.steps))
    assert [row[2].text for row in funnel_table(empty).rows] == ["-"] * len(note.steps)


def test_page_and_terminal_tell_it():
    data = fused_run().report_data()
    text, page = to_text(data, width=100), to_html(data)
    for title in ("From signal to fill, fused", "Orchestrator, fused", "Sources, fused"):
        assert title in text
    for part in ('id="fusion-funnel-0"', 'id="fusion-states-0"', 'id="fusion-sources-0"', 'data-waterfall="0"'):
        assert part in page
    assert 'id="decisions"' in page and "This run kept no gate counts" not in page
    assert data.funnel == ()
    assert not any("READY to SET" in rejection.reason for rejection in data.rejections)


@pytest.mark.parametrize("resume_after", [0, 20])
def test_halts_are_told_first_and_add_up(resume_after):
    limits = RiskSettings(halt_losses=1)
    run = backtest(
        walk(400, 2, seed=1), Fused(QUICK), settings=settings(risk=limits, resume_after=resume_after), warm_up=60
    )
    data = run.report_data()
    # nothing but the halt refuses here, so the gates counted the same entries
    gates = {step.name: step.count for step in data.fusion[0].steps}
    assert sum(halt.refused for halt in data.halts) == gates["Orchestrator"] - gates["Risk"] > 0
    text, page = to_text(data, width=100), to_html(data)
    assert 'id="halts"' in page and "Halts" in text
    if resume_after:
        assert len(data.halts) > 1 and {halt.bars for halt in data.halts[:-1]} == {resume_after}
        assert f"Halted {len(data.halts)} times" in page or "HALTED since" in page
    else:
        (halt,) = data.halts
        assert (halt.until_ns, halt.cause) == (0, "1 loss in a row (limit 1)")
        since = format_time(halt.since_ns)[:10]
        assert text.index(f"HALTED since {since}: 1 loss in a row (limit 1)") < text.index("Summary")
        assert halt.bars == int((run.panel.ts >= halt.since_ns).sum())


def test_beside_a_plain_strategy_each_has_its_own_funnel():
    run = mixed_run()
    data = run.report_data()
    plain = run.decisions.filter(strategy="crossing")
    assert data.funnel[0].count == len(plain.filter(plain["direction"] != 0.0)) > 0
    page = to_html(data)
    assert 'id="funnel"' in page and 'id="fusion-funnel-0"' in page and 'id="decisions-plain"' in page
    assert [one["strategy"] for one in document(data)["fusion"]] == ["fused"]
