"""A table of facts about symbols, each with the day or moment from which it was known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from consilience.adapters.storage import cells, stamps
from consilience.adapters.storage.import_options import ImportOptions, plain, time_column
from consilience.adapters.storage.table_files import Table, read_table
from consilience.core.codes import Fact
from consilience.core.errors import DataError, nearest
from consilience.core.events import CorporateAction
from consilience.core.facts import RawFact, RawFacts
from consilience.core.panel import Ints
from consilience.core.time import DAY

_SYMBOLS = ("symbol", "ticker", "instrument", "contract")
_NUMBERS = {"market_cap": Fact.MARKET_CAP, "shares": Fact.SHARES, "spread": Fact.SPREAD}
_WORDS = {"status": Fact.STATUS, "member": Fact.MEMBER}
_LISTED, _NEW = "listed", "new_symbol"
COLUMNS = (*_NUMBERS, *_WORDS, _LISTED, _NEW)
_DELISTED = "delisted"
_MEANING = {
    "status": {"trading": 1.0, "active": 1.0, "suspended": 0.0, "halted": 0.0, _DELISTED: 0.0},
    "member": {"1": 1.0, "yes": 1.0, "true": 1.0, "1.0": 1.0, "0": 0.0, "no": 0.0, "false": 0.0, "0.0": 0.0},
}


def read_facts(path: str | Path, session: str = "24/7", tz: str | None = None) -> RawFacts:
    """Facts, delistings and ticker changes of a CSV or Parquet file.

    Columns: a symbol, a time, and any of market_cap, shares (base currency, number), spread (fraction of the price),
    status (trading, suspended, delisted), member (1 or 0), listed (a day) and new_symbol (from that time on). An empty
    cell says nothing. A day counts from its midnight UTC on: write the day on which the fact was known.
    Raises NotFound for a missing file, DataError that names the line for what cannot be read.
    """
    table = read_table(path)
    found = _columns(table)
    times = _times(table, found["time"], session, tz)
    symbols = table.frame[found["symbol"]].cast(pl.String).fill_null("").to_numpy()
    numbers, broken = cells.read_numbers(table, found, tuple(_NUMBERS))
    problems = list(table.bad_lines)
    for name, wrong in broken.items():
        problems.extend(cells.bad_rows(table, wrong, found[name], "is not a number"))
    facts, actions = [], []
    for name, values in numbers.items():
        facts += [
            RawFact(str(symbols[k]), int(times[k]), _NUMBERS[name], float(values[k]))
            for k in np.flatnonzero(np.isfinite(values)).tolist()
        ]
    for name in (n for n in _WORDS if n in found):
        words = _texts(table, found[name])
        unknown = np.array([word != "" and word not in _MEANING[name] for word in words])
        problems.extend(cells.bad_rows(table, unknown, found[name], f"is none of {', '.join(_MEANING[name])}"))
        for k, word in enumerate(words):
            if word in _MEANING[name]:
                facts.append(RawFact(str(symbols[k]), int(times[k]), _WORDS[name], _MEANING[name][word]))
                if word == _DELISTED:
                    actions.append(_action(str(symbols[k]), int(times[k]), "delisting"))
    if _LISTED in found:
        days = stamps.parse_times(table.frame[found[_LISTED]], table.source)
        facts += [
            RawFact(str(symbols[k]), int(times[k]), Fact.LISTED, float(days.values[k]) / DAY)
            for k in np.flatnonzero(~days.bad).tolist()
        ]
    if _NEW in found:
        for k, name in enumerate(_texts(table, found[_NEW], lower=False)):
            if name:
                actions.append(_action(str(symbols[k]), int(times[k]), "rename", name))
    if problems:
        line, reason = min(problems)
        raise DataError(f"{table.source}, {table.unit} {line}: {reason}; mend the file")
    return RawFacts(tuple(sorted(facts, key=lambda f: f.ts_known)), tuple(sorted(actions, key=lambda a: a.ts_event)))


def _action(symbol: str, ts: int, kind: str, new_symbol: str = "") -> CorporateAction:
    return CorporateAction(ts_event=ts, ts_known=ts, symbol=symbol, kind=kind, new_symbol=new_symbol)


def _texts(table: Table, column: str, *, lower: bool = True) -> list[str]:
    texts = table.frame[column].cast(pl.String).fill_null("").str.strip_chars().to_list()
    return ["" if text in cells.NULLS else text.lower() if lower else text for text in texts]


def _times(table: Table, column: str, session: str, tz: str | None) -> Ints:
    times = stamps.parse_times(table.frame[column], table.source)
    if times.bad.any():
        line, reason = cells.bad_rows(table, times.bad, column, "is not a time")[0]
        raise DataError(f"{table.source}, {table.unit} {line}: {reason}; write days like 2024-05-31")
    if times.dates:
        return times.values
    return stamps.instants(table.frame[column], ImportOptions(session=session, tz=tz), table.source).values


def _columns(table: Table) -> dict[str, str]:
    """Columns by field. Raises DataError for a missing one, and for one that means nothing here."""
    time = time_column(table.names)
    found = {} if time is None else {"time": time}
    for name in table.names:
        word = plain(name)
        if name == time:
            continue
        if word in _SYMBOLS:
            found["symbol"] = name
        elif word in COLUMNS:
            found[word] = name
        else:
            near = nearest(word, COLUMNS)
            hint = f"did you mean '{near}'?" if near else f"it may have {', '.join(COLUMNS)}"
            raise DataError(f"{table.source}: column '{name}' is no fact; {hint}")
    for name in ("symbol", "time"):
        if name not in found:
            raise DataError(f"{table.source} has no column '{name}' (it has {', '.join(table.names[:8])})")
    return found
