"""The report's tables as values: title, columns, cells with text and number. Page and terminal print the same ones."""

from __future__ import annotations

import math
from collections.abc import Iterable

from consilience.research.report.aggregate import Group
from consilience.research.report.analysis import Analysis
from consilience.research.report.data import Metric, Record, ReportData, find_metric
from consilience.research.report.text import DASH, date_text, is_daily, metric_text, number, percent


class Column(Record, frozen=True, kw_only=True, eq=False):
    """Heading of one column. wide: free text that may wrap. key: the column matters on a narrow terminal."""

    name: str
    numeric: bool = False
    tip: str = ""
    wide: bool = False
    key: bool = True


class Cell(Record, frozen=True, kw_only=True, eq=False):
    """One value. value: what it sorts by when it is a number, None for text. tone: 'pos', 'neg' or ''."""

    text: str
    value: float | None = None
    tone: str = ""
    tip: str = ""
    flag: str = ""
    mono: bool = False


class Table(Record, frozen=True, kw_only=True, eq=False):
    """One table. name: stable id. empty: what to say when there is no row."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = "Nothing to show."


GROUP_TITLES = {
    "symbol": "By symbol",
    "strategy": "By strategy",
    "entry_reason": "By entry reason",
    "exit_reason": "By exit reason",
}

_NAN_GROUP = {
    "win_rate": "no closed trade",
    "pnl_share": "the total is zero",
    "profit_factor": "no losing trade",
    "mean_win": "no winning trade",
    "mean_loss": "no losing trade",
}


def number_cell(value: float, text: str, *, tone: bool = False, why: str = "") -> Cell:
    """A numeric cell; ``tone`` colours it by sign, ``why`` explains a dash."""
    known = math.isfinite(value)
    colour = ("pos" if value > 0 else "neg" if value < 0 else "") if tone and known else ""
    return Cell(text=text, value=value if known else math.nan, tone=colour, tip="" if known else (why or "not defined"))


def metric_cell(metric: Metric | None, data: ReportData) -> Cell:
    """A metric's cell; a dash with its reason where there is none."""
    if metric is None:
        return Cell(text=DASH, value=math.nan, tip="not supplied")
    text = metric_text(metric, data.base_currency, data.money_decimals)
    why = metric.nan_reason or "not defined for this run"
    return number_cell(metric.value, text, tone=metric.unit in ("return", "profit"), why=why)


def metric_tables(data: ReportData) -> list[Table]:
    """One table per metric group, in the run's order, the benchmark beside it where there is one."""
    groups: dict[str, list[Metric]] = {}
    for metric in data.metrics:
        groups.setdefault(metric.group, []).append(metric)
    theirs = data.benchmark.metrics if data.benchmark else ()
    tables = []
    for group, metrics in groups.items():
        compared = any(find_metric(theirs, m.key) for m in metrics)
        columns = [Column(name="Metric"), Column(name="Run", numeric=True)]
        if compared:
            columns.append(Column(name="Benchmark", numeric=True))
        rows = []
        for metric in metrics:
            row = [Cell(text=metric.name, tip=metric.formula), metric_cell(metric, data)]
            if compared:
                other = find_metric(theirs, metric.key)
                row.append(metric_cell(other, data) if other else Cell(text="", value=math.nan))
            rows.append(tuple(row))
        name = "metrics-" + "-".join(group.lower().split())
        tables.append(Table(name=name, title=group, columns=tuple(columns), rows=tuple(rows)))
    return tables


def strategy_metrics_table(data: ReportData) -> Table | None:
    """Metrics down, strategies across; None for a lone strategy, whose metrics are the run's."""
    shown = [s for s in data.strategies if s.metrics]
    if not shown or len(data.strategies) < 2:
        return None
    first: dict[str, Metric] = {}
    for strategy in shown:
        for metric in strategy.metrics:
            first.setdefault(metric.key, metric)
    rows = tuple(
        (
            Cell(text=m.name, tip=m.formula),
            *(metric_cell(find_metric(s.metrics, key), data) for s in shown),
        )
        for key, m in first.items()
    )
    columns = (Column(name="Metric"), *(Column(name=s.name, numeric=True) for s in shown))
    return Table(name="strategy-metrics", title="Metrics by strategy", columns=columns, rows=rows)


