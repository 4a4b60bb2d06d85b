"""The configuration: typed and frozen. One TOML file, then ``CONSILIENCE__SECTION__KEY``, then flags.

Unknown keys are errors with the nearest known key. Secrets are never in the file. ``config_file`` reads and merges.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator

from consilience.core.errors import ConfigError
from consilience.core.time import DAY, Timeframe, parse_time
from consilience.engine.terms import OrchestratorSettings
from consilience.risk.exit_settings import ExitSettings
from consilience.risk.presets import risk_settings
from consilience.risk.settings import RiskSettings
from consilience.risk.sizing_settings import SizingSettings

if TYPE_CHECKING:
    from consilience.engine.settings import Settings
    from consilience.universe.profile import Profile

VERSION = 1
DEMO = "demo"
CATALOGUE = "catalogue"


def _as_list(value: Any) -> Any:
    """``AAPL,MSFT`` as a list, for flags and the environment."""
    return [part for part in re.split(r"[,\s]+", value) if part] if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    """A TOML date as its text."""
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _checked_time(value: Any) -> Any:
    return _checked(value, parse_time)


def _checked_timeframe(value: Any) -> Any:
    return _checked(value, Timeframe.parse)


def _checked(value: Any, parse: Callable[[str], object]) -> Any:
    """``value`` itself when ``parse`` takes it; pydantic wants its problem as a ValueError."""
    if isinstance(value, str) and value:
        try:
            parse(value)
        except ConfigError as error:
            raise ValueError(str(error)) from None
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
When = Annotated[str, BeforeValidator(_checked_time), BeforeValidator(_as_text)]
Length = Annotated[str, BeforeValidator(_checked_timeframe)]


class Section(BaseModel):
    """Base of all sections: frozen, and no key is allowed that is not listed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataConfig(Section):
    """Which bars.

    source: ``demo`` (five US stocks, 2000 to 2013, inside the package), ``catalogue`` (what ``consilience data import``
    stored) or the path of a CSV or Parquet file. folder: where the catalogue is.
    symbols: which ones; empty for all. timeframe: bar length; empty for the data's own.
    start, end: first and last day (both whole) or moments in UTC; empty for all there is.
    stamp, tz, columns, session, kind, currency: how to read a file, as in ``consilience data import``; an empty
    session is the usual one of the kind, an empty kind equity, or crypto_spot where a file has bars of whole weekends.
    facts: CSV or Parquet file of what was known of the symbols when (market capitalisation, status, delistings...).
    quotes: files of recorded quotes whose order flow stands beside the bars (series flow.ofi and the like).
    signals: CSV or Parquet files of external opinions or series of numbers, each ``FILE`` or ``NAME=FILE``.
    signal_delay: an opinion that was known later than this after it happened is refused; empty for no limit.
    models: fitted models whose parameters are walked over the bars, each fit on its past only: regime_hmm, regime_gmm,
    of longer bars than the run's regime_hmm@1d; a fusion profile that asks for one adds it. refit_bars: bars of the
    model from one fit to the next.
    on_bad_row: error or drop. quality: what to do about a quality flag, such as ``{outlier = "drop"}``.
    """

    source: str = DEMO
    folder: str = "data"
    symbols: Names = ()
    timeframe: Length = ""
    start: When = ""
    end: When = ""
    stamp: str = Field(default="", pattern="^(open|close)?$")
    tz: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    session: str = ""
    kind: str = Field(default="", pattern="^(equity|crypto_spot|crypto_perpetual|future|fx_pair|option|index)?$")
    currency: str = "USD"
    facts: str = ""
    signals: Names = ()
    quotes: Names = ()
    signal_delay: Length = "3d"
    models: Names = ()
    refit_bars: int = Field(default=60, ge=1, le=100_000)
    on_bad_row: str = Field(default="error", pattern="^(error|drop)$")
    quality: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_order(self) -> DataConfig:
        start, end = self.start_ns, self.end_ns
        if start is not None and end is not None and start >= end:
            raise ValueError(f"start {self.start} lies after end {self.end}; swap the two dates")
        return self

    @property
    def start_ns(self) -> int | None:
        """Bars close after this moment; None where no start is given."""
        return parse_time(self.start) if self.start else None

    @property
    def end_ns(self) -> int | None:
        """Bars close at or before this moment: the midnight after ``end`` when that is a day."""
        if not self.end:
            return None
        moment = parse_time(self.end)
        return moment + DAY if is_day(self.end) else moment


