"""What a report is made from: plain values and arrays, filled from any run (backtest, paper, best of a sweep).

Times are int64 UTC nanoseconds, bars stamped at their close. Money is in the base currency as floats: the ledger
stays exact elsewhere, a report only shows it. A NaN means "not defined", and shows as a dash with its reason.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.core.errors import DataError
from consilience.research.report.record import Record as Record
from consilience.research.report.survey_data import (
    PastSignal,
    Period,
    RankRow,
    Reach,
    Reliability,
    SignalQuality,
    SourceQuality,
)

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

# How a metric's value prints. return and profit carry a sign; fraction and return are of 1 and print in percent.
UNITS = ("return", "fraction", "money", "profit", "ratio", "count", "number", "bars", "days", "probability", "time")


class Metric(Record, frozen=True, kw_only=True, eq=False):
    """One figure. key: stable name, the same for run, benchmark and strategies; the portfolio room's metric table has
    the names that cards and cautions look for (``sharpe``, ``max_drawdown``, ``probabilistic_sharpe``...).

    unit: one of UNITS. formula: how it is computed, in one line. nan_reason: why the value is NaN, when it is.
    """

    key: str
    group: str
    name: str
    value: float
    unit: str
    formula: str = ""
    nan_reason: str = ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise DataError(f"metric {self.key}: unit '{self.unit}' is not one of {', '.join(UNITS)}")


class StrategyInfo(Record, frozen=True, kw_only=True, eq=False):
    """One strategy as run: ``summary`` is the first line of its docstring, ``parameters`` (name, value) in order.

    capital: its share of equity, 1 where it may use the whole account. failure: why and when it was set aside, empty
    where it ran to the end.
    """

    name: str
    version: str = ""
    summary: str = ""
    parameters: tuple[tuple[str, Any], ...] = ()
    metrics: tuple[Metric, ...] = ()
    capital: float = 1.0
    failure: str = ""


class SymbolInfo(Record, frozen=True, kw_only=True, eq=False):
    """One traded symbol and how its prices and quantities print."""

    symbol: str
    currency: str = "USD"
    price_decimals: int = 2
    quantity_decimals: int = 0


class EquityCurve(Record, frozen=True, kw_only=True, eq=False):
    """The account after each bar, warm-up excluded. gross: sum of absolute position values, in money.

    sessions: trading session of each bar, which days are counted by; UTC days when it is None.
    """

    ts: Times
    equity: Floats
    cash: Floats
    gross: Floats
    sessions: Times | None = None

    def __post_init__(self) -> None:
        _same_length("equity curve", self.ts, equity=self.equity, cash=self.cash, gross=self.gross)


class Benchmark(Record, frozen=True, kw_only=True, eq=False):
    """What the run is measured against, in any unit: the report rebases it to the run's first equity."""

    name: str
    ts: Times
    values: Floats
    metrics: tuple[Metric, ...] = ()

    def __post_init__(self) -> None:
        _same_length(f"benchmark {self.name}", self.ts, values=self.values)


class Trade(Record, frozen=True, kw_only=True, eq=False):
    """One round trip, or one position still open at the end (then exit_* hold the last mark).

    side: 'long' or 'short'. Prices are raw. pnl: net of fees. return_fraction: pnl over the entry's notional.
    slippage: cost against the fills' reference prices, >= 0, already inside pnl. mae <= 0 and mfe >= 0: worst and
    best excursion as a fraction of the entry's notional, NaN when not recorded.
    """

    strategy: str
    symbol: str
    side: str
    entry_ns: int
    exit_ns: int
    entry_price: float
    exit_price: float
    quantity: float
    pnl: float
    return_fraction: float
    fees: float = 0.0
    slippage: float = 0.0
    bars_held: int = 0
    mae: float = math.nan
    mfe: float = math.nan
    entry_reason: str = ""
    exit_reason: str = ""
    is_open: bool = False


