"""Settings of a run: cash, costs, limits. Defaults are pessimistic; each one is stated in the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from consilience.core.codes import RecordLevel
from consilience.core.errors import ConfigError, NotFound
from consilience.core.instruments import Instrument
from consilience.core.panel import Floats, Panel, Records
from consilience.core.schemas import CONFIG_DTYPE, STRATEGY_DTYPE
from consilience.core.time import DAY, HOUR
from consilience.core.units import ledger_exponent, to_units
from consilience.engine.book import symbol_records
from consilience.engine.fused import Fused
from consilience.engine.terms import OrchestratorSettings
from consilience.execution.catalog import FEES, SLIPPAGES, find_model
from consilience.execution.physics.base import parts_per_million
from consilience.risk.exit_settings import ExitSettings
from consilience.risk.settings import RiskSettings
from consilience.risk.sizing_settings import SizingSettings
from consilience.signals.fusion.stage import Outlook
from consilience.strategies.base import CallbackStrategy, Strategy
from consilience.strategies.entry import ORDER_TYPES, TIMES_IN_FORCE, Entry
from consilience.universe.profile import Profile

POST_ONLY_FLAG = 2


class Physics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the market treats orders.

    fee, slippage: names in the execution catalogue, with their parameters. participation: largest share of a bar's
    volume that we may take, event_participation: of a quote's or print's size in event-by-event runs; 0 for no cap.
    latency_slices: whole slices between decision and venue.
    A panel without any size tells no volume, so no cap holds on it; the session goes by the panel it is made with.
    limit_needs_through: a limit order fills only when price goes beyond it, not at a touch.
    """

    fee: str = "percent"
    fee_parameters: dict[str, float] = msgspec.field(default_factory=dict)
    slippage: str = "spread"
    slippage_parameters: dict[str, float] = msgspec.field(default_factory=dict)
    participation: float = 0.1
    event_participation: float = 1.0
    latency_slices: int = 0
    limit_needs_through: bool = True


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Account, limits and recording.

    cash: starting cash in the base currency. fraction: share of equity of one entry (fixed-fraction sizer).
    capital: slices of equity by strategy label, such as {"macd_cross": 0.3} (``engine.capital``); empty: none, every
    strategy may use the whole account.
    leverage: margin may reach leverage x equity. max_position, max_gross: x equity, 0 for no limit.
    shrink_on_shortage: fill what can be paid instead of refusing the order. record: none, events or full.
    universe: which symbols may be entered in a slice. orchestrator: of fused decisions. risk: the full rule set,
    beside leverage, max_position and max_gross, which hold always. sizing: of entries that give no size; without it a
    fixed fraction. exits: stop management of positions, in runs with full decisions. resume_after: slices after which
    the person who looks at a halt is taken to have resumed trading, 0 for never: a halt then lasts to the end.
    """

    cash: float = 100_000.0
    fraction: float = 0.1
    leverage: float = 1.0
    max_position: float = 0.0
    max_gross: float = 0.0
    allow_short: bool = True
    shrink_on_shortage: bool = True
    record: str = "events"
    capital: dict[str, float] = msgspec.field(default_factory=dict)
    physics: Physics = msgspec.field(default_factory=Physics)
    universe: Profile = msgspec.field(default_factory=Profile)
    orchestrator: OrchestratorSettings = msgspec.field(default_factory=OrchestratorSettings)
    risk: RiskSettings = msgspec.field(default_factory=RiskSettings)
    sizing: SizingSettings | None = None
    exits: ExitSettings = msgspec.field(default_factory=ExitSettings)
    resume_after: int = 0

    @property
    def full_risk(self) -> bool:
        """Whether the full rules, sizers or exits are asked for."""
        return self.risk != RiskSettings() or self.sizing is not None or self.exits != ExitSettings()

    def __post_init__(self) -> None:
        if self.record not in RECORD_LEVELS:
            raise ConfigError(f"record='{self.record}' is unknown; use none, events or full")
        checks = (
            ("cash", self.cash, 0.0, 1e12),
            ("fraction", self.fraction, 0.0, 100.0),
            ("leverage", self.leverage, 0.01, 1000.0),
            ("max_position", self.max_position, 0.0, 1000.0),
            ("max_gross", self.max_gross, 0.0, 1000.0),
            ("participation", self.physics.participation, 0.0, 1.0),
            ("event_participation", self.physics.event_participation, 0.0, 1.0),
            ("resume_after", self.resume_after, 0, 1_000_000),
            ("latency_slices", self.physics.latency_slices, 0, 1000),
        )
        for name, value, low, high in checks:
            if not low <= value <= high:
                raise ConfigError(f"{name}={value} is outside {low:g}..{high:g}")


RECORD_LEVELS = {"none": RecordLevel.NONE, "events": RecordLevel.EVENTS, "full": RecordLevel.FULL}


def _ppm(value: float) -> int:
    return parts_per_million(Decimal(str(value)))


def bars_a_year(panel: Panel) -> float:
    """Bars of the panel's length in a year of its first instrument's hours; 1 where the length is not known."""
    if panel.duration_ns <= 0:
        return 1.0
    never_closes = panel.instruments[0].session == "24/7"
    days, hours = (365.25, 24.0) if never_closes else (252.0, 6.5)
    return days * (DAY if panel.duration_ns >= DAY else hours * HOUR) / panel.duration_ns


def symbol_priorities(settings: Settings, panel: Panel) -> Floats:
    """Weight of each symbol with the orchestrator, float64 [S]; -1 for one that is not on the watchlist.

    Raises NotFound for a symbol that the data does not have.
    """
    stages = settings.orchestrator
    for symbol in (*stages.priorities, *stages.watchlist):
        if symbol not in panel.symbols:
            raise NotFound.named("symbol", symbol, panel.symbols, "in [orchestrator]")
    watched = stages.watchlist or panel.symbols
    return np.array([stages.priorities.get(s, 1.0) if s in watched else -1.0 for s in panel.symbols])


def _write_stages(record: Any, strategy: Fused, settings: Settings) -> None:
    stages = settings.orchestrator
    for name in (
        "threshold", "fade", "aligned", "set_bars", "set_timeout", "go_timeout", "cooldown", "maximum_trades",
        "exit_score",
    ):  # fmt: skip
        record[name] = getattr(stages, name)
    record["blocked_zones"] = stages.blocked_zones()
    record["fused"] = 1
    record["enter_score"] = strategy.fusion.thresholds.buy


def cash_units(settings: Settings, currency: str) -> int:
    """Starting cash in ledger units of the base currency."""
    return to_units(settings.cash, ledger_exponent(currency))


def config_record(settings: Settings, panel: Panel, strategies: int) -> Records:
    """The one CONFIG_DTYPE row of a run."""
    record = np.zeros(1, CONFIG_DTYPE)
    record["strategies"] = strategies
    record["slice"] = -1
    record["leverage_ppm"] = _ppm(settings.leverage)
    record["max_position_ppm"] = _ppm(settings.max_position)
    record["max_gross_ppm"] = _ppm(settings.max_gross)
    record["shrink_on_shortage"] = int(settings.shrink_on_shortage)
    record["allow_short"] = int(settings.allow_short)
    record["record_level"] = int(RECORD_LEVELS[settings.record])
    record["has_factor"] = int(panel.factor is not None)
    record["trade_bars"] = int(not panel.is_bid_ask)
    record["events"] = int(panel.events)
    record["manages"] = int(settings.exits != ExitSettings())
    record["full_sizing"] = int(settings.sizing is not None)
    record["bars_a_year_root"] = math.sqrt(bars_a_year(panel))
    record["resume_after"] = settings.resume_after
    record["full_risk"] = int(settings.full_risk)
    record["has_universe"] = int(settings.universe.screens)
    record["close_left"] = int(settings.universe.on_exit == "close")
    record["close_renamed"] = int(settings.universe.on_rename == "close")
    return record


def venue_records(settings: Settings, panel: Panel) -> Records:
    """SYMBOL_DTYPE rows of the panel's instruments with their physics."""
    physics = settings.physics
    fee_code, fee = find_model(FEES, physics.fee)
    slip_code, slip = find_model(SLIPPAGES, physics.slippage)
    rows = symbol_records(panel)
    sized = bool(panel.bid_size.any()) or bool(panel.ask_size.any())
    participation = _ppm(physics.participation) if sized else 0
    if panel.events:
        participation = _ppm(physics.event_participation)
    for row, instrument in zip(rows, panel.instruments, strict=True):
        row["fee_model"], row["slippage_model"] = fee_code, slip_code
        row["fee_a"], row["fee_b"], row["fee_c"] = fee.integers(physics.fee_parameters, _exponent(instrument))
        row["slippage_a"] = slip.integers(physics.slippage_parameters, _exponent(instrument))[0]
        row["participation_ppm"] = participation
        row["latency_slices"] = physics.latency_slices
        row["limit_needs_through"] = int(physics.limit_needs_through)
        row["needs_range"] = int(slip.needs_range or participation > 0)
    return rows


