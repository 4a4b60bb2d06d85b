"""A table of bars into raw columns: columns matched, times stamped, numbers read, grids found, bad rows named."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from consilience.adapters.storage import grids, stamps
from consilience.adapters.storage.import_options import (
    ASK_FIELDS,
    BID_FIELDS,
    NUMBER_FIELDS,
    TRADE_FIELDS,
    ImportOptions,
    match_columns,
)
from consilience.adapters.storage.table_files import LINE, Table, read_table
from consilience.core.columns import PriceFloats, RawBars
from consilience.core.errors import DataError, NotFound
from consilience.core.instruments import Instrument, InstrumentKind, TickBand
from consilience.core.panel import Bools, Floats

_NULLS = ("", "null", "NULL", "None", "nan", "NaN", "NA", "N/A", "-")
CENT = Decimal("0.01")
SATOSHI = Decimal("0.00000001")


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
    found = match_columns(table.names, options, table.source)
    numbers, broken = _numbers(table, found)
    stamped = stamps.stamp(table.frame[found["time"]], options, table.source)
    bad = stamped.bad.copy()
    dropped = list(table.bad_lines)
    for name, column_bad in broken.items():
        bad |= column_bad
        dropped.extend(_reasons(table, column_bad & ~stamped.bad, found[name], "is not a number"))
    dropped.extend(_reasons(table, stamped.bad, found["time"], _time_reason(stamped, options)))
    dropped.sort()
    _stop_on_bad_rows(dropped, table, options)
    symbols = _symbols(table, found, options)
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
    _require_wanted(bars, options, table, symbols)
    notes = [*stamped.notes, *_other_notes(table, found, dropped, options)]
    return ImportResult(tuple(bars), tuple(dropped), tuple(notes))


def _numbers(table: Table, found: dict[str, str]) -> tuple[dict[str, Floats], dict[str, Bools]]:
    """Float columns by field, and where a cell is text that is no number."""
    numbers: dict[str, Floats] = {}
    broken: dict[str, Bools] = {}
    for name in NUMBER_FIELDS:
        if name not in found:
            continue
        column = table.frame[found[name]]
        if column.dtype == pl.String:
            text = column.str.strip_chars()
            empty = text.is_null() | text.is_in(_NULLS)
            values = text.cast(pl.Float64, strict=False)
            wrong = (values.is_null() & ~empty).to_numpy()
        else:
            values = column.cast(pl.Float64, strict=False)
            wrong = (values.is_null() & column.is_not_null()).to_numpy()
        numbers[name] = values.fill_null(np.nan).to_numpy().copy()
        if wrong.any():
            broken[name] = wrong
    return numbers, broken


def _reasons(table: Table, rows: Bools, column: str, what: str) -> list[tuple[int, str]]:
    lines = table.frame[LINE].to_numpy()
    cells = table.frame[column]
    return [(int(lines[k]), f"{column} '{cells[int(k)]}' {what}") for k in np.flatnonzero(rows)]


def _time_reason(stamped: stamps.Stamped, options: ImportOptions) -> str:
    if any("taken as sessions" in note for note in stamped.notes):
        return f"is not a date on which {options.session} trades"
    return "is not a time that exists once in its zone"


def _stop_on_bad_rows(dropped: list[tuple[int, str]], table: Table, options: ImportOptions) -> None:
    if dropped and options.on_bad_row == "error":
        line, reason = dropped[0]
        more = f" ({len(dropped)} such rows)" if len(dropped) > 1 else ""
        raise DataError(f"{table.source}, {table.unit} {line}: {reason}{more}; mend the file or give --on-bad-row drop")


def _symbols(table: Table, found: dict[str, str], options: ImportOptions) -> Any:
    """Symbol of each row, as an object array."""
    if "symbol" in found and options.symbol is None:
        return table.frame[found["symbol"]].cast(pl.String).fill_null("").to_numpy()
    name = options.symbol
    if name is None:
        if table.unit == "row" and table.source == "the data frame":
            raise DataError("the data frame has no symbol column; give symbol=")
        name = table.source.split(".")[0].upper()
    return np.full(table.frame.height, name, dtype=object)


def _require_wanted(bars: list[RawBars], options: ImportOptions, table: Table, symbols: Any) -> None:
    have = {b.symbol for b in bars}
    for wanted in options.symbols:
        if wanted not in have:
            raise NotFound.named("symbol", wanted, set(symbols.tolist()), f"in {table.source}")
    if not bars:
        raise DataError(f"{table.source} has no usable row")


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
    instrument, notes = _instrument(symbol, [*trade.all, *(ask.all if ask else ())], sizes, options)
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


def _instrument(
    symbol: str, prices: list[Floats], sizes: list[Floats], options: ImportOptions
) -> tuple[Instrument, tuple[str, ...]]:
    notes = []
    increment, lot = options.price_increment, options.lot
    if increment is None:
        increment = grids.price_grid(prices)
        notes.append(f"price increment {increment:f} inferred from the data")
    if lot is None:
        by_coin = options.kind in (InstrumentKind.CRYPTO_SPOT, InstrumentKind.CRYPTO_PERPETUAL)
        shown = grids.quantity_grid(sizes) if by_coin else None
        lot = shown or (SATOSHI if by_coin else Decimal(1))
        notes.append(f"lot {lot:f} inferred from the sizes" if shown else f"lot {lot:f} by default")
    bands: tuple[TickBand, ...] = ()
    if options.kind == InstrumentKind.EQUITY and increment < CENT and CENT % increment == 0:
        bands = (TickBand(floor_price=Decimal(0), tick=CENT),)
        notes.append(f"orders keep to {CENT}")
    base = options.base_currency
    instrument = Instrument(
        symbol=symbol,
        kind=options.kind,
        price_increment=increment,
        tick_schedule=bands,
        lot=lot,
        multiplier=options.multiplier,
        currency=options.currency,
        base_currency=base,
        session=options.session,
    )
    return instrument, tuple(notes)


def _other_notes(
    table: Table, found: dict[str, str], dropped: list[tuple[int, str]], options: ImportOptions
) -> list[str]:
    notes = [f"{options.kind.name.lower()} in {options.currency}, hours of {options.session}"]
    unused = [name for name in table.names if name not in found.values()]
    if unused:
        notes.append(f"columns not used: {', '.join(unused)}")
    if options.close_only:
        notes.append("closes only: open, high and low are the close, so a fill at the open takes that price")
    if dropped:
        line, reason = dropped[0]
        notes.append(f"{len(dropped)} bad rows dropped, first {table.unit} {line}: {reason}")
    return notes
