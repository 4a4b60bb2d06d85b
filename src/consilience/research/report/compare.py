"""Two or more runs side by side: metrics, what differs in parameters, data and settings, and equity overlaid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.text import Text

from consilience.core.errors import FixInput
from consilience.research.report.as_json import metric_row, num
from consilience.research.report.cautions import Caution
from consilience.research.report.console import clean, print_table
from consilience.research.report.data import Metric, Record, ReportData, find_metric
from consilience.research.report.downsample import kept_rows
from consilience.research.report.encode import pack, pack_times
from consilience.research.report.html import render
from consilience.research.report.series import rebase
from consilience.research.report.tables import Cell, Column, Table, metric_cell
from consilience.research.report.text import DASH, date_text, is_daily, iso

SCHEMA = "consilience.comparison"
SCHEMA_VERSION = 1
MAX_CURVE_POINTS = 2_000  # of each run in the JSON document
_UNLIKE = ("Data hash", "Period", "Base currency", "Timeframe", "Symbols")


class Fact(Record, frozen=True, kw_only=True, eq=False):
    """One setting across the runs, in their order; an absent one is an empty text."""

    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs disagree."""
        return len(set(self.values)) > 1


class Comparison(Record, frozen=True, kw_only=True, eq=False):
    """Runs under unique labels. metrics: key to one metric per run, None where a run lacks it."""

    labels: tuple[str, ...]
    runs: tuple[ReportData, ...]
    metrics: dict[str, tuple[Metric | None, ...]]
    facts: tuple[Fact, ...]
    cautions: tuple[Caution, ...]


def compare(runs: Sequence[ReportData]) -> Comparison:
    """Line up ``runs``. Raises FixInput for fewer than two."""
    if len(runs) < 2:
        raise FixInput("a comparison needs at least two runs")
    keys = list(dict.fromkeys(m.key for run in runs for m in run.metrics))
    facts = _facts(runs)
    unlike = [fact.name.lower() for fact in facts if fact.name in _UNLIKE and fact.differs]
    caution = Caution(
        key="unlike",
        level="warn",
        title="Not like for like",
        text=f"The runs differ in {', '.join(unlike)}, so a difference in results is not the strategy's alone.",
    )
    return Comparison(
        labels=_labels(runs),
        runs=tuple(runs),
        metrics={key: tuple(find_metric(run.metrics, key) for run in runs) for key in keys},
        facts=facts,
        cautions=(caution,) if unlike else (),
    )


def comparison_document(c: Comparison) -> dict[str, Any]:
    """Plain values: schema version, NaN as null, times in ISO UTC; curves rebased to 100 and thinned."""
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "runs": [
            {"label": label, "id": run.run_id, "title": run.title, "mode": run.mode}
            for label, run in zip(c.labels, c.runs, strict=True)
        ],
        "cautions": [{"key": x.key, "level": x.level, "title": x.title, "text": x.text} for x in c.cautions],
        "metrics": [
            {
                **{
                    k: v for k, v in metric_row(_first(row)).items() if k in ("key", "group", "name", "unit", "formula")
                },
                "values": [None if m is None else metric_row(m)["value"] for m in row],
            }
            for row in c.metrics.values()
        ],
        "differences": [{"name": f.name, "values": list(f.values)} for f in c.facts if f.differs],
        "same": [{"name": f.name, "value": f.values[0]} for f in c.facts if not f.differs],
        "curves": [_curve_document(label, run) for label, run in zip(c.labels, c.runs, strict=True)],
    }


