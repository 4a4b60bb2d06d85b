"""``replay``: run a run again from its manifest and name the first thing that is not the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl

from consilience.core.errors import ConfigError
from consilience.core.panel import Panel, PriceColumns
from consilience.core.refits import first_difference
from consilience.core.time import format_time
from consilience.engine.settings import Settings
from consilience.research.backtest import backtest
from consilience.research.fingerprints import SHARED, DataDifference, DataPrints, fingerprints, first_data_difference
from consilience.research.inputs import Data
from consilience.research.manifest import Manifest, strategy_note
from consilience.research.paper import paper
from consilience.research.refit_frames import DIGEST
from consilience.research.result import BacktestResult
from consilience.research.runs import StoredRun
from consilience.strategies.base import Strategy
from consilience.strategies.catalog import find_strategy

Run: TypeAlias = BacktestResult | StoredRun
LoadData: TypeAlias = Callable[[Manifest], Data]
FindStrategy: TypeAlias = Callable[[str], type[Strategy]]

# at one time the first of these is named: fills come first in a slice, the others follow from them
_TIME_COLUMN = {"fills": "time", "decisions": "time", "orders": "created", "equity": "time"}
_LIFE = {"status", "reason", "filled", "average_price", "stop", "limit", "ended"}  # what an order's later life changes
_NEVER = 2**63 - 1
_NOT_COMPARED = {"benchmark"}  # a given series is not kept, and nothing is decided by it


@dataclass(frozen=True)
class Difference:
    """One place where two runs part. what: parameters, data, decisions, orders, fills or equity. ts: bar, 2**63 - 1 for
    none."""

    what: str
    ts: int
    text: str


@dataclass(frozen=True)
class ReplayReport:
    """What a replay found. data: first difference of the data; outcome: first difference of what was decided and done;
    parameters: first refit that is not the same, where models were fitted again.

    suspects: facts that differ and may be the cause (machine, kernels, versions, strategy texts).
    """

    run_id: str
    compared: tuple[str, ...]
    data: Difference | None
    outcome: Difference | None
    suspects: tuple[str, ...]
    again: BacktestResult
    parameters: Difference | None = None

    @property
    def same(self) -> bool:
        """Whether parameters, data and outcome are equal bit for bit."""
        return self.parameters is None and self.data is None and self.outcome is None

    def text(self) -> str:
        """The report for a person."""
        if self.same:
            lines = [f"{self.run_id}: the same, bit for bit: {', '.join(self.compared)}"]
        else:
            lines = [f"{self.run_id}: not the same"]
            if self.parameters is not None:
                lines.append(f"parameters: {self.parameters.text}")
            lines.append(f"data: {self.data.text if self.data else 'the same'}")
            tail = "the same decisions, orders, fills and equity" if self.outcome is None else self.outcome.text
            lines.append(f"outcome: {tail}")
        lines.extend(f"also: {suspect}" for suspect in self.suspects)
        return "\n".join(lines)


def replay(run: Run, load_data: LoadData, find: FindStrategy = find_strategy) -> ReplayReport:
    """Run ``run`` again on the data that ``load_data`` gives for its manifest.

    find: strategy class by name; give one that knows your own strategies. Data that comes with the refits the run kept
    has its models fitted no second time; data whose models were fitted again has the refits compared.
    """
    manifest = run.manifest
    again = rerun(manifest, load_data(manifest), find)
    old, new = _prints(run), fingerprints(again.panel)
    outcome = _first_outcome(run, again)
    return ReplayReport(
        run_id=manifest.run_id,
        compared=("data", *manifest.digests),
        data=_data_difference(old, new, again.panel),
        outcome=outcome,
        suspects=_suspects(manifest, again),
        again=again,
        parameters=_refit_difference(run, again),
    )


def rerun(manifest: Manifest, data: Data, find: FindStrategy, settings: Settings | None = None) -> BacktestResult:
    """The run that ``manifest`` describes, on ``data``; with other ``settings`` where they are given."""
    strategies = [find(note.name)(**note.parameters) for note in manifest.strategies]
    if manifest.mode not in ("backtest", "paper"):
        raise ConfigError(f"a run of mode '{manifest.mode}' cannot be run again from its manifest")
    run = backtest if manifest.mode == "backtest" else paper
    return run(
        data,
        strategies,
        settings=settings or manifest.settings,
        start_ns=manifest.start_ns,
        warm_up=manifest.warm_up,
        benchmark=manifest.benchmark,
        risk_free=manifest.risk_free,
        seed=manifest.seed,
        title=manifest.title,
        periods_per_year=manifest.periods_per_year if manifest.periods_given else None,
        created_ns=manifest.created_ns,
        source=manifest.data_source,
    )


def frame_of(run: Run, name: str) -> pl.DataFrame:
    """A frame of a run that is in memory or kept."""
    if isinstance(run, StoredRun):
        return run.frame(name)
    frame: pl.DataFrame = getattr(run, name)
    return frame


def _refit_difference(run: Run, again: BacktestResult) -> Difference | None:
    before, after = run.manifest.digests.get(DIGEST), again.manifest.digests.get(DIGEST)
    if before == after:
        return None
    found = first_difference(run.refits, again.refits)
    return None if found is None else Difference("parameters", *found)


def _prints(run: Run) -> DataPrints:
    return run.prints if isinstance(run, StoredRun) else fingerprints(run.panel)


def _data_difference(old: DataPrints, new: DataPrints, panel: Panel) -> Difference | None:
    found = first_data_difference(old, new)
    if found is None:
        return None
    where = f" first differs at the bar of {format_time(found.ts)}" if found.ts else " differs"
    who = "what all symbols share:" if found.symbol == SHARED else found.symbol
    return Difference("data", found.ts, f"{who} {', '.join(found.columns)}{where}{_now(found, panel)}")


def _now(found: DataDifference, panel: Panel) -> str:
    """What the bar's first differing price is now; the old one was not kept."""
    field = found.columns[0]
    row = int(np.searchsorted(panel.ts, found.ts))
    if found.symbol not in panel.symbols or field not in PriceColumns._fields or row == len(panel.ts):
        return ""
    column = panel.symbols.index(found.symbol)
    ticks = int(getattr(panel.bid, field)[row, column])
    return f", where {field} is now {ticks * panel.instruments[column].price_increment}"


