"""Halts of the circuit breaker as a table, which page and terminal print."""

from __future__ import annotations

from consilience.research.report.data import HaltNote, ReportData
from consilience.research.report.tables import Cell, Column, Table, number_cell
from consilience.research.report.text import date_text, is_daily, number


def halt_table(data: ReportData) -> Table | None:
    """When trading was halted, why, how it ended; None for a run without a halt."""
    if not data.halts:
        return None
    daily = is_daily(data.timeframe)
    rows = tuple(
        (
            Cell(text=date_text(halt.since_ns, daily=daily)),
            Cell(text=_end(halt, daily=daily)),
            Cell(text=halt.cause),
            Cell(text=halt.effect),
            number_cell(halt.bars, number(halt.bars, 0)),
            number_cell(halt.refused, number(halt.refused, 0)),
        )
        for halt in data.halts
    )
    return Table(
        name="halts",
        title="Halts",
        columns=(
            Column(name="Since"),
            Column(name="Until"),
            Column(name="Cause", wide=True),
            Column(name="Effect", wide=True, key=False),
            Column(name="Bars", numeric=True, tip="Bars at whose close trading was halted."),
            Column(name="Refused", numeric=True, tip="Entry signals refused; one that repeats counts at each bar."),
        ),
        rows=rows,
    )


def _end(halt: HaltNote, *, daily: bool) -> str:
    if not halt.until_ns:
        return "the end, not resumed"
    return date_text(halt.until_ns, daily=daily) + (", raised" if halt.raised else ", resumed")
