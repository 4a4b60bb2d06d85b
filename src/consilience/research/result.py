"""BacktestResult: everything a finished run tells, computed when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar

import numpy as np

from consilience.core.errors import ConfigError
from consilience.core.panel import Floats, Ints, Panel, Records
from consilience.core.refits import Refit
from consilience.engine.capital import capital_shares
from consilience.engine.failures import Failure
from consilience.engine.output import RunOutput
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.features.blocked import Pool
from consilience.market.quality import QualityReport
from consilience.portfolio.books import Verification, book_terms, verify
from consilience.portfolio.metrics import Activity, Performance, performance, traded_value
from consilience.portfolio.trades import Trades, round_trips
from consilience.research.annual import YearCount, common_sessions, count_year
from consilience.research.attribution import StrategyCurve, strategy_curves
from consilience.research.benchmark import Levels, benchmark_levels, require_benchmark
from consilience.research.inputs import (
    Data,
    RunData,
    Strategies,
    first_judged_row,
    labels_of,
    run_data,
    strategy_list,
)
from consilience.strategies.base import CallbackStrategy, Strategy

if TYPE_CHECKING:
    import polars as pl

    from consilience.research.manifest import Manifest
    from consilience.research.report.data import ReportData


SomeSession = TypeVar("SomeSession", bound=Session)


class Asked(TypedDict, total=False):
    """What may be asked of a run, the same of ``backtest`` and ``paper``; ``Terms`` has the defaults.

    settings: account, costs, limits, recording. Decisions and performance start at the first bar that closes after
    ``start_ns`` and has ``warm_up`` bars before it (None: what the strategies' features need).
    benchmark: a symbol of the panel (buy and hold), a level for each bar, or None for the panel's symbols in equal
    parts. risk_free: yearly rate. seed: noted in the manifest; the engine draws no random numbers. title: heading of
    the report. periods_per_year: None counts it from the panel. created_ns: time of the run for its id, 0 leaves it
    out. source: where the data came from, in the caller's words, for ``replay``.
    """

    settings: Settings
    start_ns: int | None
    warm_up: int | None
    benchmark: str | Floats | None
    risk_free: float
    seed: int
    title: str
    periods_per_year: float | None
    created_ns: int
    source: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a run was asked for (``Asked``). mode: backtest or paper."""

    mode: str
    settings: Settings = field(default_factory=Settings)
    start_ns: int | None = None
    warm_up: int | None = None
    benchmark: str | Floats | None = None
    risk_free: float = 0.0
    seed: int = 0
    title: str = ""
    periods_per_year: float | None = None
    created_ns: int = 0
    source: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A run before it starts: its terms with everything that was worked out from the data."""

    terms: Terms
    data: RunData
    labels: tuple[str, ...]
    first_row: int
    year: YearCount

    @cached_property
    def benchmark(self) -> Levels:
        """What the run is measured against."""
        return benchmark_levels(self.data.panel, self.terms.benchmark, self.first_row)


def prepare(data: Data, strategies: Strategies, terms: Terms, pool: Pool | None = None) -> tuple[Prepared, Session]:
    """``prepare_as`` for the plain session."""
    return prepare_as(Session, data, strategies, terms, pool)


def prepare_as(
    kind: type[SomeSession], data: Data, strategies: Strategies, terms: Terms, pool: Pool | None = None
) -> tuple[Prepared, SomeSession]:
    """Check what can be checked before the run, and make its session, of ``kind``. Raises ConfigError or DataError.

    pool: threads that the features of many symbols are computed in.
    """
    parts, chosen = run_data(data), strategy_list(strategies)
    require_benchmark(parts.panel, terms.benchmark)
    if not terms.risk_free > -1.0:
        raise ConfigError(f"risk_free={terms.risk_free} must be a yearly fraction above -1, like 0.03")
    year = count_year(parts.panel)
    if terms.periods_per_year is not None:
        if not terms.periods_per_year > 0.0:
            raise ConfigError(f"periods_per_year={terms.periods_per_year} must be positive; 252 for daily shares")
        year = YearCount(terms.periods_per_year, year.sessions, "given")
    session = kind(parts.panel, chosen, terms.settings, pool=pool)
    warm_up = session.maker.warm_up() if terms.warm_up is None else terms.warm_up
    first = first_judged_row(parts.panel, terms.start_ns, warm_up)
    session.book.config["first_decision"] = first
    prepared = Prepared(terms=terms, data=parts, labels=labels_of(chosen), first_row=first, year=year)
    return prepared, session


def finish(prepared: Prepared, session: Session) -> BacktestResult:
    """The result of a session that has run to its end. Raises ReportBug when its books do not balance."""
    output, panel = session.output(), prepared.data.panel
    # a session that was stepped counts the actions of its last slice only; at the end all are done
    account = output.account.copy()
    account["actions"] = len(panel.actions)
    proof = verify(output.fills, panel.actions, book_terms(panel, output.cash_start), account, output.lanes)
    risk = None if session.desk is None else session.desk.risk.copy()
    return BacktestResult(prepared, session.strategies, output, proof, _reasons(session), tuple(session.failures), risk)


def _reasons(session: Session) -> tuple[str, ...]:
    """What each strategy says of its entries, in words: in its Entry, or in the terms of its callbacks."""
    found = []
    for strategy, entry in zip(session.strategies, session.graph.entries, strict=True):
        terms = strategy.terms if entry is None and isinstance(strategy, CallbackStrategy) else entry
        found.append("" if terms is None else terms.reason)
    return tuple(found)


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """A finished run whose books were proved. Frames hold UTC times, prices and quantities as people read them."""

    prepared: Prepared
    strategies: tuple[Strategy, ...]
    output: RunOutput
    proof: Verification
    entry_reasons: tuple[str, ...]  # in words, by strategy; empty where the strategy gives none
    failures: tuple[Failure, ...] = ()  # strategies that raised and were set aside, in the order it happened
    risk: Records | None = None  # RISK_DTYPE [1] at the end; None without the full rules and without fusion

    # ---- what it was ---------------------------------------------------------------------------------------------
    @property
    def panel(self) -> Panel:
        """The data that was run; rows count from 0."""
        return self.prepared.data.panel

    @property
    def session_open(self) -> Ints | None:
        """Open of each cell's session, int64 [T, S], where the data told it."""
        return self.prepared.data.session_open

    @property
    def quality(self) -> QualityReport | None:
        """What the quality gate found, where the data came through it."""
        return self.prepared.data.quality

    @property
    def refits(self) -> tuple[Refit, ...]:
        """Refits of the fitted models that it read, those that did not serve too; none where it read none."""
        return () if self.quality is None else self.quality.refits

    @property
    def settings(self) -> Settings:
        """Account, costs, limits, recording."""
        return self.prepared.terms.settings

    @property
    def labels(self) -> tuple[str, ...]:
        """Strategy names, distinct, in order."""
        return self.prepared.labels

    @property
    def first_row(self) -> int:
        """First row that could decide; performance counts from its equity."""
        return self.prepared.first_row

    @property
    def benchmark_name(self) -> str:
        """Name of the benchmark."""
        return self.prepared.benchmark.name

    @property
    def benchmark_levels(self) -> Floats:
        """float64 [T] levels of the benchmark, NaN where unknown."""
        return self.prepared.benchmark.values

    @property
    def periods_per_year(self) -> float:
        """Bars in a year."""
        return self.prepared.year.periods

    @property
    def run_id(self) -> str:
        """Name of the run's folder."""
        return self.manifest.run_id

    # ---- what it made --------------------------------------------------------------------------------------------
    @cached_property
    def equity_curve(self) -> Floats:
        """float64 [T] equity after each slice, base currency."""
        return self._money(0)

    @cached_property
    def cash_curve(self) -> Floats:
        """float64 [T] cash after each slice, base currency."""
        return self._money(1)

    @cached_property
    def gross_curve(self) -> Floats:
        """float64 [T] sum of absolute position values after each slice, base currency."""
        return self._money(2)

    def _money(self, column: int) -> Floats:
        result: Floats = self.output.curves[:, column] / float(10**self.output.exponent)
        return result

    @cached_property
    def sessions(self) -> Ints | None:
        """Session of each row, int64 [T], where all symbols keep one calendar."""
        return common_sessions(self.panel)

    @cached_property
    def round_trips(self) -> Trades:
        """Round trips, open ones included."""
        return round_trips(self.output.fills, self.panel)

    @cached_property
    def performance(self) -> Performance:
        """Every metric of the account from ``first_row`` on."""
        activity = Activity(self.gross_curve, traded_value(self.output.fills, self.output.exponent), self.sessions)
        return self._judge(self.equity_curve, self.round_trips, activity)

    @cached_property
    def strategy_curves(self) -> list[StrategyCurve]:
        """Profit and gross exposure of each strategy over time."""
        return strategy_curves(self.output.fills, self.panel, len(self.labels), self.output.exponent)

    @cached_property
    def by_strategy(self) -> dict[str, Performance]:
        """Metrics of each strategy by name: start cash, or its slice of it, plus the profit of its own positions."""
        if len(self.labels) == 1:
            return {self.labels[0]: self.performance}
        symbols, fills = len(self.panel.symbols), self.output.fills
        start = self.output.cash_start / float(10**self.output.exponent)
        shares = capital_shares(self.settings, self.labels)
        result = {}
        for k, (label, curve) in enumerate(zip(self.labels, self.strategy_curves, strict=True)):
            records = self.round_trips.records
            trades = replace(self.round_trips, records=records[records["lane"] // symbols == k])
            traded = traded_value(fills[fills["lane"] // symbols == k], self.output.exponent)
            activity = Activity(curve.gross, traded, self.sessions)
            result[label] = self._judge(start * shares[k] + curve.profit, trades, activity)
        return result

    @cached_property
    def benchmark_performance(self) -> Performance:
        """Metrics of the benchmark over the judged bars, from the run's start cash; NaN throughout if it has a gap."""
        values = self.benchmark_levels[self.first_row :]
        known = np.isfinite(values)
        first = int(known.argmax()) if known.any() else len(values)
        rows = slice(self.first_row + first, None)
        levels = self.benchmark_levels[rows]
        if not np.isfinite(levels).all():
            levels = levels[:0]
        if len(levels) and levels[0] > 0.0:
            levels = levels * (self.equity_curve[self.first_row] / levels[0])
        ts = self.panel.ts[rows][: len(levels)]
        sessions = None if self.sessions is None else self.sessions[rows][: len(levels)]
        return performance(
            levels, ts, periods_per_year=self.periods_per_year, risk_free=self.prepared.terms.risk_free,
            activity=Activity(sessions=sessions),
        )  # fmt: skip

    def _judge(self, equity: Floats, trades: Trades, activity: Activity) -> Performance:
        return performance(
            equity, self.panel.ts, periods_per_year=self.periods_per_year, trades=trades,
            benchmark=self.benchmark_levels, risk_free=self.prepared.terms.risk_free, activity=activity,
            warm_up_rows=self.first_row,
        )  # fmt: skip

    # ---- frames --------------------------------------------------------------------------------------------------
    @cached_property
    def trades(self) -> pl.DataFrame:
        """Round trips."""
        from consilience.research import frames

        return frames.trades_frame(self)

    @cached_property
    def equity(self) -> pl.DataFrame:
        """The account after each bar, warm-up included and marked."""
        from consilience.research import frames

        return frames.equity_frame(self)

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Every order with its end."""
        from consilience.research import frames

        return frames.orders_frame(self)

    @cached_property
    def fills(self) -> pl.DataFrame:
        """Every fill, dividend and split."""
        from consilience.research import frames

        return frames.fills_frame(self)

    @cached_property
    def decisions(self) -> pl.DataFrame:
        """Decision records, as many as ``settings.record`` keeps."""
        from consilience.research import frames

        return frames.decisions_frame(self)

    @cached_property
    def contributions(self) -> pl.DataFrame:
        """What each source added to each recorded decision of fused strategies; empty without one."""
        from consilience.research.fused_frames import contributions_frame

        return contributions_frame(self)

    @cached_property
    def positions(self) -> pl.DataFrame:
        """Positions that are open at the end."""
        from consilience.research import frames

        return frames.positions_frame(self)

    # ---- to show and to keep -------------------------------------------------------------------------------------
    @cached_property
    def manifest(self) -> Manifest:
        """What is needed to run it again and get the same bits."""
        from consilience.research.manifest import manifest_of

        return manifest_of(self)

    def report_data(self) -> ReportData:
        """The run as the report shows it."""
        return self._report_data

    @cached_property
    def _report_data(self) -> ReportData:
        from consilience.research.reporting import report_data

        return report_data(self)

    def summary(self, width: int = 100) -> str:
        """The report as plain text."""
        from consilience.research.report.console import to_text

        return to_text(self.report_data(), width=width)

    def to_html(self, path: str | Path | None = None) -> str:
        """The report as one HTML page; written to ``path`` too when it is given. Needs jinja2."""
        from consilience.research.report.html import to_html

        text = to_html(self.report_data())
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def to_json(self) -> bytes:
        """The report as one JSON document."""
        from consilience.research.report.as_json import to_json

        return to_json(self.report_data())

    def save(self, root: str | Path) -> Path:
        """Keep the run under ``root`` (``runs/<mode>/<id>``) and return its folder: whole or not at all."""
        from consilience.research.runs import RunStore

        return RunStore(root).save(self)
