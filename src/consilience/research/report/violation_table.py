"""Passive risk violations as a table, which page and terminal print."""

from __future__ import annotations

from consilience.research.report.data import ReportData
from consilience.research.report.tables import Cell, Column, Table, number_cell
from consilience.research.report.text import date_text, is_daily, number
from consilience.research.report.violations import SEVERITIES, TOLD_FROM, amount_text, excess

MAX_VIOLATIONS = 500


def violation_table(data: ReportData) -> Table | None:
    """Which limits were exceeded after the marks, how far, what to do, the most severe first; None without any."""
    if not data.violations:
        return None
    daily = is_daily(data.timeframe)
    ordered = sorted(data.violations, key=lambda note: (-note.severity, note.since_ns))
    more = len(ordered) - MAX_VIOLATIONS
    rows = tuple(
        (
            Cell(text=date_text(note.since_ns, daily=daily)),
            Cell(text=date_text(note.last_ns, daily=daily) + (", the end" if note.lasts else "")),
            Cell(text=SEVERITIES[note.severity], tone="neg" if note.severity >= TOLD_FROM else ""),
            Cell(text=note.cause, tip=note.rule),
            number_cell(note.value, amount_text(note.value, note, data)),
            number_cell(note.limit, amount_text(note.limit, note, data)),
            number_cell(excess(note), number(excess(note), 2, suffix="x"), why="nothing was allowed"),
            number_cell(note.bars, number(note.bars, 0)),
            Cell(text=note.action),
        )
        for note in ordered[:MAX_VIOLATIONS]
    )
    return Table(
        name="violations",
        title="Risk violations",
        columns=(
            Column(name="Since"),
            Column(name="Last"),
            Column(name="Severity", tip="Of its worst bar: one step more from half as much again as the limit."),
            Column(name="Violation", wide=True),
            Column(name="Worst", numeric=True, key=False, tip="At the bar furthest beyond its limit, after the marks."),
            Column(name="Limit", numeric=True, key=False, tip="At that bar."),
            Column(name="Of limit", numeric=True),
            Column(name="Bars", numeric=True, tip="Bars after whose marks the limit was exceeded."),
            Column(name="Recommended action", wide=True, key=False),
        ),
        rows=rows,
        note=f"The JSON report lists {more:,} more, none of them more severe." if more > 0 else "",
    )
