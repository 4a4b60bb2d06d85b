"""Wide tables, one column of closes for each symbol, turned into rows of (time, symbol, close)."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from consilience.adapters.storage.cells import NULLS
from consilience.adapters.storage.import_options import TRADE_FIELDS, ImportOptions, plain, time_column
from consilience.adapters.storage.table_files import LINE, Table
from consilience.core.errors import ConfigError, DataError, NotFound

SYMBOL, CLOSE = "symbol", "close"


def long_table(table: Table, options: ImportOptions) -> Table:
    """Every filled price cell of ``table`` as a row of its own, symbol by symbol; LINE stays the source's.

    The headings are the symbols. The time is the column that is called like one, the one that ``--columns time=``
    names, or a first column without a heading, as pandas writes an index. An empty cell is no bar: the symbol was not
    listed, or did not trade. Raises ConfigError for options that need a long table, NotFound for a symbol that no
    column has, DataError for a table that is not a wide one.
    """
    _check_options(options)
    time = _time_of(table, options)
    headings = [name for name in table.names if name != time]
    if set(TRADE_FIELDS) <= {plain(name) for name in headings}:
        raise DataError(f"{table.source} has open, high, low and close: bars of one symbol; leave out --wide")
    for wanted in options.symbols:
        if wanted not in headings:
            raise NotFound.named("symbol", wanted, headings, f"among the headings of {table.source}")
    symbols = [name for name in headings if not options.symbols or name in options.symbols]
    if not symbols or not all(name.strip() for name in symbols):
        raise DataError(f"{table.source}: a wide table needs a heading over each column of prices, its symbol")
    frame = _same_type(table.frame.select(LINE, time, *symbols), symbols)
    cells = frame.rename({time: time or "time"}).unpivot(
        symbols, index=[LINE, time or "time"], variable_name=SYMBOL, value_name=CLOSE
    )
    filled = cells.filter(_has_price(cells[CLOSE]))
    if filled.height == 0:
        raise DataError(f"{table.source} has no price in any of its {len(symbols)} columns")
    notes = [f"a wide table: {len(symbols)} columns of closes, each a symbol"]
    if cells.height > filled.height:
        notes.append(f"{cells.height - filled.height} empty cells are no bars")
    return replace(table, frame=filled, time=time or "time", labels=SYMBOL, notes=tuple(notes))


def _check_options(options: ImportOptions) -> None:
    if options.symbol is not None:
        raise ConfigError(
            "a wide table takes its symbols from the headings; leave out --symbol, or choose by --symbols"
        )
    other = [name for name in options.columns if name != "time"]
    if other:
        raise ConfigError(f"a wide table has a time and prices by symbol alone; leave out --columns {other[0]}=...")


def _time_of(table: Table, options: ImportOptions) -> str:
    given = options.columns.get("time")
    if given is not None:
        if given not in table.names:
            raise NotFound.named("column", given, table.names, f"in {table.source}")
        return given
    found = time_column(table.names)
    if found is None and table.names and not table.names[0].strip():
        return table.names[0]
    if found is None:
        listed = ", ".join(table.names[:8])
        raise DataError(f"{table.source} has no column of dates (it has {listed}); give --columns time=NAME")
    return found


def _same_type(frame: pl.DataFrame, symbols: list[str]) -> pl.DataFrame:
    """The price columns as numbers, or all as text where one is text."""
    numeric = all(frame[name].dtype.is_numeric() for name in symbols)
    return frame.with_columns(pl.col(symbols).cast(pl.Float64 if numeric else pl.String))


def _has_price(cells: pl.Series) -> pl.Series:
    if cells.dtype == pl.String:
        text = cells.str.strip_chars()
        return ~(text.is_null() | text.is_in(NULLS))
    return cells.is_not_null() & cells.is_not_nan()
