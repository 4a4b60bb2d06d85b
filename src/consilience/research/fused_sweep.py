"""A sweep over what decides a fused run: fields of its profile, weights of its sources, terms of its orchestrator.

Each set is a full run on the ordinary path, so it costs what a backtest costs; sets run side by side in threads.
Names: ``fusion.thresholds.buy`` and any other number, text or flag of the profile by its keys; ``weights.<source>``,
where a beginning of the source's name that fits no other will do; ``orchestrator.threshold`` and its other fields. A
weight that is set stays, and the others share what is left to 1 in their proportions.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import polars as pl

from consilience.core.errors import ConfigError, ConsilienceError, nearest
from consilience.engine.fused import Fused
from consilience.engine.settings import Settings
from consilience.engine.strategy_source import NAME
from consilience.engine.terms import OrchestratorSettings
from consilience.research.annual import count_year
from consilience.research.backtest import backtest
from consilience.research.inputs import Data, run_data
from consilience.research.result import BacktestResult
from consilience.research.sweep import Constraint, Grid, Progress, sets_of
from consilience.research.sweep_result import FIGURES, SweepResult, require_metric
from consilience.signals.catalog import SOURCES
from consilience.signals.fusion.profile import FusionProfile, SourceUse

FUSION, WEIGHTS, ORCHESTRATOR = "fusion", "weights", "orchestrator"
_NOT_SWEPT = ("name", "summary", "sources")


# many parameters: one call states a whole sweep, and each has a default
def fused_sweep(
    data: Data,
    strategy: Fused,
    grid: Grid,
    *,
    settings: Settings | None = None,
    workers: int | None = None,
    metric: str = "sharpe",
    start_ns: int | None = None,
    constraint: Constraint | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """Run ``strategy`` once for each set; arguments and result as in ``sweep``.

    Raises ConfigError for an empty grid, a name that nothing has, and a set that cannot be run, with its values.
    """
    require_metric(metric)
    terms = msgspec.structs.replace(settings or Settings(), record="none")
    sets, refused = sets_of(grid, lambda names: _require_known(names, strategy.fusion), constraint)
    made = [_made(strategy, terms, one) for one in sets]
    panel = run_data(data).panel
    count = _Count(progress, len(made))

    def work(one: tuple[Fused, Settings]) -> dict[str, Any]:
        row = figures_of(backtest(data, one[0], settings=one[1], start_ns=start_ns))
        count.add()
        return row

    threads = max(1, workers if workers is not None else len(os.sched_getaffinity(0)))
    with ThreadPoolExecutor(min(threads, len(made)), "sweep") as pool:
        rows = list(pool.map(work, made))
    columns = {name: [one[name] for one in sets] for name in sets[0]}
    figures = {name: [row[name] for row in rows] for name in FIGURES}
    return SweepResult(
        frame=pl.DataFrame({**columns, **figures}),
        parameters=tuple(sets[0]),
        metric=metric,
        refused=refused,
        periods_per_year=count_year(panel).periods,
        bars=panel.shape[0],
        symbols=panel.symbols,
        strategy=strategy.strategy_name(),
    )


def figures_of(result: BacktestResult) -> dict[str, Any]:
    """FIGURES of a finished run."""
    values, unit = result.performance.values, 10.0**result.output.exponent
    account = result.output.account[0]
    own = {name: float(int(account[key]) / unit) for name, key in _MONEY.items()}
    counts = {"fills": int((result.output.fills["side"] != 0).sum()), "trades": int(values["trades"])}
    return {name: values.get(name) for name in FIGURES} | own | counts


_MONEY = {"final_equity": "equity", "fees": "fees", "slippage": "slippage"}


def changed(profile: FusionProfile, settings: Settings, one: Mapping[str, Any]) -> tuple[FusionProfile, Settings]:
    """Profile and settings with the values of one set. Raises ConfigError for a value that cannot be."""
    told: dict[str, Any] = msgspec.to_builtins(profile)
    weights: dict[str, float] = {}
    terms: dict[str, Any] = {}
    for name, value in one.items():
        section, _, rest = name.partition(".")
        if section == WEIGHTS:
            weights[_source(rest, profile)] = _weight(name, value)
        elif section == ORCHESTRATOR:
            terms[rest] = value
        else:
            *way, last = rest.split(".")
            table = told
            for key in way:
                table = table[key]
            table[last] = value
    try:
        new = msgspec.convert(told, FusionProfile)
        stages = msgspec.convert({**msgspec.structs.asdict(settings.orchestrator), **terms}, OrchestratorSettings)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error)) from None
    new = msgspec.structs.replace(new, sources=_shared(profile.sources, weights))
    new.check((*SOURCES, NAME))
    return new, msgspec.structs.replace(settings, orchestrator=stages)


def _made(strategy: Fused, settings: Settings, one: Mapping[str, Any]) -> tuple[Fused, Settings]:
    try:
        profile, terms = changed(strategy.fusion, settings, one)
    except ConsilienceError as error:
        told = ", ".join(f"{name}={value}" for name, value in one.items())
        raise ConfigError(f"the set {told} cannot be run: {error}") from error
    members = {"members": strategy.parameters["members"]}
    return Fused(profile, **members), terms


def _weight(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= 1.0:
        raise ConfigError(f"{name}={value} is no weight; give a number from 0 to 1")
    return float(value)


def _shared(sources: Mapping[str, SourceUse], weights: Mapping[str, float]) -> dict[str, SourceUse]:
    """Sources with the weights that are given; the rest share what is left to 1."""
    if not weights:
        return dict(sources)
    left = 1.0 - sum(weights.values())
    others = sum(use.weight for name, use in sources.items() if name not in weights)
    if left < -1e-9 or (others <= 0.0 and abs(left) > 1e-9):
        raise ConfigError(f"the weights that are set sum to {1.0 - left:g}; the others have no room, or cannot fill it")
    scale = max(left, 0.0) / others if others > 0.0 else 0.0
    return {
        name: msgspec.structs.replace(use, weight=weights.get(name, use.weight * scale))
        for name, use in sources.items()
    }


def _source(name: str, profile: FusionProfile) -> str:
    if name in profile.sources:
        return name
    fits = [one for one in profile.sources if name and one.startswith(name)]
    return fits[0] if len(fits) == 1 else ""


def known_names(profile: FusionProfile) -> tuple[str, ...]:
    """Every name that a sweep of this profile may vary."""
    told = {key: value for key, value in msgspec.to_builtins(profile).items() if key not in _NOT_SWEPT}
    terms = msgspec.to_builtins(OrchestratorSettings())
    return (
        *_leaves(told, FUSION),
        *(f"{WEIGHTS}.{name}" for name in profile.sources),
        *_leaves({key: value for key, value in terms.items() if not isinstance(value, list)}, ORCHESTRATOR),
    )


def _leaves(table: Mapping[str, Any], place: str) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{place}.{key}")
        else:
            yield f"{place}.{key}"


def _require_known(names: Sequence[str], profile: FusionProfile) -> None:
    known = known_names(profile)
    taken: dict[str, str] = {}
    for name in names:
        section, _, rest = name.partition(".")
        place = name
        if section == WEIGHTS and _source(rest, profile):
            place = f"{WEIGHTS}.{_source(rest, profile)}"
        if place not in known:
            endings = [one for one in known if one.rpartition(".")[2] == name.rpartition(".")[2]]
            near = endings[0] if endings else nearest(name, known)
            hint = f"did you mean '{near}'?" if near else f"known: {', '.join(known[:8])}, ..."
            raise ConfigError(f"fusion {profile.name} has nothing called '{name}'; {hint}")
        if place in taken:
            raise ConfigError(f"'{taken[place]}' and '{name}' are one parameter; give it once")
        taken[place] = name


class _Count:
    """Counts the sets that are done, for the progress call."""

    def __init__(self, progress: Callable[[float], None] | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        self._lock = threading.Lock()

    def add(self) -> None:
        """One more is done."""
        with self._lock:
            self._done += 1
            if self._progress is not None:
                self._progress(self._done / self._total)