def group_table(data: ReportData, analysis: Analysis, by: str) -> Table:
    """Trades added up by symbol, strategy, entry reason or exit reason."""
    currency = data.base_currency
    columns = (
        Column(name=GROUP_TITLES[by].removeprefix("By ").capitalize(), wide=by.endswith("reason")),
        Column(name="Trades", numeric=True, tip="Closed round trips."),
        Column(name="Open", numeric=True, tip="Positions still open at the end.", key=False),
        Column(name="Win rate", numeric=True),
        Column(name=f"P&L {currency}", numeric=True, tip="Net of fees, closed trades."),
        Column(name="Open P&L", numeric=True, tip="Of open positions at the last mark.", key=False),
        Column(name="Share", numeric=True, tip="Of the closed trades' total P&L.", key=False),
        Column(name="Profit factor", numeric=True),
        Column(name="Avg P&L", numeric=True, key=False),
        Column(name="Avg return", numeric=True),
        Column(name="Avg win", numeric=True, key=False),
        Column(name="Avg loss", numeric=True, key=False),
        Column(name="Best", numeric=True, key=False),
        Column(name="Worst", numeric=True, key=False),
        Column(name="Avg bars", numeric=True, key=False),
        Column(name="Fees", numeric=True, key=False),
        Column(name="Slippage", numeric=True, key=False),
    )
    rows = tuple(_group_row(g, data.money_decimals) for g in analysis.groups[by])
    return Table(
        name=f"by-{by.replace('_', '-')}",
        title=GROUP_TITLES[by],
        columns=columns,
        rows=rows,
        empty="No trade was made.",
    )


def _group_row(g: Group, decimals: int) -> tuple[Cell, ...]:
    def money(field: str, *, signed: bool = False) -> Cell:
        value = getattr(g, field)
        return number_cell(value, number(value, decimals, signed=signed), tone=signed, why=_why(field))

    def share(field: str, places: int = 1, *, signed: bool = False) -> Cell:
        value = getattr(g, field)
        return number_cell(value, percent(value, places, signed=signed), tone=signed, why=_why(field))

    return (
        Cell(text=g.key),
        number_cell(g.trades, number(g.trades, 0)),
        number_cell(g.open_trades, number(g.open_trades, 0)),
        share("win_rate"),
        money("pnl", signed=True),
        money("open_pnl", signed=True),
        share("pnl_share"),
        number_cell(g.profit_factor, number(g.profit_factor), why=_why("profit_factor")),
        money("mean_pnl", signed=True),
        share("mean_return", 2, signed=True),
        money("mean_win"),
        money("mean_loss"),
        money("best"),
        money("worst"),
        number_cell(g.mean_bars, number(g.mean_bars, 1), why="no closed trade"),
        money("fees"),
        money("slippage"),
    )


def _why(field: str) -> str:
    return _NAN_GROUP.get(field, "no closed trade")


def drawdown_table(data: ReportData, analysis: Analysis) -> Table:
    """The worst drawdowns, numbered as in the chart."""
    daily = is_daily(data.timeframe)
    rows = []
    for k, d in enumerate(analysis.drawdowns, 1):
        recovered = date_text(d.recovered_ns, daily=daily) if d.recovered_ns else "not yet"
        rows.append(
            (
                number_cell(k, str(k)),
                number_cell(d.depth, percent(d.depth), tone=True),
                number_cell(d.money, number(d.money, data.money_decimals)),
                Cell(text=date_text(d.peak_ns, daily=daily)),
                Cell(text=date_text(d.trough_ns, daily=daily)),
                Cell(text=recovered),
                number_cell(d.days_down, number(d.days_down, 0)),
                number_cell(d.days_total, number(d.days_total, 0)),
            )
        )
    columns = (
        Column(name="#", numeric=True),
        Column(name="Depth", numeric=True),
        Column(name=data.base_currency, numeric=True, tip="From the peak to the trough."),
        Column(name="Peak"),
        Column(name="Trough"),
        Column(name="Recovered"),
        Column(name="Days down", numeric=True, tip="Calendar days from peak to trough."),
        Column(name="Days in all", numeric=True, tip="Calendar days until the peak was regained, or until the end."),
    )
    return Table(
        name="drawdowns",
        title="Worst drawdowns",
        columns=columns,
        rows=tuple(rows),
        empty="Equity never fell below an earlier value.",
    )


