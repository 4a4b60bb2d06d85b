"""One self-contained HTML page: every style, script and number inside it, no request to anywhere. Needs jinja2."""

from __future__ import annotations

import math
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from consilience.core.errors import ConfigError
from consilience.research.report.analysis import Analysis, analyse
from consilience.research.report.data import FunnelStep, FusionNote, ReportData
from consilience.research.report.downsample import MAX_CANDLE_SYMBOLS
from consilience.research.report.fusion_survey_tables import survey_tables
from consilience.research.report.fusion_tables import sources_table, states_table
from consilience.research.report.halt_table import halt_table
from consilience.research.report.payload import MAX_TRADES, charted, curve_rows, page_data, to_script
from consilience.research.report.series import MonthRow
from consilience.research.report.tables import (
    Cell,
    assumption_table,
    drawdown_table,
    group_table,
    manifest_table,
    metric_cell,
    metric_tables,
    quality_table,
    rejection_table,
    strategy_metrics_table,
)
from consilience.research.report.text import date_text, is_daily, number, percent
from consilience.research.report.violation_table import violation_table

if TYPE_CHECKING:
    from jinja2 import Environment

SCRIPTS = ("codec.js", "format.js", "plot.js", "lines.js", "candles.js", "tables.js", "waterfall.js", "app.js")
MINUS = "\u2212"
_ROOT = "consilience.research.report"
_MAX_LISTED_SYMBOLS = 12


def to_html(data: ReportData, analysis: Analysis | None = None, *, theme: str = "auto") -> str:
    """The report as one HTML document. theme: 'auto' (the reader's system), 'light' or 'dark'; the page can switch.

    Raises ConfigError when jinja2 (the ``report`` extra) is not installed.
    """
    a = analysis or analyse(data)
    return render("report.html.j2", theme=theme, payload=page_data(data, a), **_context(data, a))


def render(template: str, *, theme: str, payload: dict[str, Any], **context: Any) -> str:
    """Fill one of our templates; ``payload`` becomes the page's data block."""
    shared = {
        "css": asset("report.css"),
        "js": "\n".join(asset(name) for name in SCRIPTS),
        "payload": to_script(payload),
        "theme": theme,
    }
    return str(_environment().get_template(template).render(**shared, **context))


@cache
def asset(name: str) -> str:
    """Text of one file of ``assets``."""
    return resources.files(_ROOT).joinpath("assets", name).read_text("utf-8")


