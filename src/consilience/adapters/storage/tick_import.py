"""A table of trades or quotes into raw ticks by symbol: columns matched, times made UTC, numbers read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from consilience.adapters.storage import cells, message_stream, stamps
from consilience.adapters.storage.import_options import TICK_KINDS, ImportOptions, match_tick_columns
from consilience.adapters.storage.table_files import Table, read_table
from consilience.core.columns import RawTicks
from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import Bools, Floats, Ints

Sides = npt.NDArray[np.int16]

_YES = ("1", "true", "t", "yes", "y")
_BUYERS, _SELLERS = ("buy", "b", "buyer", "bid", "1"), ("sell", "s", "seller", "ask", "a", "-1")
_BILLIONTHS = "_1e9"  # whole numbers of 1e-9


@dataclass(frozen=True)
class TickImport:
    """Ticks by symbol, in source order. dropped: (line, reason) of rows left out. notes: all that was inferred."""

    ticks: tuple[RawTicks, ...]
    dropped: tuple[tuple[int, str], ...]
    notes: tuple[str, ...]


def import_ticks(source: str | Path | Any, kind: str, options: ImportOptions | None = None) -> TickImport:
    """Read ``kind``, 'trades' or 'quotes', from a CSV or Parquet file, or a polars or pandas frame.

    A quote's side that is empty or 0 is not in that update. Rows that the source marks as suspicious are left out and
    counted. Bad rows are an error that names the line, or dropped and counted, as with bars. Raises as import_bars
    does, ConfigError for an unknown kind and for options that only bars have.
    """
    options = options or ImportOptions()
    if kind not in TICK_KINDS:
        raise NotFound.named("kind of ticks", kind, TICK_KINDS)
    for name, given in (("--stamp", options.stamp), ("--close-only", options.close_only), ("--wide", options.wide)):
        if given:
            raise ConfigError(f"{name} is about bars; leave it out with --ticks {kind}")
    if message_stream.is_stream(source):
        table = message_stream.read_messages(source, kind)
    else:
        table = read_table(source, options.header)
    found = match_tick_columns(table.names, kind, options, table.source)
    numbers, broken = cells.read_numbers(table, found, TICK_KINDS[kind])
    for name in numbers:
        if found[name].endswith(_BILLIONTHS):
            numbers[name] /= 1e9
    took = _aggressors(table, found)
    times = stamps.instants(table.frame[found["time"]], options, table.source)
    bad = times.bad.copy()
    dropped = list(table.bad_lines)
    for name, column_bad in broken.items():
        bad |= column_bad
        dropped.extend(cells.bad_rows(table, column_bad & ~times.bad, found[name], "is not a number"))
    reason = "is not a time that exists once in its zone"
    dropped.extend(cells.bad_rows(table, times.bad, found["time"], reason))
    dropped.sort()
    cells.stop_on_bad_rows(dropped, table, options)
    doubted = _suspicious(table, found) & ~bad
    symbols = cells.read_symbols(table, found, options)
    good = ~bad & ~doubted
    ticks = [
        _ticks_of(str(symbol), good & (symbols == symbol), numbers, (times.values, took), options)
        for symbol in dict.fromkeys(symbols[good].tolist())
        if not options.symbols or symbol in options.symbols
    ]
    cells.require_wanted([t.instrument.symbol for t in ticks], options, table, symbols)
    notes = [*table.notes, *times.notes, *cells.other_notes(table, found, dropped, options)]
    if doubted.any():
        notes.append(f"{np.count_nonzero(doubted)} rows that the source marks as suspicious were left out")
    return TickImport(tuple(ticks), tuple(dropped), tuple(notes))


def _suspicious(table: Table, found: dict[str, str]) -> Bools:
    """Rows that the source itself doubts."""
    if "suspicious" not in found:
        return np.zeros(table.frame.height, np.bool_)
    return _marked(table.frame[found["suspicious"]])


def _marked(column: pl.Series) -> Bools:
    """Where a column of flags says yes."""
    if column.dtype == pl.String:
        marked = column.str.strip_chars().str.to_lowercase().is_in(_YES)
    else:
        marked = column.cast(pl.Float64, strict=False) != 0.0
    result: Bools = marked.fill_null(value=False).to_numpy()
    return result


def _aggressors(table: Table, found: dict[str, str]) -> Sides:
    """Who took, of each row: 1 the buyer, -1 the seller, 0 where the source does not say."""
    if "buyer_maker" in found:
        return np.where(_marked(table.frame[found["buyer_maker"]]), -1, 1).astype(np.int16)
    result = np.zeros(table.frame.height, np.int16)
    if "aggressor" in found:
        text = table.frame[found["aggressor"]].cast(pl.String).str.strip_chars().str.to_lowercase()
        result[text.is_in(_BUYERS).fill_null(value=False).to_numpy()] = 1
        result[text.is_in(_SELLERS).fill_null(value=False).to_numpy()] = -1
    return result


def _ticks_of(
    symbol: str, rows: Bools, numbers: dict[str, Floats], shared: tuple[Ints, Sides], options: ImportOptions
) -> RawTicks:
    ts, took = shared
    count = int(np.count_nonzero(rows))

    def column(name: str) -> Floats:
        return numbers[name][rows] if name in numbers else np.full(count, np.nan)

    is_trade = "price" in numbers
    bid, ask = (column("price"), column("price")) if is_trade else (column("bid"), column("ask"))
    sizes = [column("size")] * 2 if is_trade else [column("bid_size"), column("ask_size")]
    instrument, notes = cells.instrument_of(symbol, [bid] if is_trade else [bid, ask], sizes, options)
    return RawTicks(
        instrument=instrument,
        ts=ts[rows],
        is_trade=np.full(count, is_trade),
        bid=bid,
        ask=ask,
        bid_size=sizes[0],
        ask_size=sizes[1],
        aggressor=took[rows],
        notes=notes,
    )