def _first_outcome(run: Run, again: BacktestResult) -> Difference | None:
    """The earliest difference."""
    before, after = run.manifest.digests, again.manifest.digests
    found = []
    for name, time in _TIME_COLUMN.items():
        if before[name] != after[name]:
            found.append(_frame_difference(name, time, frame_of(run, name), getattr(again, name)))
    return min(found, key=lambda d: d.ts) if found else None


def _frame_difference(name: str, time: str, old: pl.DataFrame, new: pl.DataFrame) -> Difference:
    rows = min(len(old), len(new))
    columns = [c for c in old.columns if c not in _NOT_COMPARED]
    first, field = rows, ""
    for column in columns:
        differs = old[column][:rows].ne_missing(new[column][:rows])
        index = differs.arg_max() if rows and differs.any() else None
        if index is not None and index < first:
            first, field = index, column
    if first < rows:
        if name == "orders" and field in _LIFE:
            time = "ended"
        ts = min(_time_ns(old, time, first), _time_ns(new, time, first))
        who = _who(old, first)
        was, now = old[field][first], new[field][first]
        at = "" if ts == _NEVER else f" at {format_time(ts)}"
        return Difference(name, ts, f"{name} row {first}{who}{at}: {field} was {was}, is now {now}")
    if len(old) != len(new):
        longer, missing = (old, "is missing now") if len(old) > len(new) else (new, "is new")
        ts = _time_ns(longer, time, rows)
        return Difference(name, ts, f"{name} row {rows}{_who(longer, rows)} at {format_time(ts)} {missing}")
    return Difference(name, _NEVER, f"{name} differ in a field that the frame does not show")


def _time_ns(frame: pl.DataFrame, column: str, row: int) -> int:
    ns = frame[column].cast(pl.Int64)[row]
    return int(ns) if ns is not None else _NEVER


def _who(frame: pl.DataFrame, row: int) -> str:
    return f" ({frame['strategy'][row]} {frame['symbol'][row]})" if "strategy" in frame.columns else ""


def _suspects(manifest: Manifest, again: BacktestResult) -> tuple[str, ...]:
    now = again.manifest
    found = []
    for name, before, after in (
        ("machine type", manifest.machine, now.machine),
        ("kernel hash", manifest.kernel_hash, now.kernel_hash),
        *((f"{k} version", manifest.versions.get(k, "none"), v) for k, v in now.versions.items()),
    ):
        if before != after:
            found.append(f"{name} was {before}, is now {after}")
    for note, strategy in zip(manifest.strategies, again.strategies, strict=True):
        text = strategy_note(strategy, note.label)
        if text.version != note.version:
            found.append(f"{note.label} version was {note.version}, is now {text.version}")
        if text.source_hash and note.source_hash and text.source_hash != note.source_hash:
            found.append(f"the text of {note.label} has changed")
    return tuple(found)