class AccountConfig(Section):
    """Money and limits. fraction: share of equity of one entry. max_position, max_gross: x equity, 0 for no limit.

    resume_after: bars after which a halt is taken to have been resumed by the person who looks at it; 0 for never.
    capital: slices of equity by strategy, such as ``{macd_cross = 0.3}``; strategies without one share the rest.
    """

    cash: float = Field(default=100_000.0, gt=0, le=1e12)
    base_currency: str = Field(default="USD", pattern="^[A-Z]{3,5}$")
    fraction: float = Field(default=0.1, gt=0, le=100)
    leverage: float = Field(default=1.0, ge=0.01, le=1000)
    max_position: float = Field(default=0.0, ge=0, le=1000)
    max_gross: float = Field(default=0.0, ge=0, le=1000)
    allow_short: bool = True
    shrink_on_shortage: bool = True
    resume_after: int = Field(default=0, ge=0, le=1_000_000)
    capital: dict[str, float] = Field(default_factory=dict)


class ExecutionConfig(Section):
    """How the market treats orders; defaults are pessimistic. participation: largest share of a bar's volume."""

    fee: str = "percent"
    fee_parameters: dict[str, float] = Field(default_factory=dict)
    slippage: str = "spread"
    slippage_parameters: dict[str, float] = Field(default_factory=dict)
    participation: float = Field(default=0.1, ge=0, le=1)
    latency_slices: int = Field(default=0, ge=0, le=1000)
    limit_needs_through: bool = True


class StrategyConfig(Section):
    """One strategy: a ``name`` of the catalogue or of ``strategies/``, or ``path/to/file.py[:ClassName]``."""

    name: str = Field(min_length=1)
    parameters: dict[str, bool | int | float | str] = Field(default_factory=dict)


class UniverseConfig(Section):
    """Which symbols may be entered. preset: ``all``, ``crypto`` or ``equity``; the other keys change it.

    filters: parameters by filter, ``true`` for its defaults, ``false`` to drop it. missing: exclude or pass a symbol
    whose data a filter lacks. top: how many are selected, 0 for all that pass. on_exit, on_rename: keep or close the
    position. An empty text or -1 leaves the preset's value.
    """

    preset: str = "all"
    filters: dict[str, bool | dict[str, float]] = Field(default_factory=dict)
    missing: str = Field(default="", pattern="^(exclude|pass)?$")
    top: int = Field(default=-1, ge=-1)
    max_correlation: float = Field(default=-1.0, ge=-1, le=1)
    correlation_bars: int = Field(default=-1, ge=-1)
    decay_minutes: float = Field(default=-1.0, ge=-1)
    regime: str = Field(default="", pattern="^(auto|default|trending|ranging|volatile)?$")
    side: str = Field(default="", pattern="^(both|long|short)?$")
    on_exit: str = Field(default="", pattern="^(keep|close)?$")
    on_rename: str = Field(default="", pattern="^(keep|close)?$")


class FusionConfig(Section):
    """Many sources, one decision. profile: name of a ready profile, or a TOML file of one; empty for no fusion.

    members: strategies that the source ``strategies`` hears, such as ``macd_cross(fast=5), gap``.
    """

    profile: str = ""
    members: str = ""


def _section_of(settings: type[msgspec.Struct]) -> Any:
    """A section with the fields of a settings struct, so that no default is written twice."""
    fields: dict[str, Any] = {}
    for one in msgspec.structs.fields(settings):
        factory = one.default_factory
        default = one.default if factory is msgspec.NODEFAULT else Field(default_factory=factory)
        fields[one.name] = (one.type, default)
    made = create_model(f"{settings.__name__}Section", __base__=Section, **fields)
    made.__doc__ = settings.__doc__
    return made


OrchestratorConfig = _section_of(OrchestratorSettings)
RiskConfig = _section_of(RiskSettings)
SizingConfig = _section_of(SizingSettings)
ExitConfig = _section_of(ExitSettings)


class ReportConfig(Section):
    """What a report says. benchmark: ``buy_and_hold`` (all symbols in equal parts) or one symbol."""

    title: str = ""
    benchmark: str = "buy_and_hold"
    risk_free: float = Field(default=0.0, ge=-1, le=1)


