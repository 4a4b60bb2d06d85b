"""Kept runs: ``<root>/<mode>/<id>/`` with manifest, frames and reports, each folder whole or absent."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from consilience.core.errors import ConfigError, DataError, NotFound
from consilience.core.refits import Refit
from consilience.research import manifest as manifests
from consilience.research.fingerprints import DataPrints, fingerprints
from consilience.research.fused_frames import no_contributions
from consilience.research.manifest import Manifest
from consilience.research.refit_frames import TABLE, kept_refits, refits_frame
from consilience.research.report.compare import Comparison, compare
from consilience.research.report.data import ReportData

if TYPE_CHECKING:
    from consilience.research.result import BacktestResult

FRAMES = ("trades", "equity", "orders", "fills", "decisions", "contributions", "positions")
_PARTIAL = ".part"


@dataclass(frozen=True, eq=False)
class StoredRun:
    """One kept run; files are read when they are asked for."""

    folder: Path
    manifest: Manifest
    _frames: dict[str, pl.DataFrame] = field(default_factory=dict, repr=False)

    def frame(self, name: str) -> pl.DataFrame:
        """One of FRAMES; contributions are empty where nothing was fused. Raises NotFound for another name."""
        if name not in FRAMES:
            raise NotFound.named("frame", name, FRAMES)
        if name == "contributions" and not (self.folder / f"{name}.parquet").is_file():
            return no_contributions()
        if name not in self._frames:
            self._frames[name] = pl.read_parquet(self.folder / f"{name}.parquet")
        return self._frames[name]

    @cached_property
    def refits(self) -> tuple[Refit, ...]:
        """Refits of the fitted models that it read, none where it read none. Raises DataError where they were changed
        since."""
        return kept_refits(self)

    @cached_property
    def report_data(self) -> ReportData:
        """The report's data as it was, without candles."""
        content = (self.folder / "report.msgpack").read_bytes()
        return msgspec.msgpack.decode(content, type=ReportData, dec_hook=_array)

    @cached_property
    def prints(self) -> DataPrints:
        """Fingerprints of the data that was run."""
        frame = pl.read_parquet(self.folder / "data.parquet")
        columns = [frame[symbol].to_numpy() for symbol in self.manifest.symbols]
        return DataPrints(self.manifest.data, frame["time"].to_numpy(), np.column_stack(columns))


class RunStore:
    """The runs under ``root``."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def save(self, result: BacktestResult) -> Path:
        """Keep a run; returns its folder. A run that is there already (same id, same content) is replaced by itself.

        Everything is written into a folder beside its place, forced to disk and renamed: a crash leaves no run.
        """
        manifest = result.manifest
        final = self.root / manifest.mode / manifest.run_id
        partial = final.with_name(f".{final.name}.{os.getpid()}{_PARTIAL}")
        partial.mkdir(parents=True)
        try:
            for name, write in _parts(result).items():
                write(partial / name)
            _force(partial)
            if final.exists():
                shutil.rmtree(final)
            partial.rename(final)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return final

    def list(self) -> tuple[Manifest, ...]:
        """Manifests of all runs, oldest first (by time of the run, then id)."""
        found = [_read_manifest(path) for path in self._manifest_paths()]
        return tuple(sorted(found, key=lambda m: (m.created_ns, m.run_id)))

    def load(self, run_id: str) -> StoredRun:
        """A run by its id, or by the start of it where that is enough. Raises NotFound, or ConfigError if ambiguous."""
        paths = {path.parent.name: path for path in self._manifest_paths()}
        matches = [run_id] if run_id in paths else [name for name in paths if run_id and name.startswith(run_id)]
        if len(matches) > 1:
            raise ConfigError(f"'{run_id}' may be {', '.join(sorted(matches)[:5])}; write more of it")
        if not matches:
            hint = "" if paths else f"; there is none in {self.root}, start with a backtest"
            raise NotFound.named("run", run_id, paths, hint)
        path = paths[matches[0]]
        return StoredRun(path.parent, _read_manifest(path))

    def latest(self) -> StoredRun:
        """The newest run. Raises NotFound when there is none."""
        runs = self.list()
        if not runs:
            raise NotFound(f"there is no run in {self.root}; start with a backtest")
        return self.load(runs[-1].run_id)

    def compare(self, run_ids: Sequence[str]) -> Comparison:
        """Runs side by side. Raises NotFound for an unknown one, FixInput for fewer than two."""
        return compare([self.load(run_id).report_data for run_id in run_ids])

    def _manifest_paths(self) -> tuple[Path, ...]:
        found = sorted(self.root.glob("*/*/manifest.json"))
        return tuple(path for path in found if not path.parent.name.startswith("."))


def _read_manifest(path: Path) -> Manifest:
    try:
        return manifests.from_json(path.read_bytes())
    except msgspec.DecodeError as error:  # ValidationError is one
        raise DataError(f"{path} is no manifest that this version can read ({error}); remove its folder") from error


def _parts(result: BacktestResult) -> dict[str, Callable[[Path], Any]]:
    """What a run's folder holds: file name to writer. The manifest comes last."""
    data = result.report_data()
    kept = msgspec.structs.replace(data, candles=())
    parts: dict[str, Callable[[Path], Any]] = {
        f"{name}.parquet": getattr(result, name).write_parquet
        for name in FRAMES
        if name != "contributions" or result.output.hearings
    }
    if result.refits:
        parts[TABLE] = refits_frame(result.refits).write_parquet
    parts["data.parquet"] = _prints_frame(result).write_parquet
    parts["report.msgpack"] = lambda path: path.write_bytes(msgspec.msgpack.encode(kept, enc_hook=_plain))
    parts["report.json"] = lambda path: path.write_bytes(result.to_json())
    with contextlib.suppress(ConfigError):  # without jinja2 a run is kept without its page
        page = result.to_html()
        parts["report.html"] = lambda path: path.write_text(page, encoding="utf-8")
    parts["manifest.json"] = lambda path: path.write_bytes(manifests.to_json(result.manifest))
    return parts


def _prints_frame(result: BacktestResult) -> pl.DataFrame:
    prints = fingerprints(result.panel)
    columns = {symbol: prints.rows[:, k] for k, symbol in enumerate(result.panel.symbols)}
    return pl.DataFrame({"time": prints.ts, **columns})


def _force(folder: Path) -> None:
    """Have every file of ``folder``, and the folder itself, on the disk."""
    for path in (*folder.iterdir(), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _plain(value: object) -> dict[str, Any]:
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.str, "values": value.tobytes()}
    if isinstance(value, np.generic):
        return {"dtype": value.dtype.str, "values": value.tobytes()}
    raise NotImplementedError(type(value).__name__)


def _array(_kind: type, value: Any) -> Any:
    if not isinstance(value, dict):
        raise DataError(f"a kept report holds {type(value).__name__} where an array belongs; keep the run again")
    return np.frombuffer(value["values"], value["dtype"]).copy()
