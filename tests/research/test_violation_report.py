"""Passive violations on the page, in the terminal, in JSON and in the kept run."""

from __future__ import annotations

import msgspec
import pytest

from consilience.research.backtest import backtest
from consilience.research.report.analysis import analyse
from consilience.research.report.as_json import document
from consilience.research.report.console import to_text
from consilience.research.report.html import to_html
from consilience.research.report.text import iso
from consilience.research.report.violation_table import MAX_VIOLATIONS, violation_table
from consilience.research.runs import RunStore
from consilience.risk.settings import RiskSettings
from tests.research.helpers import FREE, Above, panel_of

SYMBOL, FALL = "the limit of exposure to one symbol is reached", "the drawdown is at its limit"
# the position is a fifth of the account: it doubles, falls back, doubles again and stays
CLOSES = [90.0, 101.0, 101.0, 202.0, 222.0, 101.5, 202.0, 202.0]


def table_of(data):
    table = violation_table(data)
    assert table is not None
    return table


@pytest.fixture(scope="module")
def run():
    limits = RiskSettings(max_symbol=0.21, max_drawdown=0.1)
    settings = msgspec.structs.replace(FREE, risk=limits, fraction=0.2)
    return backtest(panel_of({"S": CLOSES}), Above, settings=settings, created_ns=1, warm_up=0)


def test_each_is_told_with_severity_and_action(run):
    data, ts = run.report_data(), run.panel.ts.tolist()
    told = [(n.rule, n.severity, n.since_ns, n.last_ns, n.worst_ns, n.bars, n.lasts) for n in data.violations]
    assert told == [
        ("concentration", 2, ts[3], ts[4], ts[4], 2, False),
        ("max_drawdown", 3, ts[5], ts[5], ts[5], 1, False),
        ("concentration", 2, ts[6], ts[7], ts[6], 2, True),
    ]
    rows = document(data)["risk_violations"]
    assert [row["severity"] for row in rows] == ["HIGH", "CRITICAL", "HIGH"]
    assert rows[0] | {"value": 0, "limit": 0} == {
        "rule": "concentration", "severity": "HIGH", "cause": SYMBOL, "action": data.violations[0].action,
        "since": iso(ts[3]), "last": iso(ts[4]), "lasts": False, "bars": 2, "worst": iso(ts[4]),
        "value": 0, "limit": 0, "unit": "money",
    }  # fmt: skip
    equity = run.equity_curve
    assert rows[0]["value"] == pytest.approx(run.gross_curve[4]) and rows[0]["limit"] == pytest.approx(equity[4] * 0.21)
    assert rows[1]["value"] == pytest.approx(equity[4] - equity[5])


def test_the_severe_ones_have_a_line_each_and_all_a_row(run, tmp_path):
    data = run.report_data()
    lines = [c for c in analyse(data).cautions if c.key.startswith("violation_")]
    assert [c.title for c in lines] == [f"Risk violation, CRITICAL: {FALL}", f"Risk violation, HIGH: {SYMBOL}"]
    assert lines[1].text.startswith("Twice, 4 bars, after the marks; it lasts at the end. Worst on ")
    assert f"Recommended: {data.violations[0].action}." in lines[1].text
    text, page = to_text(data, width=200), to_html(data)
    assert all(line.title in text and f'id="caution-{line.key}"' in page for line in lines)
    assert 'id="violations"' in page and data.violations[1].action in page and "Risk violations" in text
    assert [row[2].text for row in table_of(data).rows] == ["CRITICAL", "HIGH", "HIGH"]
    run.save(tmp_path)
    kept = RunStore(tmp_path).load(run.run_id).report_data.violations
    assert [msgspec.structs.astuple(note) for note in kept] == [msgspec.structs.astuple(n) for n in data.violations]


def test_mild_ones_are_in_the_table_alone(run):
    data = run.report_data()
    mild = tuple(msgspec.structs.replace(note, severity=1, limit=0.0, unit="count") for note in data.violations)
    data = msgspec.structs.replace(data, violations=mild)
    assert not [c for c in analyse(data).cautions if c.key.startswith("violation_")]
    assert [(row[2].text, row[5].text, row[6].text) for row in table_of(data).rows] == [("MEDIUM", "0", "-")] * 3


def test_a_long_list_is_cut_by_severity_and_says_so(run):
    data = run.report_data()
    many = (msgspec.structs.replace(data.violations[0], severity=0),) * MAX_VIOLATIONS + data.violations
    table = table_of(msgspec.structs.replace(data, violations=many))
    assert len(table.rows) == MAX_VIOLATIONS and table.rows[0][2].text == "CRITICAL"
    assert table.note.startswith("The JSON report lists 3 more")


def test_a_run_within_its_limits_says_nothing():
    data = backtest(panel_of({"S": CLOSES}), Above, settings=FREE).report_data()
    assert data.violations == () and document(data)["risk_violations"] == []
    assert violation_table(data) is None and 'id="violations"' not in to_html(data)
