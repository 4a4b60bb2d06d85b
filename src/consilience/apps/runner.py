"""One backtest, from a prepared configuration: data loaded, history before the start kept for the warm-up."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec

from consilience.apps import wiring
from consilience.apps.clock import now_ns
from consilience.apps.config import AccountConfig, Config, DataConfig, ExecutionConfig, of_profile
from consilience.apps.prepare import Prepared
from consilience.apps.strategy_loader import find_strategy
from consilience.core.errors import ConfigError, DataError
from consilience.core.panel import Panel
from consilience.core.refits import Refit, refit_lines
from consilience.core.time import format_time
from consilience.engine.settings import Physics
from consilience.market.pipeline import BuiltPanel
from consilience.market.quality import QualityReport
from consilience.research.backtest import backtest
from consilience.research.decisions import Decision
from consilience.research.manifest import Manifest
from consilience.research.paper import paper
from consilience.research.result import Asked, BacktestResult
from consilience.research.runs import StoredRun
from consilience.strategies.base import Strategy

BUY_AND_HOLD = "buy_and_hold"


def load(config: Config, recorded: tuple[Refit, ...] | None = None) -> BuiltPanel:
    """The bars of a run up to its end, with all the history before its start: features warm up on that.

    recorded: refits to take instead of fitting. Raises DataError when no bar lies between start and end.
    """
    fitting = wiring.Fitting(config.seed, recorded)
    built = wiring.load_data(config.data.model_copy(update={"start": ""}), config.account.base_currency, fitting)
    start = config.data.start_ns
    last = int(built.panel.ts[-1])
    if start is not None and last <= start:
        until = f" up to {config.data.end}" if config.data.end else ""
        raise DataError(
            f"no bar closes after {config.data.start}: the data{until} ends at {format_time(last)}; start earlier"
        )
    return built


def run(
    prepared: Prepared,
    data: BuiltPanel | Panel | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    built: BuiltPanel | None = None,
) -> BacktestResult:
    """Backtest a prepared configuration on its own data, or on foreign ``data``.

    built: its own data where ``load`` has it already.
    """
    own = data is None or built is not None
    given = built or data or load(prepared.config)
    return backtest(given, prepared.strategies, progress=progress, **terms_of(prepared, own))


def run_paper(
    prepared: Prepared,
    built: BuiltPanel,
    on_decision: Callable[[Decision], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BacktestResult:
    """The same slice by slice, through the live step; each decision is told right after its slice."""
    return paper(built, prepared.strategies, progress=progress, on_decision=on_decision, **terms_of(prepared, True))


def terms_of(prepared: Prepared, own_data: bool) -> Asked:
    """What backtest and paper are told alike."""
    config = prepared.config
    return {
        "settings": prepared.settings,
        "start_ns": config.data.start_ns,
        "benchmark": benchmark_of(config),
        "risk_free": config.report.risk_free,
        "seed": config.seed,
        "title": config.report.title,
        "created_ns": now_ns(),
        "source": source_of(config) if own_data else {},
    }


def benchmark_of(config: Config) -> str | None:
    """The benchmark as research takes it: a symbol, or None for all in equal parts."""
    return None if config.report.benchmark == BUY_AND_HOLD else config.report.benchmark


def source_of(config: Config) -> dict[str, str]:
    """What ``load_again`` needs to load the same bars again, as texts of the run's manifest."""
    return {
        "data": json.dumps(config.data.model_dump(mode="json", exclude_defaults=True), sort_keys=True),
        "base_currency": config.account.base_currency,
        "strategies": json.dumps([one.name for one in config.strategies]),
    }


def config_of(manifest: Manifest) -> Config:
    """The configuration that makes a kept run again. Raises ConfigError where a program asked for what none can say."""
    source, settings = manifest.data_source, manifest.settings
    given = {
        "bars that it handed in": "data" not in source,
        "its own warm-up": manifest.warm_up is not None,
        "its own periods a year": manifest.periods_given,
        "its own share of quotes": settings.physics.event_participation != Physics().event_participation,
    }
    unsaid = [what for what, true in given.items() if true]
    if unsaid:
        raise ConfigError(f"{manifest.run_id} was made by a program with {', '.join(unsaid)}; run that program again")
    names = json.loads(source["strategies"])
    plain = msgspec.structs.asdict(settings)
    account = {name: plain[name] for name in AccountConfig.model_fields if name in plain}
    return Config.model_validate(
        {
            "seed": manifest.seed,
            "data": json.loads(source["data"]),
            "account": {**account, "base_currency": manifest.base_currency},
            "execution": {name: getattr(settings.physics, name) for name in ExecutionConfig.model_fields},
            "strategies": [
                {"name": name, "parameters": note.parameters}
                for name, note in zip(names, manifest.strategies, strict=True)
            ],
            "report": {
                "title": manifest.title,
                "benchmark": manifest.benchmark or BUY_AND_HOLD,
                "risk_free": manifest.risk_free,
            },
            "record": {"level": settings.record},
            "universe": of_profile(settings.universe),
            "orchestrator": msgspec.structs.asdict(settings.orchestrator),
            "risk": msgspec.structs.asdict(settings.risk) if settings.full_risk else {},
            "sizing": msgspec.structs.asdict(settings.sizing) if settings.sizing else {},
            "exits": msgspec.structs.asdict(settings.exits),
        }
    )


def load_again(run: StoredRun, *, refit: bool = False) -> BuiltPanel:
    """The bars of a kept run, with the parameters that it kept; ``refit`` fits its models again.

    Raises DataError where the bars did not come from a source we know, or the parameters were changed since.
    """
    source = run.manifest.data_source
    if "data" not in source:
        raise DataError("the run's data was handed in by a program, not loaded; run that program again")
    config = Config.model_validate(
        {
            "seed": run.manifest.seed,
            "data": DataConfig.model_validate_json(source["data"]),
            "account": {"base_currency": source.get("base_currency", "USD")},
        }
    )
    return load(config, None if refit else run.refits)


def quality_lines(report: QualityReport | None) -> list[str]:
    """What a file of no named kind was taken for, then one line for each symbol that the gate flagged rows of, for
    each external feed and for each fitted model."""
    if report is None:
        return []
    flagged = [one.line() for one in report.symbols if any(one.counts.values()) or one.dropped or one.repaired]
    kinds = dict.fromkeys(n[n.index(wiring.KIND_SIGN) :] for n in report.notes if wiring.KIND_SIGN in n)
    return [*kinds, *flagged, *(one.line() for one in report.feeds), *refit_lines(report.refits)]


def strategy_finder(manifest: Manifest) -> Callable[[str], type[Strategy]]:
    """Finds a run's strategies by their names, in the files they came from."""
    given = json.loads(manifest.data_source.get("strategies", "[]"))
    origins = {note.name: name for note, name in zip(manifest.strategies, given, strict=False)}
    return lambda name: find_strategy(origins.get(name, name))