class RecordConfig(Section):
    """What is kept. level: none, events (decisions of note) or full. folder: where runs go."""

    level: str = Field(default="events", pattern="^(none|events|full)$")
    folder: str = "runs"


class PaperConfig(Section):
    """A paper session that keeps its state. state: folder of its journal, none without. speed: how much faster than
    recorded bars pass, as text: 1, 60, any number above 0, or max."""

    state: str = ""
    speed: str = "max"


class Config(Section):
    """Everything a run needs; ``seed`` is the only source of chance."""

    config_version: int = VERSION
    seed: int = Field(default=0, ge=0)
    data: DataConfig = DataConfig()
    account: AccountConfig = AccountConfig()
    execution: ExecutionConfig = ExecutionConfig()
    universe: UniverseConfig = UniverseConfig()
    strategies: tuple[StrategyConfig, ...] = ()
    fusion: FusionConfig = FusionConfig()
    orchestrator: OrchestratorConfig = OrchestratorConfig()  # type: ignore[valid-type]  # made from its settings
    risk: RiskConfig = RiskConfig()  # type: ignore[valid-type]
    sizing: SizingConfig = SizingConfig()  # type: ignore[valid-type]
    exits: ExitConfig = ExitConfig()  # type: ignore[valid-type]
    report: ReportConfig = ReportConfig()
    record: RecordConfig = RecordConfig()
    paper: PaperConfig = PaperConfig()


def is_day(text: str) -> bool:
    """Whether a time text is a whole day: ``2012-06-30`` or ``20120630``."""
    return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", text.strip()))


def to_profile(config: UniverseConfig) -> Profile:
    """The universe of a configuration. Raises NotFound for an unknown preset, filter or parameter."""
    from consilience.universe.catalog import make_profile

    given = config.model_dump(exclude={"preset"})
    return make_profile(config.preset, {name: value for name, value in given.items() if value not in ("", -1)})


def of_profile(profile: Profile) -> UniverseConfig:
    """The configuration that ``to_profile`` turns into ``profile``."""
    from consilience.universe.presets import PRESETS

    preset = profile.name if profile.name in PRESETS else "all"
    fields = {name: getattr(profile, name) for name in UniverseConfig.model_fields if name not in ("preset", "filters")}
    filters = {**dict.fromkeys(PRESETS[preset].filters, False), **profile.filters}
    return UniverseConfig.model_validate({**fields, "preset": preset, "filters": filters})


def given_fields(section: Any) -> dict[str, Any]:
    """Fields of a section that were given, not left to their defaults."""
    return {name: getattr(section, name) for name in section.model_fields_set}


def _plain(section: Section) -> dict[str, Any]:
    """A section's fields as they stand."""
    return {name: getattr(section, name) for name in type(section).model_fields}


def orchestrator_settings(config: Config) -> OrchestratorSettings:
    """The section ``[orchestrator]``."""
    return OrchestratorSettings(**_plain(config.orchestrator))


def to_risk(config: Config) -> RiskSettings:
    """The section ``[risk]``, its preset filled in."""
    return risk_settings(given_fields(config.risk))


def sizing_settings(config: Config) -> SizingSettings | None:
    """The section ``[sizing]``, None where it was not given."""
    return SizingSettings(**_plain(config.sizing)) if given_fields(config.sizing) else None


def exit_settings(config: Config) -> ExitSettings:
    """The section ``[exits]``."""
    return ExitSettings(**_plain(config.exits))


def to_settings(config: Config) -> Settings:
    """The engine's settings of a configuration."""
    from consilience.engine.settings import Physics, Settings

    return Settings(
        cash=config.account.cash,
        fraction=config.account.fraction,
        leverage=config.account.leverage,
        max_position=config.account.max_position,
        max_gross=config.account.max_gross,
        allow_short=config.account.allow_short,
        shrink_on_shortage=config.account.shrink_on_shortage,
        capital=dict(config.account.capital),
        record=config.record.level,
        universe=to_profile(config.universe),
        orchestrator=orchestrator_settings(config),
        risk=to_risk(config),
        sizing=sizing_settings(config),
        exits=exit_settings(config),
        resume_after=config.account.resume_after,
        physics=Physics(**config.execution.model_dump()),
    )
