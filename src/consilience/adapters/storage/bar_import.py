"""A table of bars into raw columns: columns matched, times stamped, numbers read, grids found, bad rows named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from consilience.adapters.storage import around_the_clock, cells, grids, stamps, two_levels
from consilience.adapters.storage.import_options import (
    ASK_FIELDS,
    BID_FIELDS,
    NUMBER_FIELDS,
    TRADE_FIELDS,
    ImportOptions,
    match_columns,
)
from consilience.adapters.storage.table_files import read_table
from consilience.adapters.storage.wide_tables import long_table
from consilience.core.columns import PriceFloats, RawBars
from consilience.core.instruments import InstrumentKind
from consilience.core.panel import Bools, Floats

_CLOSE_ONLY = (
    "closes only: prices within a bar are not known, so open, high and low are the close; a stop or limit is seen at "
    "closes alone, and a fill at the open takes that bar's close"
)
_ADJUSTED = "have more than 8 decimals, as adjusted ones do; they were rounded to 8"


@dataclass(frozen=True)
class ImportResult:
    """Bars by symbol, in source order. dropped: (line, reason) of rows left out. notes: all that was inferred."""

    bars: tuple[RawBars, ...]
    dropped: tuple[tuple[int, str], ...]
    notes: tuple[str, ...]


def import_bars(source: str | Path | Any, options: ImportOptions | None = None) -> ImportResult:
    """Read bars from a CSV or Parquet file, or a polars or pandas frame.

    Rows keep the source's order, doubles included: judging them is the quality gate's work. A row whose time or number
    is not one is an error that names the line, or is dropped and counted with ``on_bad_row='drop'``; an empty number
    is NaN. Raises NotFound for a missing file, column or symbol, DataError for content, ConfigError for options.
    """
    options = options or ImportOptions()
    table = read_table(source, options.header)
    paired = two_levels.two_levels(table)
    if paired:
        table = two_levels.long_table(table, options)
    if options.wide:
        table = long_table(table, options)
        options = replace(options, close_only=True, columns={"time": table.time})
    found = match_columns(table.names, options, table.source)
    numbers, broken = cells.read_numbers(table, found, NUMBER_FIELDS)
    rounded = ""
    if paired or options.wide:
        rounded = _round_computed([v for k, v in numbers.items() if k in (*TRADE_FIELDS, "adj_close")])
        options = replace(options, computed=options.wide or rounded.endswith(_ADJUSTED))
    times = stamps.parse_times(table.frame[found["time"]], table.source)
    symbols = cells.read_symbols(table, found, options)
    options, kind_notes = around_the_clock.told(times, symbols, numbers, options)
    stamped = stamps.stamp(table.frame[found["time"]], options, table.source, times)
    bad = stamped.bad.copy()
    dropped = list(table.bad_lines)
    for name, column_bad in broken.items():
        bad |= column_bad
        dropped.extend(cells.bad_rows(table, column_bad & ~stamped.bad, found[name], "is not a number"))
    dropped.extend(cells.bad_rows(table, stamped.bad, found["time"], _time_reason(stamped, options)))
    dropped.sort()
    cells.stop_on_bad_rows(dropped, table, options)
    good = ~bad
    if options.kind == InstrumentKind.FUTURE and options.price_increment is None:
        # contract months of one product share their grid; a thin one alone would not show it
        shared = [v[good] for k, v in numbers.items() if k in (*TRADE_FIELDS, *BID_FIELDS, *ASK_FIELDS)]
        options = replace(options, price_increment=grids.price_grid(shared))
    bars = []
    for symbol in dict.fromkeys(symbols[good].tolist()):
        if options.symbols and symbol not in options.symbols:
            continue
        rows = good & (symbols == symbol)
        bars.append(_bars_of(str(symbol), rows, numbers, stamped, options))
    cells.require_wanted([b.symbol for b in bars], options, table, symbols)
    notes = [*kind_notes, *stamped.notes, *table.notes, *cells.other_notes(table, found, dropped, options)]
    if options.close_only:
        notes.append(_CLOSE_ONLY)
    if rounded:
        notes.append(rounded)
    return ImportResult(tuple(bars), tuple(dropped), tuple(notes))


def _round_computed(columns: Sequence[Floats]) -> str:
    """Put prices that a program computed on a grid, in place; says what moved, empty where nothing did.

    Prices of cents that went through single precision, as those of yfinance do, are the cents again; adjusted ones,
    computed to the last bit, come to the finest grid.
    """
    for decimals in (2, 4):
        if all(_is_single(values, np.round(values, decimals)) for values in columns):
            moved = sum(_put(values, np.round(values, decimals)) for values in columns)
            return f"{moved} prices were kept in single precision; they were rounded to {decimals}" if moved else ""
    scale = 10.0**grids.MOST_DECIMALS
    moved = sum(_put(values, np.rint(values * scale) / scale) for values in columns)
    return f"{moved} prices {_ADJUSTED}" if moved else ""


def _is_single(values: Floats, rounded: Floats) -> bool:
    """Whether each value is ``rounded``, or what single precision makes of it."""
    single = rounded.astype(np.float32).astype(np.float64)
    return bool(((values == rounded) | (values == single) | ~np.isfinite(values)).all())


def _put(values: Floats, rounded: Floats) -> int:
    """Write ``rounded`` over ``values``; how many moved."""
    moved = int(np.count_nonzero((rounded != values) & np.isfinite(values)))
    values[:] = rounded
    return moved


def _time_reason(stamped: stamps.Stamped, options: ImportOptions) -> str:
    if any("taken as sessions" in note for note in stamped.notes):
        return f"is not a date on which {options.session} trades"
    return "is not a time that exists once in its zone"


def _bars_of(
    symbol: str, rows: Bools, numbers: dict[str, Floats], stamped: stamps.Stamped, options: ImportOptions
) -> RawBars:
    picked = {name: values[rows] for name, values in numbers.items()}
    quoted = all(name in picked for name in (*BID_FIELDS, *ASK_FIELDS))
    first = BID_FIELDS if quoted else TRADE_FIELDS
    if options.close_only and not quoted:
        picked.update(dict.fromkeys(("open", "high", "low"), picked["close"]))
    ask = PriceFloats(*(picked[name] for name in ASK_FIELDS)) if quoted else None
    trade = PriceFloats(*(picked[name] for name in first))
    volume = picked.get("volume", np.full(int(rows.sum()), np.nan))
    sizes = [picked[name] for name in ("volume", "bid_size", "ask_size") if name in picked]
    instrument, notes = cells.instrument_of(symbol, [*trade.all, *(ask.all if ask else ())], sizes, options)
    return RawBars(
        instrument=instrument,
        ts=stamped.closes[rows],
        trade=trade,
        volume=volume,
        duration_ns=stamped.duration_ns,
        ask=ask,
        bid_size=picked.get("bid_size"),
        ask_size=picked.get("ask_size"),
        adj_close=None if quoted else picked.get("adj_close"),
        notes=notes,
    )
