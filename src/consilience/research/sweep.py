"""``sweep``: one strategy with thousands of parameter sets over one panel, on all cores.

Each set runs through the engine's own compiled loop with its own account, so its fills and final equity are those of
a single run, to the integer. What sets have in common (equal expressions, the panel) is computed and held once for
each worker; nothing grows with sets x bars.
"""

from __future__ import annotations

import gc
import itertools
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypedDict

import msgspec
import numpy as np

from consilience.core.errors import ConfigError, StrategyError, nearest
from consilience.core.jit import cuda
from consilience.core.panel import Records
from consilience.engine.settings import Settings
from consilience.research.annual import count_year
from consilience.research.inputs import Data, RunData, run_data
from consilience.research.sweep_result import SweepResult, metric_columns, require_metric
from consilience.research.sweep_worker import SweepWorker
from consilience.strategies.base import CallbackStrategy, Strategy

Grid = Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]
Constraint = Callable[[dict[str, Any]], bool]
Progress = Callable[[float], None]


class SweepTerms(TypedDict):
    """What every sweep may be told, see ``sweep``."""

    settings: Settings | None
    workers: int | None
    metric: str
    start_ns: int | None
    constraint: Constraint | None
    progress: Progress | None


MOST_SETS = 5_000_000
SETS_A_GROUP = 512  # sets that share expressions; more would only need more memory


# many parameters: one call states a whole sweep, and each has a default
def sweep(
    data: Data,
    strategy: type[Strategy],
    grid: Grid,
    *,
    settings: Settings | None = None,
    workers: int | None = None,
    metric: str = "sharpe",
    start_ns: int | None = None,
    constraint: Constraint | None = None,
    progress: Progress | None = None,
    periods_per_year: float | None = None,
    device: str = "cpu",
) -> SweepResult:
    """Run ``strategy`` once for each parameter set and tabulate what came out.

    grid: values by parameter (all combinations, the last parameter fastest) or a list of sets. constraint: keeps a set
    when true. workers: threads, None for the cores at hand; the result does not depend on it. metric: what ``best``
    goes by. start_ns: as in ``backtest``: a set decides and is judged from the first bar that closes after it and has
    its warm-up behind it. progress: called with the share done, 0 to 1. periods_per_year: None counts the panel's.
    device: "cuda" computes the features of all sets on a GPU, and then one thread runs the backtests.
    Record level is ``none`` whatever ``settings`` say. Cost and limits apply to each set alone.
    Raises ConfigError for an empty grid, when the constraint refuses every set and where there is no GPU, StrategyError
    for unknown parameters, values out of range and callback strategies, DataError as ``backtest`` does.
    """
    require_metric(metric)
    _require_declarative(strategy)
    if device not in ("cpu", "cuda"):
        raise ConfigError(f"there is no device '{device}'; a sweep computes features on cpu or cuda")
    if device == "cuda":
        cuda()
    sets, refused = parameter_sets(strategy, grid, constraint)
    parts = run_data(data)
    terms = msgspec.structs.replace(settings or Settings(), record="none")
    threads = max(1, workers if workers is not None else len(os.sched_getaffinity(0)))
    stats, accounts = _run(parts, strategy, sets, (terms, start_ns, threads, progress), device)
    year = count_year(parts.panel).periods if periods_per_year is None else periods_per_year
    return SweepResult(
        frame=metric_columns(sets, stats, accounts, (parts.panel.currencies[0], year)),
        parameters=tuple(sets[0]),
        metric=metric,
        refused=refused,
        periods_per_year=year,
        bars=parts.panel.shape[0],
        symbols=parts.panel.symbols,
        strategy=strategy.strategy_name(),
    )


def _require_declarative(strategy: Any) -> None:
    if not (isinstance(strategy, type) and issubclass(strategy, Strategy)):
        raise ConfigError(f"a sweep takes a strategy class, not {strategy!r}")
    if issubclass(strategy, CallbackStrategy):
        raise StrategyError(f"{strategy.strategy_name()} has callbacks; a sweep takes declarative strategies (define)")


