"""The manifest: what is needed to run a run again and get the same bits, and to say what differs when it does not."""

from __future__ import annotations

import inspect
import platform
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from consilience.core.errors import StrategyError
from consilience.core.ids import array_digest, text_digest
from consilience.core.jit import CACHE_FOLDER
from consilience.core.panel import Records
from consilience.core.refits import Refit, refit_digest
from consilience.core.time import SECOND, Timeframe
from consilience.engine.failures import Failure
from consilience.engine.output import RunOutput
from consilience.engine.settings import Settings
from consilience.research.fingerprints import DataPrints, fingerprints
from consilience.research.refit_frames import DIGEST

if TYPE_CHECKING:
    from consilience.research.result import BacktestResult
    from consilience.strategies.base import Strategy

MANIFEST_VERSION = 1


class StrategyNote(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy as run. source_hash: digest of its class's text, empty when the text cannot be read."""

    name: str
    label: str
    version: str
    parameters: dict[str, Any]
    source_hash: str = ""


class FailureNote(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy that raised and was set aside. where: define, declare or the callback. ts_ns: close of the slice at
    hand, None before the first. error: in one line; traceback: as Python prints it."""

    label: str
    where: str
    ts_ns: int | None
    error: str
    traceback: str


class BookNote(msgspec.Struct, frozen=True, kw_only=True):
    """What the proof of the books found, in base ledger units."""

    fills: int
    transactions: int
    postings: int
    capital: int
    cash: int
    open_cost: int
    realised: int
    fees: int
    dividends: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Times are UTC ns; start_ns: as asked, None for the data's start; first_ns, last_ns: first bar that
    could decide, and last bar. data: digests by symbol and column. data_source: the caller's words on where the data
    came from. digests: of decisions, fills, orders, equity, and of the parameters of fitted models where it read any.
    books: the proof that they balance, made after the run.
    """

    run_id: str
    mode: str
    created_ns: int
    manifest_version: int = MANIFEST_VERSION
    title: str = ""
    versions: dict[str, str]
    machine: str
    kernel_hash: str
    data_hash: str
    config_hash: str
    parameter_hash: str
    seed: int
    strategies: tuple[StrategyNote, ...]
    settings: Settings
    symbols: tuple[str, ...]
    timeframe: str
    base_currency: str
    bars: int
    start_ns: int | None
    data_start_ns: int
    first_ns: int
    last_ns: int
    warm_up: int | None
    warm_up_bars: int
    benchmark: str | None
    benchmark_name: str
    risk_free: float
    periods_per_year: float
    periods_rule: str
    periods_given: bool
    record_level: str
    digests: dict[str, str]
    data: dict[str, dict[str, str]]
    data_source: dict[str, str]
    books: BookNote
    failures: tuple[FailureNote, ...] = ()


def manifest_of(result: BacktestResult, prints: DataPrints | None = None) -> Manifest:
    """The manifest of a finished run."""
    prepared, terms, panel = result.prepared, result.prepared.terms, result.panel
    prints = prints or fingerprints(panel)
    notes = tuple(strategy_note(s, label) for s, label in zip(result.strategies, result.labels, strict=True))
    settings = msgspec.json.encode(terms.settings, order="sorted").decode()
    config = f"{settings}|{terms.start_ns}|{terms.warm_up}|{terms.seed}|{terms.mode}"
    hashes = {
        "data": prints.total,
        "config": text_digest(config),
        "parameters": text_digest(msgspec.json.encode(notes, order="sorted").decode()),
    }
    proof = result.proof
    return Manifest(
        run_id=_run_id(result, hashes),
        mode=terms.mode,
        created_ns=terms.created_ns,
        title=terms.title,
        versions=versions(),
        machine=machine_type(),
        kernel_hash=CACHE_FOLDER.name.removeprefix("kernels-"),
        data_hash=hashes["data"],
        config_hash=hashes["config"],
        parameter_hash=hashes["parameters"],
        seed=terms.seed,
        strategies=notes,
        settings=terms.settings,
        symbols=panel.symbols,
        timeframe=str(Timeframe(panel.duration_ns)) if panel.duration_ns else "irregular",
        base_currency=panel.currencies[0],
        bars=len(panel.ts),
        start_ns=terms.start_ns,
        data_start_ns=int(panel.ts[0]),
        first_ns=int(panel.ts[result.first_row]),
        last_ns=int(panel.ts[-1]),
        warm_up=terms.warm_up,
        warm_up_bars=result.first_row,
        benchmark=terms.benchmark if isinstance(terms.benchmark, str) else None,
        benchmark_name=prepared.benchmark.name,
        risk_free=terms.risk_free,
        periods_per_year=prepared.year.periods,
        periods_rule=prepared.year.how,
        periods_given=terms.periods_per_year is not None,
        record_level=terms.settings.record,
        digests=run_digests(result.output) | refit_digests(result.refits),
        data=prints.digests,
        data_source=dict(terms.source),
        books=BookNote(**{name: getattr(proof, name) for name in BookNote.__struct_fields__}),
        failures=tuple(failure_note(failure, result.labels) for failure in result.failures),
    )


def failure_note(failure: Failure, labels: Sequence[str]) -> FailureNote:
    """What the manifest says of a strategy that was set aside."""
    error = failure.error
    text = " ".join(str(error).split())
    named = text if isinstance(error, StrategyError) else f"{type(error).__name__}: {text}"
    return FailureNote(
        label=labels[failure.strategy],
        where=failure.where,
        ts_ns=failure.ts,
        error=named,
        traceback="".join(traceback.format_exception(error)),
    )


def strategy_note(strategy: Strategy, label: str) -> StrategyNote:
    """What the manifest says of one strategy."""
    try:
        text = inspect.getsource(type(strategy))
    except (OSError, TypeError):  # made in a console, or its file is gone
        text = ""
    return StrategyNote(
        name=strategy.strategy_name(),
        label=label,
        version=strategy.version,
        parameters=dict(strategy.parameters),
        source_hash=text_digest(text) if text else "",
    )


def run_digests(output: RunOutput) -> dict[str, str]:
    """Digests of what a run decided and did."""
    return {
        "decisions": _digest(output.records),
        "orders": _digest(output.orders),
        "fills": _digest(output.fills),
        "equity": array_digest([output.ts, output.curves]),
    }


def refit_digests(refits: Sequence[Refit]) -> dict[str, str]:
    """Digest of the parameters that were fitted for a run; none where it read none."""
    return {DIGEST: refit_digest(refits)} if refits else {}


def _digest(records: Records) -> str:
    """Field by field, so that the bytes between aligned fields never count."""
    names = records.dtype.names or ()
    return array_digest(np.ascontiguousarray(records[name]) for name in names)


def versions() -> dict[str, str]:
    """Versions that shape the numbers."""
    names = ("consilience", "numpy", "numba", "polars", "msgspec")
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from a source tree
            found[name] = "source tree"
    return found


@cache
def machine_type() -> str:
    """Architecture, system and processor model: bits are promised for one machine type only."""
    model = ""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    parts = [platform.machine(), platform.system(), model or platform.processor()]
    return ", ".join(part for part in parts if part)


def _run_id(result: BacktestResult, hashes: dict[str, str]) -> str:
    """Time of the run where it is known, first strategy, and six hex digits over what went in."""
    terms = result.prepared.terms
    names = [s.strategy_name() for s in result.strategies]
    what = names[0] if len(names) == 1 else f"{names[0]}+{len(names) - 1}"
    digest = text_digest("|".join([*hashes.values(), str(terms.created_ns)]))[:6]
    parts = [what, digest]
    if terms.created_ns:
        moment = datetime.fromtimestamp(terms.created_ns // SECOND, tz=UTC)
        parts.insert(0, moment.strftime("%Y%m%d-%H%M%S"))
    return "-".join(parts)


def to_json(manifest: Manifest) -> bytes:
    """The manifest as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def from_json(content: bytes) -> Manifest:
    """The manifest in ``content``. Raises msgspec.ValidationError where it is no manifest."""
    return msgspec.json.decode(content, type=Manifest)
