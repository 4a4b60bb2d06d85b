"""What every import does with a table's cells: numbers read, bad rows named, symbols taken, grids found."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from consilience.adapters.storage import grids
from consilience.adapters.storage.import_options import ImportOptions
from consilience.adapters.storage.table_files import LINE, Table
from consilience.core.errors import DataError, NotFound
from consilience.core.instruments import Instrument, InstrumentKind, TickBand
from consilience.core.panel import Bools, Floats

NULLS = ("", "null", "NULL", "None", "nan", "NaN", "NA", "N/A", "-")
CENT = Decimal("0.01")
SATOSHI = Decimal("0.00000001")
Dropped = list[tuple[int, str]]


def read_numbers(
    table: Table, found: dict[str, str], fields: Sequence[str]
) -> tuple[dict[str, Floats], dict[str, Bools]]:
    """Float columns by field, NaN where a cell is empty, and where a cell is text that is no number."""
    numbers: dict[str, Floats] = {}
    broken: dict[str, Bools] = {}
    for name in fields:
        if name not in found:
            continue
        column = table.frame[found[name]]
        if column.dtype == pl.String:
            text = column.str.strip_chars()
            empty = text.is_null() | text.is_in(NULLS)
            values = text.cast(pl.Float64, strict=False)
            wrong = (values.is_null() & ~empty).to_numpy()
        else:
            values = column.cast(pl.Float64, strict=False)
            wrong = (values.is_null() & column.is_not_null()).to_numpy()
        numbers[name] = values.fill_null(np.nan).to_numpy().copy()
        if wrong.any():
            broken[name] = wrong
    return numbers, broken


def bad_rows(table: Table, rows: Bools, column: str, what: str) -> Dropped:
    """(line, reason) of each of ``rows``, whose cell of ``column`` is bad. The column of a price in a wide table goes
    by its symbol."""
    lines = table.frame[LINE].to_numpy()
    cells = table.frame[column]
    labels = table.frame[table.labels] if table.labels and column != table.time else None
    found = []
    for k in np.flatnonzero(rows).tolist():
        label = column if labels is None else labels[k]
        found.append((int(lines[k]), f"{label} '{cells[k]}' {what}"))
    return list(dict.fromkeys(found))


def stop_on_bad_rows(dropped: Sequence[tuple[int, str]], table: Table, options: ImportOptions) -> None:
    """Raises DataError that names the first bad row, unless they are to be dropped."""
    if dropped and options.on_bad_row == "error":
        line, reason = dropped[0]
        more = f" ({len(dropped)} such rows)" if len(dropped) > 1 else ""
        raise DataError(f"{table.source}, {table.unit} {line}: {reason}{more}; mend the file or give --on-bad-row drop")


def read_symbols(table: Table, found: dict[str, str], options: ImportOptions) -> Any:
    """Symbol of each row, as an object array: of its column, as given, or the file's name."""
    if "symbol" in found and options.symbol is None:
        return table.frame[found["symbol"]].cast(pl.String).fill_null("").to_numpy()
    name = options.symbol
    if name is None:
        if table.unit == "row" and table.source == "the data frame":
            raise DataError("the data frame has no symbol column; give symbol=")
        name = table.source.split(".")[0].upper()
    return np.full(table.frame.height, name, dtype=object)


def require_wanted(have: Sequence[str], options: ImportOptions, table: Table, symbols: Any) -> None:
    """Raises NotFound for a wanted symbol that is not there, DataError when nothing is."""
    for wanted in options.symbols:
        if wanted not in have:
            raise NotFound.named("symbol", wanted, set(symbols.tolist()), f"in {table.source}")
    if not have:
        raise DataError(f"{table.source} has no usable row")


def instrument_of(
    symbol: str, prices: list[Floats], sizes: list[Floats], options: ImportOptions
) -> tuple[Instrument, tuple[str, ...]]:
    """The instrument of a history, its grids as given or as the data shows them, and what was inferred."""
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
    # adjusted closes: at a few cents, a tick of a cent would be a jump
    if options.kind == InstrumentKind.EQUITY and not options.computed and increment < CENT and CENT % increment == 0:
        bands = (TickBand(floor_price=Decimal(0), tick=CENT),)
        notes.append(f"orders keep to {CENT}")
    instrument = Instrument(
        symbol=symbol,
        kind=options.kind,
        price_increment=increment,
        tick_schedule=bands,
        lot=lot,
        multiplier=options.multiplier,
        currency=options.currency,
        base_currency=options.base_currency,
        session=options.session,
    )
    return instrument, tuple(notes)


def other_notes(table: Table, found: dict[str, str], dropped: Dropped, options: ImportOptions) -> list[str]:
    """Notes that every import makes: the terms, columns left aside, and rows dropped."""
    notes = [f"{options.kind.name.lower()} in {options.currency}, hours of {options.session}"]
    unused = [name for name in table.names if name not in found.values()]
    if unused:
        notes.append(f"columns not used: {', '.join(unused)}")
    if dropped:
        line, reason = dropped[0]
        notes.append(f"{len(dropped)} bad rows dropped, first {table.unit} {line}: {reason}")
    return notes