def _exponent(instrument: Instrument) -> int:
    return instrument.cash_exponent


def strategy_record(
    strategy: Strategy, entry: Entry | None, settings: Settings, priority: int, capital: float = 1.0
) -> Any:
    """The STRATEGY_DTYPE row of one strategy; a callback strategy has no columns, so its lanes never speak.

    Its ``terms``, where it has them, hold for what it decides with ``context.decide``. capital: its slice of equity.
    """
    record = np.zeros(1, STRATEGY_DTYPE)[0]
    record["priority"] = priority
    record["fraction_ppm"] = _ppm(settings.fraction)
    record["capital_ppm"] = _ppm(capital)
    record["valid_for"] = -1
    record["speaks"] = int(entry is not None and not isinstance(strategy, Fused))
    if isinstance(strategy, Fused):
        _write_stages(record, strategy, settings)
    entry = strategy.terms if entry is None and isinstance(strategy, CallbackStrategy) else entry
    if entry is None:
        return record
    record["order_type"] = int(ORDER_TYPES[entry.order_type])
    record["time_in_force"] = int(TIMES_IN_FORCE[entry.time_in_force])
    record["order_flags"] = POST_ONLY_FLAG if entry.post_only else 0
    record["trail_percent"] = int(entry.trail_percent is not None)
    record["pyramid"] = entry.pyramid
    record["valid_for"] = entry.valid_for if entry.valid_for > 0 else -1
    for name in entry.columns():
        if name != "long":
            record[f"has_{name}"] = 1
    return record


def outlook_of(settings: Settings, symbols: Sequence[str]) -> Outlook:
    """What fusion is told of the run. Raises NotFound for a sector of a symbol that the run does not have."""
    given = settings.risk.sectors
    names = tuple(dict.fromkeys(given.values()))
    sectors = np.full(len(symbols), -1, np.int64)
    for symbol, sector in given.items():
        if symbol not in symbols:
            raise NotFound.named("symbol", symbol, symbols, "in [risk.sectors]")
        sectors[symbols.index(symbol)] = names.index(sector)
    return Outlook(settings.orchestrator.threshold, sectors, names)