@cache
def _environment() -> Environment:
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
    except ImportError as error:
        raise ConfigError("the HTML report needs jinja2; install consilience[report]") from error

    def load(name: str) -> str:
        return resources.files(_ROOT).joinpath("templates", name).read_text("utf-8")

    environment = Environment(
        loader=FunctionLoader(load), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["minus"] = minus
    environment.filters["sort_value"] = sort_value
    return environment


def minus(text: str) -> str:
    """A number's leading hyphen as a true minus; a lone dash stays."""
    return MINUS + text[1:] if len(text) > 1 and text[0] == "-" and text[1].isdigit() else text


def sort_value(cell: Cell) -> str:
    """What a cell sorts by: full precision, empty for a number that is missing."""
    if cell.value is None or math.isnan(cell.value):
        return ""
    return repr(float(cell.value))


def _context(data: ReportData, a: Analysis) -> dict[str, Any]:
    daily, first, last = is_daily(data.timeframe), data.start_ns, data.end_ns
    drawn, shown_candles = len(curve_rows(data, a)), charted(data, a)
    return {
        "data": data,
        "analysis": a,
        "facts": _facts(data),
        "period": f"{date_text(first, daily=daily)} to {date_text(last, daily=daily)}",
        "created": date_text(data.created_ns, daily=False) if data.created_ns else "",
        "cards": [
            {
                "label": card.label,
                "key": card.metric.key,
                "meaning": card.meaning + (f" {card.metric.formula}" if card.metric.formula else ""),
                "cell": metric_cell(card.metric, data),
                "benchmark": metric_cell(card.benchmark, data) if card.benchmark else None,
            }
            for card in a.cards
        ],
        "drawn": drawn,
        "candle_note": _candle_note(data, len(shown_candles)),
        "has_candles": any(len(c.ts) for c in shown_candles),
        "trade_note": _trade_note(len(data.trades)),
        "heat": [heat_row(row, a.months, theirs) for row, theirs in _paired(a)],
        "metric_tables": metric_tables(data),
        "strategy_metrics": strategy_metrics_table(data),
        "group_tables": [group_table(data, a, by) for by in a.groups],
        "drawdown_table": drawdown_table(data, a),
        "halt_table": halt_table(data),
        "violation_table": violation_table(data),
        "rejection_table": rejection_table(data),
        "assumption_table": assumption_table(data),
        "quality_table": quality_table(data),
        "manifest_table": manifest_table(data),
        "funnel": _funnel(data.funnel),
        "fusion": [_fusion(note, place, daily) for place, note in enumerate(data.fusion)],
        "risk_free": percent(data.risk_free),
        "days_per_year": number(data.days_per_year, 0),
    }


def _facts(data: ReportData) -> list[tuple[str, str]]:
    names = [s.symbol for s in data.symbols]
    more = len(names) - _MAX_LISTED_SYMBOLS
    listed = ", ".join(names[:_MAX_LISTED_SYMBOLS]) + (f" and {more:,} more" if more > 0 else "")
    benchmark = [("Benchmark", data.benchmark.name)] if data.benchmark else []
    return [
        ("Mode", data.mode),
        ("Symbols", listed or "none"),
        ("Timeframe", data.timeframe),
        ("Bars", f"{len(data.equity.ts):,}"),
        ("Base currency", data.base_currency),
        *benchmark,
        ("Run", data.run_id),
    ]


def _candle_note(data: ReportData, shown: int) -> str:
    if len(data.candles) <= shown:
        return ""
    return (
        f"Charts for the {shown} most traded of {len(data.candles):,} symbols (the page carries {MAX_CANDLE_SYMBOLS})."
    )


def _trade_note(count: int) -> str:
    if count <= MAX_TRADES:
        return ""
    return (
        f"The page carries the last {MAX_TRADES:,} of {count:,} trades by entry time; the tables above count all, "
        "and the JSON report lists all."
    )


def _paired(a: Analysis) -> list[tuple[MonthRow, float]]:
    theirs = {row.year: row.total for row in a.benchmark_months}
    return [(row, theirs.get(row.year, math.nan)) for row in a.months]


def heat_row(row: MonthRow, rows: tuple[MonthRow, ...], benchmark: float) -> dict[str, Any]:
    """One year of the heat table: text, sort value and shade (1 to 5 by size, against the largest month)."""
    largest = max((abs(m) for r in rows for m in r.months if math.isfinite(m)), default=0.0) or 1.0
    biggest_year = max((abs(r.total) for r in rows if math.isfinite(r.total)), default=0.0) or 1.0
    return {
        "year": row.year,
        "months": [_heat_cell(m, largest) for m in row.months],
        "total": _heat_cell(row.total, biggest_year),
        "benchmark": _heat_cell(benchmark, math.inf),
    }


def _heat_cell(value: float, largest: float) -> dict[str, str]:
    if not math.isfinite(value):
        return {"text": "", "shade": "blank", "value": ""}
    level = 0 if value == 0.0 or math.isinf(largest) else min(5, 1 + int(abs(value) / largest * 5))
    shade = f"h{'p' if value > 0 else 'n'}{level}" if level else ""
    return {"text": percent(value, 1), "shade": shade, "value": repr(float(value))}


def _fusion(note: FusionNote, place: int, daily: bool) -> dict[str, Any]:
    return {
        "note": note,
        "place": place,
        "funnel": _funnel(note.steps),
        "states": states_table(note, place),
        "sources": sources_table(note, place),
        "survey": survey_tables(note, place, daily=daily),
    }


def _funnel(steps: tuple[FunnelStep, ...]) -> list[dict[str, Any]]:
    """Steps with their share of the largest count, in percent for the bar and of the step before in words."""
    top = max((step.count for step in steps), default=0) or 1
    rows, before = [], 0
    for k, step in enumerate(steps):
        part = percent(step.count / before, 1) if k and before else ""
        share = f"{part} of the step before" if part else ""
        rows.append({"step": step, "width": round(100.0 * step.count / top, 2), "share": share, "part": part})
        before = step.count
    return rows