def comparison_json(c: Comparison, *, indent: int = 2) -> bytes:
    """UTF-8 JSON of ``comparison_document``, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(comparison_document(c)), indent=indent) + b"\n"


def comparison_html(c: Comparison, *, theme: str = "auto") -> str:
    """One self-contained page with the equity curves overlaid. Raises ConfigError without jinja2."""
    curves = []
    for label, run in zip(c.labels, c.runs, strict=True):
        values, rows = _rebased(run)
        curves.append({"name": label, "t": pack_times(run.equity.ts[rows]), "v": pack(values[rows], 4)})
    daily = all(is_daily(run.timeframe) for run in c.runs)
    return render(
        "compare.html.j2",
        theme=theme,
        payload={"daily": daily, "runs": curves},
        comparison=c,
        runs=list(zip(c.labels, c.runs, strict=True)),
        periods=[_period(run) for run in c.runs],
        metrics=metrics_table(c),
        differences=facts_table(c, differs=True),
        same=facts_table(c, differs=False),
        has_curve=any(len(run.equity.ts) for run in c.runs),
    )


def print_comparison(c: Comparison, console: Console) -> None:
    """Metrics side by side, then the differences."""
    for label, run in zip(c.labels, c.runs, strict=True):
        console.print(Text(clean(f"{label}: {run.title}, {_period(run)}")))
    for caution in c.cautions:
        console.print(Text(clean(f"! {caution.title}. {caution.text}"), style="yellow"))
    console.print()
    for table in (metrics_table(c), facts_table(c, differs=True)):
        if table.rows:
            print_table(table, console)
    same = [fact.name for fact in c.facts if not fact.differs]
    if same:
        console.print(Text(clean(f"Same in all: {', '.join(same)}")))


def metrics_table(c: Comparison) -> Table:
    """Metrics down, runs across."""
    rows = []
    for row in c.metrics.values():
        first = _first(row)
        cells = tuple(metric_cell(metric, run) for metric, run in zip(row, c.runs, strict=True))
        rows.append((Cell(text=first.name, tip=first.formula), *cells))
    columns = (Column(name="Metric"), *(Column(name=label, numeric=True) for label in c.labels))
    return Table(name="comparison-metrics", title="Metrics", columns=columns, rows=tuple(rows))


def facts_table(c: Comparison, *, differs: bool) -> Table:
    """Settings that differ, run by run, or those that are the same, once."""
    chosen = [fact for fact in c.facts if fact.differs is differs]
    names = c.labels if differs else ("All runs",)
    rows = tuple(
        (Cell(text=f.name), *(Cell(text=value or DASH, mono=True) for value in f.values[: len(names)])) for f in chosen
    )
    return Table(
        name="differences" if differs else "same",
        title="What differs" if differs else "What is the same",
        columns=(Column(name="Setting"), *(Column(name=name, wide=True) for name in names)),
        rows=rows,
        empty="The runs have the same settings, data and kernels." if differs else "Nothing.",
    )


def _first(row: tuple[Metric | None, ...]) -> Metric:
    return next(m for m in row if m is not None)


def _labels(runs: Sequence[ReportData]) -> tuple[str, ...]:
    """Run ids, numbered where they repeat."""
    ids = [run.run_id for run in runs]
    return tuple(i if ids.count(i) == 1 else f"{i} #{ids[:k].count(i) + 1}" for k, i in enumerate(ids))


def _period(run: ReportData) -> str:
    daily = is_daily(run.timeframe)
    return f"{date_text(run.start_ns, daily=daily)} to {date_text(run.end_ns, daily=daily)}"


def _facts(runs: Sequence[ReportData]) -> tuple[Fact, ...]:
    settings = [_settings(run) for run in runs]
    names = list(dict.fromkeys(name for each in settings for name in each))
    return tuple(Fact(name=name, values=tuple(each.get(name, "") for each in settings)) for name in names)


def _settings(run: ReportData) -> dict[str, str]:
    m = run.manifest
    return {
        "Mode": run.mode,
        "Period": _period(run),
        "Timeframe": run.timeframe,
        "Symbols": ", ".join(s.symbol for s in run.symbols),
        "Base currency": run.base_currency,
        "Benchmark": run.benchmark.name if run.benchmark else "",
        **{f"{s.name}.{name}": str(value) for s in run.strategies for name, value in s.parameters},
        **{f"{s.name} version": s.version for s in run.strategies},
        **{f"Assumption: {a.name}": a.value for a in run.assumptions},
        "Data hash": m.data_hash,
        "Configuration hash": m.config_hash,
        "Parameter hash": m.parameter_hash,
        "Kernel hash": m.kernel_hash,
        "Machine type": m.machine,
        "Seed": "" if m.seed is None else str(m.seed),
        **{f"{name} version": value for name, value in m.versions},
        "Parameter sets tried": f"{run.sets_tried:,}",
    }


def _rebased(run: ReportData) -> tuple[Any, Any]:
    """Equity from 100, and the rows to draw."""
    values = rebase(np.asarray(run.equity.equity, dtype=np.float64), 100.0)
    return values, kept_rows([values], len(values))


def _curve_document(label: str, run: ReportData) -> dict[str, Any]:
    values, _ = _rebased(run)
    rows = kept_rows([values], len(values), limit=MAX_CURVE_POINTS, buckets=MAX_CURVE_POINTS // 4)
    return {
        "label": label,
        "rows": len(values),
        "kept": len(rows),
        "time": [iso(int(t)) for t in run.equity.ts[rows]],
        "equity_from_100": [num(v) for v in values[rows]],
    }