class Candles(Record, frozen=True, kw_only=True, eq=False):
    """Bars of one symbol. factor: forward adjustment F(t) per bar when the prices are adjusted, else None (raw)."""

    symbol: str
    ts: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    factor: Floats | None = None

    def __post_init__(self) -> None:
        columns = {"open": self.open, "high": self.high, "low": self.low, "close": self.close}
        if self.factor is not None:
            columns["factor"] = self.factor
        _same_length(f"candles of {self.symbol}", self.ts, **columns)


class Rejection(Record, frozen=True, kw_only=True, eq=False):
    """Signals or orders stopped at one gate for one reason; ``example`` is one of them in words."""

    gate: str
    reason: str
    count: int
    first_ns: int
    last_ns: int
    example: str = ""


class FunnelStep(Record, frozen=True, kw_only=True, eq=False):
    """One stage of the decision pipeline and how many got through it, in pipeline order."""

    name: str
    count: int
    text: str = ""


class SourcePart(Record, frozen=True, kw_only=True, eq=False):
    """One source in one decision. value -1..1 and confidence 0..1 are NaN where it abstained."""

    source: str
    value: float
    confidence: float
    weight: float
    contribution: float


class FusedDecision(Record, frozen=True, kw_only=True, eq=False):
    """One decision worth a look. kind: latest or largest. The parts' contributions sum, in order, to the score."""

    kind: str
    symbol: str
    time_ns: int
    gate: str
    reason: str
    score: float
    confidence: float
    parts: tuple[SourcePart, ...]


class StateNote(Record, frozen=True, kw_only=True, eq=False):
    """One state of the orchestrator. slices: symbols x slices spent in it. steps: ways into it and how often each was
    taken, as far as the run recorded them (counted)."""

    state: str
    slices: int
    steps: tuple[tuple[str, int], ...] = ()
    counted: bool = True


class SourceNote(Record, frozen=True, kw_only=True, eq=False):
    """One source over the recorded decisions at which fusion spoke.

    spoke: in how many of them it did. mean_size: mean |contribution| of those. leading: where its was the largest.
    """

    source: str
    decisions: int
    spoke: int
    mean_size: float
    leading: int


class FusionNote(Record, frozen=True, kw_only=True, eq=False):
    """One fused strategy: its gates as a funnel, its orchestrator, its sources, and some of its decisions.

    horizon: bars after which a fused signal is judged. ranks: whether strength decides who trades first. calibrates:
    whether confidences are calibrated. minimum_sample: outcomes that this needs, per_symbol: of the symbol itself.
    conditions: the market, period by
    period. signals: the latest changes of class, newest first; classes: all of them, by class.
    """

    strategy: str
    profile: str
    steps: tuple[FunnelStep, ...]
    states: tuple[StateNote, ...] = ()
    sources: tuple[SourceNote, ...] = ()
    decisions: tuple[FusedDecision, ...] = ()
    horizon: int = 0
    ranks: bool = False
    calibrates: bool = False
    minimum_sample: int = 0
    per_symbol: bool = False
    quality: tuple[SourceQuality, ...] = ()
    reliability: tuple[Reliability, ...] = ()
    ranking: tuple[RankRow, ...] = ()
    conditions: tuple[Period, ...] = ()
    signals: tuple[PastSignal, ...] = ()
    classes: tuple[SignalQuality, ...] = ()
    reach: Reach | None = None


class HaltNote(Record, frozen=True, kw_only=True, eq=False):
    """One halt of trading. until_ns: when it was resumed, or raised to a higher level; 0 where it lasts at the end.

    cause: what met which limit. effect: what it forbids. bars: at whose close it held. refused: entry signals that
    it stopped, a repeated one at each bar.
    """

    since_ns: int
    until_ns: int
    raised: bool
    cause: str
    effect: str
    bars: int
    refused: int


