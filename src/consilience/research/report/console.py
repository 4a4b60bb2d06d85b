"""The report in a terminal: rich tables on a tty, plain aligned text anywhere else, fewer columns when it is narrow."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from consilience.research.report.analysis import Analysis, analyse
from consilience.research.report.data import ReportData
from consilience.research.report.fusion_survey_tables import survey_tables
from consilience.research.report.fusion_tables import fusion_tables
from consilience.research.report.halt_table import halt_table
from consilience.research.report.tables import (
    Cell,
    Table,
    drawdown_table,
    group_table,
    metric_tables,
    rejection_table,
    strategy_metrics_table,
)
from consilience.research.report.text import date_text, is_daily
from consilience.research.report.violation_table import violation_table

TWO_COLUMNS_FROM = 104  # characters
_WRAPPED = 24  # characters that a column of free text needs at least
_GAP = 2
LONGEST = {"rejections": 8, "violations": 20}  # rows shown of a table
_STYLES = {"pos": "green", "neg": "red"}


def print_report(data: ReportData, console: Console, analysis: Analysis | None = None) -> None:
    """Print the summary, then what each strategy and symbol made, the drawdowns and the top refusals."""
    a = analysis or analyse(data)
    daily = is_daily(data.timeframe)
    console.print(Text(clean(data.title), style="bold"))
    period = f"{date_text(data.start_ns, daily=daily)} to {date_text(data.end_ns, daily=daily)}"
    console.print(Text(clean(f"{data.mode} {data.run_id}, {period}, {data.timeframe} bars, {data.base_currency}")))
    for caution in a.cautions:
        mark = "i" if caution.level == "note" else "!"
        style = {"stop": "bold red", "warn": "yellow"}.get(caution.level, "cyan")
        console.print(Text(clean(f"{mark} {caution.title}. {caution.text}"), style=style))
    console.print()
    _print_metrics(data, console)
    tables = [
        strategy_metrics_table(data),
        *(group_table(data, a, by) for by in ("strategy", "symbol", "exit_reason")),
        halt_table(data),
        violation_table(data),
        drawdown_table(data, a),
        *(
            table
            for place, note in enumerate(data.fusion)
            for table in (*fusion_tables(note, place), *survey_tables(note, place, daily=daily))
        ),
        rejection_table(data),
    ]
    for table in tables:
        if table is not None and table.rows:
            print_table(table, console, limit=LONGEST.get(table.name))
    console.print(Text("Not investment advice. Simulated results.", style="dim"))


def to_text(data: ReportData, *, width: int = 100) -> str:
    """The same as plain text without colour."""
    out = io.StringIO()
    print_report(data, Console(file=out, width=width, no_color=True, force_terminal=False, legacy_windows=False))
    return out.getvalue()


def print_table(table: Table, console: Console, limit: int | None = None) -> None:
    """One of the report's tables. Columns that do not fit are left out, the less important first, and named."""
    kept = fitting(table, console.width)
    grid = new_grid(table.title, console)
    for k in kept:
        column = table.columns[k]
        grid.add_column(
            clean(column.name),
            justify="right" if column.numeric else "left",
            no_wrap=not column.wide and k > 0,
            overflow="fold",
        )
    shown = table.rows if limit is None else table.rows[:limit]
    for row in shown:
        grid.add_row(*(cell_text(row[k]) for k in kept))
    console.print(grid)
    if len(shown) < len(table.rows):
        console.print(Text(f"and {len(table.rows) - len(shown)} more, see the JSON or HTML report", style="dim"))
    missing = [column.name for k, column in enumerate(table.columns) if column.key and k not in kept]
    if missing:
        console.print(Text(clean(f"no room for: {', '.join(missing)}"), style="dim"))
    console.print()


def fitting(table: Table, width: int) -> list[int]:
    """Numbers of the columns that fit ``width``: the first always, then the important ones, left before right."""
    needs = []
    for k, column in enumerate(table.columns):
        natural = max([len(column.name), *(len(row[k].text) + len(row[k].flag) for row in table.rows)])
        needs.append(min(natural, _WRAPPED) if column.wide else natural)
    kept = list(range(len(needs)))
    while len(kept) > 1 and sum(needs[k] for k in kept) + _GAP * len(kept) > width:
        minor = [k for k in kept[1:] if not table.columns[k].key]
        kept.remove(minor[-1] if minor else kept[-1])
    return kept


def new_grid(title: str, console: Console) -> RichTable:
    """An empty table: a ruled head on a tty, bare columns elsewhere so that text tools can cut it."""
    return RichTable(
        title=Text(clean(title), style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD if console.is_terminal and not console.options.ascii_only else None,
        pad_edge=False,
        header_style="bold",
    )


def cell_text(cell: Cell) -> Text:
    """A cell as styled text; markup and control characters inside it stay without effect."""
    flag = f" ({cell.flag})" if cell.flag else ""
    return Text(clean(cell.text + flag), style=_STYLES.get(cell.tone, ""))


def clean(text: str) -> str:
    """``text`` with every unprintable character replaced, so that no name can drive the terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _print_metrics(data: ReportData, console: Console) -> None:
    tables = metric_tables(data)
    rows = [(table.title, row) for table in tables for row in table.rows]
    if not rows:
        return
    compared = any(len(row) > 2 for _, row in rows)
    heads = ["Run", "Benchmark"] if compared else ["Run"]
    blocks = 2 if console.width >= TWO_COLUMNS_FROM else 1
    grid = new_grid("Summary", console)
    for block in range(blocks):
        if block:
            grid.add_column("", width=2)
        grid.add_column("Metric", overflow="fold")
        for head in heads:
            grid.add_column(head, justify="right", no_wrap=True)
    height = -(-len(rows) // blocks)
    for k in range(height):
        parts: list[Text] = []
        for block in range(blocks):
            if block:
                parts.append(Text(""))
            at = block * height + k
            parts.extend(_metric_parts(rows[at][1] if at < len(rows) else (), len(heads)))
        grid.add_row(*parts)
    console.print(grid)
    console.print()


def _metric_parts(row: Sequence[Cell], heads: int) -> Iterable[Text]:
    cells = [cell_text(cell) for cell in row]
    return [*cells, *([Text("")] * (1 + heads - len(cells)))]
