"""Tables with headings of two levels, price over ticker, as yfinance and pandas write them, turned into rows."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from consilience.adapters.storage.cells import NULLS
from consilience.adapters.storage.import_options import NUMBER_FIELDS, ImportOptions, is_field, plain
from consilience.adapters.storage.table_files import LINE, Table
from consilience.core.errors import ConfigError, DataError

SYMBOL = "symbol"
_KEPT = ("dividends", "stock_splits", "capital_gains", "repaired")  # of yfinance, not read


def two_levels(table: Table) -> bool:
    """Whether the columns are pairs of a price's name and a symbol, in either order."""
    return any(_pair(name) is not None for name in table.names)


def long_table(table: Table, options: ImportOptions) -> Table:
    """A row for each symbol and time that has a price, symbol by symbol; LINE stays the source's.

    Raises ConfigError for --wide and for one --symbol over several, DataError where neither level holds the names of
    prices.
    """
    if options.wide:
        raise ConfigError(
            f"{table.source} has open, high, low and close under two levels of headings; leave out --wide"
        )
    pairs = {name: pair for name in table.names if (pair := _pair(name)) is not None and all(pair)}
    level = _level_of_fields(list(pairs.values()), table)
    symbols = list(dict.fromkeys(pair[1 - level] for pair in pairs.values()))
    if options.symbol is not None and len(symbols) > 1:
        listed = ", ".join(symbols[:8])
        raise ConfigError(f"{table.source} has {len(symbols)} symbols ({listed}); choose by --symbols, not --symbol")
    rest = {name: (_pair(name) or (name, ""))[0] or "time" for name in table.names if name not in pairs}
    parts = []
    for symbol in symbols:
        own = {name: pair[level] for name, pair in pairs.items() if pair[1 - level] == symbol}
        part = table.frame.select(LINE, *rest, *own).rename({**rest, **own})
        parts.append(part.with_columns(pl.lit(symbol).alias(SYMBOL)).filter(_has_price(list(own.values()))))
    frame = pl.concat(parts, how="diagonal_relaxed")
    if frame.height == 0:
        raise DataError(f"{table.source} has no price in any of its {len(pairs)} columns")
    empty = table.frame.height * len(symbols) - frame.height
    notes = [f"headings of two levels: {len(symbols)} symbols"] + ([f"{empty} empty rows are no bars"] if empty else [])
    return replace(table, frame=frame, notes=(*table.notes, *notes))


def _pair(name: str) -> tuple[str, str] | None:
    """The two headings of a column that is named by a pair, as pandas and ``read_table`` name it; None otherwise."""
    if not name.startswith("("):
        return None
    try:
        pair = ast.literal_eval(name)
    except (SyntaxError, ValueError):
        return None
    return (str(pair[0]).strip(), str(pair[1]).strip()) if isinstance(pair, tuple) and len(pair) == 2 else None


def _level_of_fields(pairs: Sequence[tuple[str, str]], table: Table) -> int:
    for level in (0, 1):
        if all(is_field(pair[level], NUMBER_FIELDS) or plain(pair[level]) in _KEPT for pair in pairs):
            return level
    shown = ", ".join("/".join(pair) for pair in pairs[:4])
    raise DataError(f"{table.source}: neither level of its headings ({shown}) has the names of prices, such as Close")


def _has_price(columns: Sequence[str]) -> pl.Expr:
    """Whether any price or volume of the row is there."""
    text = [pl.col(name).cast(pl.String).str.strip_chars() for name in columns]
    return pl.any_horizontal([~(one.is_null() | one.is_in(NULLS)) for one in text])