def parameter_sets(
    strategy: type[Strategy], grid: Grid, constraint: Constraint | None = None
) -> tuple[list[dict[str, Any]], int]:
    """(sets that run, sets refused by the constraint); every set names the same parameters."""
    return sets_of(grid, lambda names: _require_known(strategy, names), constraint)


def sets_of(
    grid: Grid, require_known: Callable[[Sequence[str]], None], constraint: Constraint | None = None
) -> tuple[list[dict[str, Any]], int]:
    """As ``parameter_sets``, of anything that has parameters; ``require_known`` raises for names that it has not."""
    if isinstance(grid, Mapping):
        names = list(grid)
        require_known(names)
        for name in names:
            if isinstance(grid[name], str) or not len(grid[name]):
                raise ConfigError(f"the grid gives no values for '{name}'; write {name}=[...] with at least one")
        count = int(np.prod([float(len(grid[name])) for name in names])) if names else 0
        if count > MOST_SETS:
            raise ConfigError(f"the grid has {count:,} sets; at most {MOST_SETS:,} run in one sweep")
        found = [dict(zip(names, values, strict=True)) for values in itertools.product(*grid.values())] if names else []
    else:
        found = [dict(one) for one in grid]
        for one in found:
            require_known(list(one))
            if one.keys() != found[0].keys():
                raise ConfigError("every set of a sweep must name the same parameters")
    if not found or not found[0]:
        raise ConfigError("the grid is empty; give at least one parameter with values")
    kept = [one for one in found if constraint is None or constraint(dict(one))]
    if not kept:
        raise ConfigError(f"the constraint refused all {len(found)} sets; loosen it or widen the grid")
    return [{name: _plain(value) for name, value in one.items()} for one in kept], len(found) - len(kept)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _require_known(strategy: type[Strategy], names: Sequence[str]) -> None:
    known = [spec.name for spec in strategy.param_specs()]
    for name in names:
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean '{near}'?" if near else f"; it takes {', '.join(known) or 'none'}"
            raise StrategyError(f"{strategy.strategy_name()} has no parameter '{name}'{hint}")


def _groups(count: int, threads: int) -> list[range]:
    """Every so manieth set, a whole number of rounds for the threads: neighbours trade alike, so the work is even."""
    rounds = -(-count // (threads * SETS_A_GROUP))
    pieces = min(count, threads * rounds)
    return [range(k, count, pieces) for k in range(pieces)]


def _run(
    parts: RunData,
    strategy: type[Strategy],
    sets: Sequence[Mapping[str, Any]],
    terms: tuple[Settings, int | None, int, Progress | None],
    device: str,
) -> tuple[Records, Records]:
    """STATS_DTYPE and ACCOUNT_DTYPE rows in the order of the sets."""
    settings, start_ns, threads, progress = terms
    tally = _Tally(progress, len(sets) * parts.panel.shape[0])

    def work(group: range) -> tuple[Records, Records]:
        made = [strategy(**sets[k]) for k in group]
        return SweepWorker(parts, made, settings, start_ns, device).run(tally.add)

    groups = [range(len(sets))] if device == "cuda" else _groups(len(sets), threads)
    with _without_collector():
        if len(groups) == 1:
            done = [work(groups[0])]
        else:
            with ThreadPoolExecutor(threads, "sweep") as pool:
                done = list(pool.map(work, groups))
    stats, accounts = (np.empty(len(sets), part.dtype) for part in done[0])
    for group, (mine, money) in zip(groups, done, strict=True):
        stats[group.start :: group.step], accounts[group.start :: group.step] = mine, money
    return stats, accounts


@contextmanager
def _without_collector() -> Iterator[None]:
    """Expressions live as long as the sweep; looking among them for garbage cost a seventh of its time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


class _Tally:
    """Adds up what the workers have done, for the progress call."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        self._lock = threading.Lock()

    def add(self, amount: int) -> None:
        """``amount`` more set-slices are done."""
        if self._progress is None:
            return
        with self._lock:
            self._done += amount
            self._progress(min(self._done / self._total, 1.0))
