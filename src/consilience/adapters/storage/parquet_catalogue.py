"""The market data catalogue: Parquet files by side, bar length and symbol under one root, described by one manifest.

A data file carries its content's hash in its name and is never changed; the manifest names the files that count, and
replacing it, in one rename, is the moment at which an import takes effect. So a crash leaves the old state or the new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
import numpy as np
import polars as pl

from consilience.adapters.storage.atomic_files import content_hash, single_writer, write_atomically
from consilience.adapters.storage.bar_frames import bars_to_frame, frame_to_bars, joined, write_export
from consilience.adapters.storage.bar_import import ImportResult, import_bars
from consilience.adapters.storage.import_options import ImportOptions
from consilience.core.columns import RawBars
from consilience.core.errors import ConfigError, DataError, NotFound
from consilience.core.events import CorporateAction
from consilience.core.instruments import Instrument
from consilience.core.time import Timeframe, format_time

MANIFEST = "manifest.json"
VERSION = 1
Judgement = TypeVar("Judgement")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One stored history. side: 'trade' or 'quote'. file: below the root. first_ns, last_ns: closes.

    actions: what is known of it beside its bars, such as the rolls of a continuous series.
    """

    symbol: str
    timeframe: str
    side: str
    file: str
    rows: int
    first_ns: int
    last_ns: int
    hash: str
    source: str = ""
    notes: tuple[str, ...] = ()
    actions: tuple[CorporateAction, ...] = ()

    def line(self) -> str:
        """One line for a person."""
        span = f"{format_time(self.first_ns)} to {format_time(self.last_ns)}"
        return f"{self.symbol} {self.timeframe} {self.side}: {self.rows} bars, {span}"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the catalogue holds."""

    version: int = VERSION
    instruments: tuple[Instrument, ...] = ()
    entries: tuple[Entry, ...] = ()


class ParquetCatalogue:
    """A catalogue under the folder ``root``, made on the first import.

    Reading never writes. One process may write at a time; readers see the state before or after, never between.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def manifest(self) -> Manifest:
        """What is stored; empty where nothing is. Raises DataError when the manifest cannot be read."""
        path = self.root / MANIFEST
        if not path.is_file():
            return Manifest()
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except msgspec.MsgspecError as error:
            raise DataError(
                f"the catalogue's {MANIFEST} in '{self.root}' is damaged ({error}); restore or import again"
            ) from error
        if found.version != VERSION:
            raise DataError(f"the catalogue '{self.root}' has version {found.version}, this program reads {VERSION}")
        return found

    def instruments(self) -> Sequence[Instrument]:
        """Every stored instrument, by symbol."""
        return self.manifest().instruments

    def instrument(self, symbol: str) -> Instrument:
        """One instrument. Raises NotFound with the nearest symbol."""
        known = {i.symbol: i for i in self.instruments()}
        if symbol not in known:
            raise NotFound.named("symbol", symbol, known, f"in the catalogue '{self.root}'")
        return known[symbol]

    def entries(self) -> Sequence[Entry]:
        """Every stored history, by symbol, bar length and side."""
        return self.manifest().entries

    def add(
        self, source: str | Path | Any, options: ImportOptions | None = None, *, existing: str = "error"
    ) -> ImportResult:
        """Import a file or frame; the result tells what was inferred and dropped.

        ``existing``: what to do with a history that is already stored: 'error', 'replace', or 'append' (new bars after
        the stored ones; bars of the same close must be equal).
        Raises what ``bar_import.import_bars`` raises, DataError for a clash with what is stored.
        """
        result = import_bars(source, options)
        name = Path(source).name if isinstance(source, (str, Path)) else "data frame"
        self.store(result.bars, existing=existing, source=name, notes=result.notes)
        return result

    def store(
        self, bars: Sequence[RawBars], *, existing: str = "error", source: str = "", notes: Sequence[str] = ()
    ) -> list[Entry]:
        """Store ready bars, all of them or none. Rows keep their order; ``bars`` gives them back as they are."""
        if existing not in ("error", "replace", "append"):
            raise ConfigError(f"existing is 'error', 'replace' or 'append', not '{existing}'")
        with single_writer(self.root):
            manifest = self.manifest()
            instruments = {i.symbol: i for i in manifest.instruments}
            entries = {(e.symbol, e.timeframe, e.side): e for e in manifest.entries}
            written, obsolete = [], []
            for one in bars:
                entry = self._store_one(one, instruments, entries, existing, (source, tuple(notes)))
                key = (entry.symbol, entry.timeframe, entry.side)
                if key in entries and entries[key].file != entry.file:
                    obsolete.append(entries[key].file)
                entries[key] = entry
                written.append(entry)
            self._commit(instruments, entries)
            for file in obsolete:
                (self.root / file).unlink(missing_ok=True)
        return written

    def remove(self, symbol: str, timeframe: str | None = None) -> int:
        """Forget a symbol, or one bar length of it; returns how many histories went. Raises NotFound."""
        with single_writer(self.root):
            manifest = self.manifest()
            gone = [e for e in manifest.entries if e.symbol == symbol and timeframe in (None, e.timeframe)]
            if not gone:
                raise NotFound.named("symbol", symbol, {e.symbol for e in manifest.entries})
            entries = {(e.symbol, e.timeframe, e.side): e for e in manifest.entries if e not in gone}
            left = {e.symbol for e in entries.values()}
            self._commit({i.symbol: i for i in manifest.instruments if i.symbol in left}, entries)
            for entry in gone:
                (self.root / entry.file).unlink(missing_ok=True)
        return len(gone)

    def bars(
        self,
        symbols: Sequence[str],
        timeframe: str | None = None,
        start_ns: int | None = None,
        end_ns: int | None = None,
        side: str | None = None,
    ) -> list[RawBars]:
        """Stored bars of ``symbols``, in that order, with closes in (start_ns, end_ns].

        ``timeframe`` and ``side`` may be left out where a symbol has just one history.
        Raises NotFound for an unknown symbol or bar length, ConfigError when the choice is open.
        """
        manifest = self.manifest()
        instruments = {i.symbol: i for i in manifest.instruments}
        result = []
        for symbol in symbols:
            entry = _choose(manifest.entries, symbol, timeframe, side)
            frame = self._read(entry)
            if start_ns is not None:
                frame = frame.filter(pl.col("ts") > start_ns)
            if end_ns is not None:
                frame = frame.filter(pl.col("ts") <= end_ns)
            duration = Timeframe.parse(entry.timeframe).duration_ns
            bars = frame_to_bars(frame, instruments[symbol], duration)
            if entry.actions:
                bars = replace(bars, actions=entry.actions, notes=entry.notes)
            result.append(bars)
        return result

    def check(self, judge: Callable[[RawBars], Judgement], symbols: Sequence[str] = ()) -> list[Judgement]:
        """Every stored history (of ``symbols``, or all) put before ``judge``, such as the quality gate.

        Raises DataError when a file is gone or is not the one that was stored.
        """
        wanted = [e for e in self.entries() if not symbols or e.symbol in symbols]
        for symbol in symbols:
            if not any(e.symbol == symbol for e in wanted):
                raise NotFound.named("symbol", symbol, {e.symbol for e in self.entries()})
        for entry in wanted:
            self._verify(entry)
        return [judge(self.bars([e.symbol], e.timeframe, side=e.side)[0]) for e in wanted]

    def export(self, symbol: str, path: str | Path, timeframe: str | None = None, side: str | None = None) -> int:
        """Write a history to a ``.csv``, ``.csv.gz`` or ``.parquet`` that ``add`` reads back; returns its rows."""
        entry = _choose(self.entries(), symbol, timeframe, side)
        return write_export(self._read(entry), symbol, Path(path))

    def _read(self, entry: Entry) -> pl.DataFrame:
        path = self.root / entry.file
        try:
            return pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(
                f"the catalogue's file '{entry.file}' is gone or damaged; import {entry.symbol} again"
            ) from error

    def _verify(self, entry: Entry) -> None:
        path = self.root / entry.file
        if not path.is_file() or content_hash(path) != entry.hash:
            raise DataError(
                f"the catalogue's file '{entry.file}' is not the one that was stored; import {entry.symbol} again"
            )

    def _store_one(
        self,
        bars: RawBars,
        instruments: dict[str, Instrument],
        entries: dict[tuple[str, str, str], Entry],
        existing: str,
        origin: tuple[str, tuple[str, ...]],
    ) -> Entry:
        timeframe, side = str(Timeframe(bars.duration_ns)), "quote" if bars.is_bid_ask else "trade"
        old = entries.get((bars.symbol, timeframe, side))
        if old is not None and existing == "error":
            raise DataError(f"{old.line()} is stored already; give --replace or --append")
        if old is not None and old.actions and existing == "append":
            raise DataError(f"{bars.symbol} is a continuous series, to which bars cannot be appended; make it again")
        others = any(e.symbol == bars.symbol and e != old for e in entries.values())
        known = instruments.get(bars.symbol)
        if known is not None and (others or existing == "append"):
            bars = replace(bars, instrument=_compatible(known, bars.instrument))
        instruments[bars.symbol] = bars.instrument
        frame = bars_to_frame(bars)
        if old is not None and existing == "append":
            frame = joined(self._read(old), frame, bars.symbol)
        partial = self.root / f"{side}-{timeframe}" / f"{quote(bars.symbol, safe='')}.parquet"
        entry_hash = ""

        def write(path: Path) -> None:
            nonlocal entry_hash
            frame.write_parquet(path, compression="zstd", statistics=True)
            entry_hash = content_hash(path)

        write_atomically(partial, write)
        final = partial.with_name(f"{partial.stem}.{entry_hash[:12]}.parquet")
        partial.replace(final)
        closes = frame["ts"].to_numpy()
        return Entry(
            symbol=bars.symbol,
            timeframe=timeframe,
            side=side,
            file=final.relative_to(self.root).as_posix(),
            rows=frame.height,
            first_ns=int(np.min(closes)),
            last_ns=int(np.max(closes)),
            hash=entry_hash,
            source=origin[0],
            notes=(*bars.notes, *origin[1]),
            actions=bars.actions,
        )

    def _commit(self, instruments: dict[str, Instrument], entries: dict[tuple[str, str, str], Entry]) -> None:
        manifest = Manifest(
            instruments=tuple(instruments[s] for s in sorted(instruments)),
            entries=tuple(entries[k] for k in sorted(entries)),
        )
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        write_atomically(self.root / MANIFEST, lambda path: path.write_bytes(text))