def rejection_table(data: ReportData) -> Table:
    """Signals and orders that were stopped, most frequent first."""
    daily = is_daily(data.timeframe)
    ranked = sorted(data.rejections, key=lambda r: (-r.count, r.gate, r.reason))
    rows = tuple(
        (
            Cell(text=r.gate),
            Cell(text=r.reason),
            number_cell(r.count, number(r.count, 0)),
            Cell(text=date_text(r.first_ns, daily=daily)),
            Cell(text=date_text(r.last_ns, daily=daily)),
            Cell(text=r.example or DASH),
        )
        for r in ranked
    )
    columns = (
        Column(name="Gate"),
        Column(name="Reason", wide=True),
        Column(name="Count", numeric=True),
        Column(name="First", key=False),
        Column(name="Last", key=False),
        Column(name="Example", wide=True, key=False),
    )
    return Table(
        name="rejections",
        title="Rejected signals",
        columns=columns,
        rows=rows,
        note="At record level events a refusal that repeats bar after bar counts once."
        if data.manifest.record_level == "events" and rows
        else "",
        empty="No signal and no order was refused, or none was recorded at this record level.",
    )


def assumption_table(data: ReportData) -> Table:
    """What the run took for granted."""
    rows = tuple(
        (Cell(text=a.name, flag="optimistic" if a.optimistic else ""), Cell(text=a.value), Cell(text=a.why or DASH))
        for a in data.assumptions
    )
    columns = (Column(name="Assumption"), Column(name="Value", wide=True), Column(name="Why", wide=True))
    return Table(
        name="assumptions",
        title="Assumptions",
        columns=columns,
        rows=rows,
        empty="The run stated no assumptions; treat every figure with suspicion.",
    )


def quality_table(data: ReportData) -> Table:
    """Data quality flags by symbol."""
    rows = tuple(
        (Cell(text=q.symbol), Cell(text=q.flag), number_cell(q.count, number(q.count, 0)), Cell(text=q.action))
        for q in data.quality
    )
    columns = (Column(name="Symbol"), Column(name="Flag"), Column(name="Count", numeric=True), Column(name="Action"))
    return Table(name="quality", title="Data quality", columns=columns, rows=rows, empty="No bar was flagged.")


def manifest_table(data: ReportData) -> Table:
    """Facts that let the run be repeated bit for bit."""
    m = data.manifest
    facts: list[tuple[str, str]] = [
        ("Run", data.run_id),
        ("Data hash", m.data_hash),
        ("Configuration hash", m.config_hash),
        ("Parameter hash", m.parameter_hash),
        ("Kernel hash", m.kernel_hash),
        *((f"Digest of {name}", value) for name, value in m.digests),
        *((f"{name} version", value) for name, value in m.versions),
        ("Machine type", m.machine),
        ("Seed", "none" if m.seed is None else str(m.seed)),
        ("Record level", m.record_level),
        ("Warm-up bars excluded", f"{m.warm_up_bars:,}"),
        ("Ledger unit", f"1e-{data.ledger_exponent} {data.base_currency}"),
        *m.extra,
    ]
    columns = (Column(name="Fact"), Column(name="Value", wide=True))
    return Table(name="manifest", title="Manifest", columns=columns, rows=fact_rows(facts))


def fact_rows(facts: Iterable[tuple[str, str]]) -> tuple[tuple[Cell, ...], ...]:
    """Two columns of texts, the second in a fixed-width face; a missing value is a dash."""
    return tuple((Cell(text=name), Cell(text=value or DASH, mono=True)) for name, value in facts)
