"""The terminal's tables, and comparisons in all three forms."""

from __future__ import annotations

import io
import json
import re

import msgspec
import pytest
from rich.console import Console

from consilience.core.errors import FixInput
from consilience.research.report.compare import (
    compare,
    comparison_document,
    comparison_html,
    comparison_json,
    print_comparison,
)
from consilience.research.report.console import print_report, to_text
from consilience.research.report.data import StrategyInfo
from tests.research.report.sample import empty, hostile, metric, tiny


def other(**fields):
    changed = (StrategyInfo(name="Cross", version="1", parameters=(("fast", 9), ("slow", 3.5), ("mode", "ema"))),)
    return msgspec.structs.replace(tiny(), **{"run_id": "bt-2", "strategies": changed, **fields})


def printed(comparison, width=120):
    out = io.StringIO()
    print_comparison(comparison, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [30, 60, 80, 120, 220])
@pytest.mark.parametrize("make", [tiny, empty, hostile])
def test_fits_the_terminal_and_is_plain_text(make, width):
    text = to_text(make(), width=width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text
    assert {c for c in text if not c.isprintable()} == {"\n"}


def test_figures_in_the_terminal():
    text = to_text(tiny(), width=100)
    assert "Total return" in text and "+21.00%" in text and "+50.00%" in text
    assert "! Only 2 closed trades." in text
    assert "the position limit is reached" in text


def test_what_does_not_fit_is_named():
    assert "no room for: " in to_text(tiny(), width=40)


def test_colour_only_on_a_terminal():
    out = io.StringIO()
    print_report(tiny(), Console(file=out, width=100, force_terminal=True, color_system="truecolor"))
    assert re.search(r"\x1b\[32m *\+21\.00%", out.getvalue())


def test_escape_sequences_in_names_are_defused():
    run = msgspec.structs.replace(tiny(), title="[bold]x[/bold] \x1b[2J\x07")
    assert to_text(run).splitlines()[0] == "[bold]x[/bold] ?[2J?"


def test_a_comparison_names_what_differs():
    c = compare([tiny(), other()])
    assert [f.name for f in c.facts if f.differs] == ["Cross.fast"]
    assert c.cautions == ()
    text = printed(c)
    assert "Cross.fast" in text and "Same in all: Mode, Period" in text


def test_unlike_runs_are_called_so():
    manifest = msgspec.structs.replace(tiny().manifest, data_hash="d2")
    c = compare([tiny(), other(manifest=manifest, base_currency="EUR")])
    assert "base currency, data hash" in c.cautions[0].text
    assert "Not like for like" in printed(c) and "Not like for like" in comparison_html(c)


def test_comparison_document_lines_up_metrics_and_keeps_missing_ones():
    c = compare([tiny(), other(metrics=(metric("total_return", 0.3, "return"), metric("extra", 1.0)))])
    facts = json.loads(comparison_json(c))
    rows = {m["key"]: m["values"] for m in facts["metrics"]}
    assert rows["total_return"] == [0.21, 0.3]
    assert rows["sharpe"] == [None, None]
    assert rows["extra"] == [None, 1.0]
    assert facts["curves"][0]["equity_from_100"] == pytest.approx([100.0, 110.0, 99.0, 121.0])
    assert facts == json.loads(json.dumps(comparison_document(c), allow_nan=False))


def test_runs_with_one_id_are_numbered():
    assert compare([tiny(), tiny(), other()]).labels == ("bt-1 #1", "bt-1 #2", "bt-2")


def test_a_comparison_needs_two():
    with pytest.raises(FixInput, match="at least two"):
        compare([tiny()])


def test_runs_without_bars_compare():
    page = comparison_html(compare([empty(), empty(run_id="e2")]))
    assert "No run holds a bar." in page