def _compatible(known: Instrument, new: Instrument) -> Instrument:
    """The stored instrument, when the new data fits it. Raises DataError otherwise."""
    for name in ("kind", "currency", "session", "multiplier"):
        if getattr(known, name) != getattr(new, name):
            raise DataError(
                f"{new.symbol} is stored with {name} {getattr(known, name)}, this import has {getattr(new, name)}; "
                "give the same, or remove the symbol first"
            )
    if new.price_increment % known.price_increment:
        raise DataError(
            f"{new.symbol} is stored with price increment {known.price_increment}, this data needs "
            f"{new.price_increment}; give --price-increment {known.price_increment}, or remove the symbol first"
        )
    return known


def _choose(entries: Sequence[Entry], symbol: str, timeframe: str | None, side: str | None) -> Entry:
    of_symbol = [e for e in entries if e.symbol == symbol]
    if not of_symbol:
        raise NotFound.named("symbol", symbol, {e.symbol for e in entries}, "in the catalogue")
    wanted = None if timeframe is None else str(Timeframe.parse(timeframe))
    found = [e for e in of_symbol if wanted in (None, e.timeframe) and side in (None, e.side)]
    listed = ", ".join(f"{e.timeframe} {e.side}" for e in of_symbol)
    if not found:
        raise NotFound(f"{symbol} has no {wanted or ''} {side or ''} bars stored; it has {listed}".replace("  ", " "))
    if len(found) > 1:
        raise ConfigError(f"{symbol} has {listed}; say which with --timeframe and --side")
    return found[0]
