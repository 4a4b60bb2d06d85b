"""The result of a run on one screen: headlines against the benchmark, then by strategy and by symbol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from consilience.apps.cli.shell import Output
from consilience.research.report.analysis import analyse
from consilience.research.report.console import print_table
from consilience.research.report.tables import group_table
from consilience.research.report.text import DASH, date_text, is_daily, metric_text

if TYPE_CHECKING:
    from consilience.research.report.aggregate import Group
    from consilience.research.report.data import Metric, ReportData

MOST_GROUPS = 40


def show_brief(data: ReportData, out: Output) -> None:
    """Print it on stdout; ``consilience report`` has the whole."""
    a = analyse(data)
    daily = is_daily(data.timeframe)
    period = f"{date_text(data.start_ns, daily=daily)} to {date_text(data.end_ns, daily=daily)}"
    out.show(data.title)
    out.show(f"{data.mode}, {period}, {len(data.equity.ts):,} {data.timeframe} bars, {data.base_currency}")
    stopped = [caution for caution in a.cautions if caution.level == "stop"]
    for caution in stopped:
        out.show(f"! {caution.title}. {caution.text}")
    out.show()
    rows = [(card.label, _text(card.metric, data), _text(card.benchmark, data)) for card in a.cards]
    end = data.equity.equity[-1] if len(data.equity.equity) else float("nan")
    rows.append(("End value", f"{end:,.{data.money_decimals}f}", ""))
    out.table(("", "Run", data.benchmark.name if data.benchmark else ""), rows, numeric=(1, 2))
    out.show()
    console = out.console()
    for by in ("strategy", "symbol"):
        groups: Sequence[Group] = a.groups.get(by, ())
        if len(groups) > 1 and (table := group_table(data, a, by)) is not None:
            print_table(table, console, limit=MOST_GROUPS)
    for note in data.fusion:
        steps = ", ".join(f"{step.name.lower()} {step.count:,}" for step in note.steps)
        out.show(f"{note.strategy}, from signal to fill: {steps}")
    for caution in a.cautions:
        if caution not in stopped:
            out.show(f"{'i' if caution.level == 'note' else '!'} {caution.title}. {caution.text}")
    out.show("Not investment advice. Simulated results. The whole report: consilience report")


def _text(metric: Metric | None, data: ReportData) -> str:
    return DASH if metric is None else metric_text(metric, data.base_currency, data.money_decimals)
