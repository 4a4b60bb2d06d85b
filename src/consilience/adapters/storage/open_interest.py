"""A table of open interest by contract, with the moment from which each number was known."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from consilience.adapters.calendars import market_hours
from consilience.adapters.storage import cells, stamps
from consilience.adapters.storage.import_options import ImportOptions, plain, time_column
from consilience.adapters.storage.table_files import Table, read_table
from consilience.core.errors import DataError
from consilience.core.panel import Floats, Ints
from consilience.core.time import DAY

_SYMBOLS = ("contract", "symbol", "ticker", "instrument")
_NUMBERS = ("open_interest", "openinterest", "oi")


class OpenInterest(NamedTuple):
    """ts_known: int64 [N] UTC ns, ascending. contracts: float64 [N], as published."""

    ts_known: Ints
    contracts: Floats


def read_open_interest(path: str | Path, session: str, tz: str | None = None) -> dict[str, OpenInterest]:
    """Open interest by contract from a CSV or Parquet file with a contract, a time and an open interest.

    A moment is when the number was known. A date's number is published after its session, so it counts as known at
    the close of the next one. Empty numbers are left out. Raises NotFound for a missing file, DataError for content.
    """
    table = read_table(path)
    found = _columns(table)
    options = ImportOptions(session=session, tz=tz)
    numbers, broken = cells.read_numbers(table, found, ("open_interest",))
    column = table.frame[found["time"]]
    times = stamps.parse_times(column, table.source)
    if times.dates:
        good = times.values[~times.bad]
        schedule = market_hours.schedule(session, int(good.min()) - DAY, int(good.max()) + 10 * DAY)
        after = np.searchsorted(schedule.session_id, times.values // DAY, side="right")
        known = schedule.close_ns[after]
    else:
        times = stamps.instants(column, options, table.source)
        known = times.values
    dropped = list(table.bad_lines)
    for wrong in broken.values():
        dropped.extend(cells.bad_rows(table, wrong & ~times.bad, found["open_interest"], "is not a number"))
    dropped.extend(cells.bad_rows(table, times.bad, found["time"], "is not a time"))
    if dropped:
        line, reason = min(dropped)
        raise DataError(f"{table.source}, {table.unit} {line}: {reason}; mend the file")
    values = numbers["open_interest"]
    symbols = cells.read_symbols(table, found, options)
    result = {}
    for symbol in dict.fromkeys(symbols.tolist()):
        rows = np.flatnonzero((symbols == symbol) & np.isfinite(values))
        rows = rows[np.argsort(known[rows], kind="stable")]
        result[str(symbol)] = OpenInterest(known[rows], values[rows])
    return result


def _columns(table: Table) -> dict[str, str]:
    """Columns by field. Raises DataError for a missing one."""
    time = time_column(table.names)
    found = {} if time is None else {"time": time}
    for name, spellings in (("symbol", _SYMBOLS), ("open_interest", _NUMBERS)):
        column = next((n for s in spellings for n in table.names if plain(n) == s), None)
        if column is not None:
            found[name] = column
    for name, what in (("symbol", "contract"), ("time", "time"), ("open_interest", "open_interest")):
        if name not in found:
            raise DataError(f"{table.source} has no column '{what}' (it has {', '.join(table.names[:8])})")
    return found