class ViolationNote(Record, frozen=True, kw_only=True, eq=False):
    """A limit that the account was beyond after the marks, from one bar to the next within it.

    since_ns, last_ns: its first and last bar. lasts: it is the run's last. severity: 0 LOW to 3 CRITICAL, at the worst
    bar. cause: the rule in words. value, limit: at the worst bar, in ``unit``: 'money', 'count' or 'points'. action:
    what a person should do about it.
    """

    rule: str
    severity: int
    cause: str
    action: str
    since_ns: int
    last_ns: int
    lasts: bool
    bars: int
    worst_ns: int
    value: float
    limit: float
    unit: str


class Assumption(Record, frozen=True, kw_only=True, eq=False):
    """One thing the run took for granted. optimistic: True when reality may well be worse."""

    name: str
    value: str
    why: str = ""
    optimistic: bool = False


class QualityCount(Record, frozen=True, kw_only=True, eq=False):
    """How many bars or events carried one data quality flag, and what was done with them."""

    symbol: str
    flag: str
    count: int
    action: str = "kept"


class Manifest(Record, frozen=True, kw_only=True, eq=False):
    """What is needed to run it again and get the same bits. ``extra`` holds further (name, value) facts."""

    data_hash: str = ""
    config_hash: str = ""
    parameter_hash: str = ""
    kernel_hash: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    machine: str = ""
    seed: int | None = None
    digests: tuple[tuple[str, str], ...] = ()
    record_level: str = ""
    warm_up_bars: int = 0
    extra: tuple[tuple[str, str], ...] = ()


class ReportData(Record, frozen=True, kw_only=True, eq=False):
    """One run, ready to be shown.

    mode: 'backtest', 'paper' or 'sweep best'. start_ns, end_ns: close of the first and the last bar counted.
    risk_free: annual rate as a fraction. days_per_year: trading days that annualise daily returns (252 for shares,
    365 for crypto). sets_tried: parameter sets looked at before this one was chosen, 1 for none. created_ns: when
    the report was made, 0 to leave it out (no ambient clock here). funnel: of strategies that are
    not fused; fusion: of those that are.
    """

    title: str
    run_id: str
    mode: str
    timeframe: str
    base_currency: str
    ledger_exponent: int
    start_ns: int
    end_ns: int
    equity: EquityCurve
    manifest: Manifest
    strategies: tuple[StrategyInfo, ...] = ()
    symbols: tuple[SymbolInfo, ...] = ()
    benchmark: Benchmark | None = None
    risk_free: float = 0.0
    days_per_year: float = 252.0
    metrics: tuple[Metric, ...] = ()
    trades: tuple[Trade, ...] = ()
    candles: tuple[Candles, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    funnel: tuple[FunnelStep, ...] = ()
    fusion: tuple[FusionNote, ...] = ()
    halts: tuple[HaltNote, ...] = ()
    violations: tuple[ViolationNote, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    quality: tuple[QualityCount, ...] = ()
    sets_tried: int = 1
    created_ns: int = 0
    notes: tuple[str, ...] = ()

    @property
    def money_decimals(self) -> int:
        """Decimals that money prints with: cents for ordinary accounts, more for an account of a few coins."""
        first = abs(float(self.equity.equity[0])) if len(self.equity.equity) else 0.0
        return 2 if first >= 1_000.0 else min(self.ledger_exponent, 6)

    def metric(self, key: str) -> Metric | None:
        """The run's metric of that key, or None when the run did not supply it."""
        return find_metric(self.metrics, key)

    def symbol(self, name: str) -> SymbolInfo:
        """Facts of one symbol; the defaults when the run did not list it."""
        return next((s for s in self.symbols if s.symbol == name), SymbolInfo(symbol=name))


def find_metric(metrics: tuple[Metric, ...], key: str) -> Metric | None:
    """The metric of that key, or None."""
    return next((m for m in metrics if m.key == key), None)


def _same_length(what: str, ts: Times, **columns: Floats) -> None:
    for name, column in columns.items():
        if len(column) != len(ts):
            raise DataError(f"{what}: {name} has {len(column)} values for {len(ts)} times")
    if len(ts) > 1 and not bool(np.all(ts[1:] > ts[:-1])):
        raise DataError(f"{what}: times must ascend")
