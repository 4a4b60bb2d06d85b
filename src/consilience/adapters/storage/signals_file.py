"""Files of external signals: opinions of named feeds, or plain series of numbers, each with when it was known."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl

from consilience.adapters.storage import cells, stamps
from consilience.adapters.storage.import_options import ImportOptions, plain, time_column
from consilience.adapters.storage.table_files import LINE, Table, read_table
from consilience.core.errors import ConfigError, DataError, nearest
from consilience.core.external import EVERY_SYMBOL, FeedKind, RawSignals
from consilience.core.panel import Ints
from consilience.core.time import DAY, HOUR, SECOND, Timeframe

PUBLISHED = 6 * HOUR  # a day's value is known this long after the day's end, UTC, where the file does not say when
_ALIASES = {
    "known": ("ts_known", "known", "known_at", "published"),
    "time": ("ts_event", "time"),
    "feed": ("feed", "source"),
    "series": ("series", "parameter"),
    "symbol": ("symbol", "ticker", "instrument"),
    "value": ("value",),
    "confidence": ("confidence",),
    "horizon": ("horizon",),
    "detail": ("detail",),
}
_BARS = {"open", "high", "low", "close"}  # a file of bars: its close is the value of the name it is given
_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*$")
_PREFIX = re.compile(r"^([A-Za-z0-9_][A-Za-z0-9_.\-]*)=(.+)$")


def read_signals(given: str | Path, tz: str | None = None) -> RawSignals:
    """Events of a CSV or Parquet file, nothing judged.

    given: a path, or ``NAME=path``, which names the feed of opinions, or comes with a dot before each series' name.

    Columns of opinions: time, value (-1..1), and where wanted known, feed (or source; else NAME, else the file's name),
    symbol (else all symbols), confidence (else 1), horizon (``4h``, or seconds) and detail, which is not kept. With a
    column ``series`` in place of ``feed`` the values are plain numbers. Without a column ``value`` each column beside
    time, known and symbol is a series of plain numbers, and an empty cell says nothing. Where open, high, low and close
    are among them, the close is the series NAME as well.
    The time is when it happened; known is when it could be read. A day without a time of day happened at its end,
    midnight UTC, and was known six hours later; a known day counts from its end. A moment was known at once.
    Raises NotFound for a missing file, DataError that names the line for what cannot be read.
    """
    prefix, path = split_name(given)
    table = read_table(path)
    found = _columns(table)
    problems = list(table.bad_lines)
    event, known = _times(table, found, tz)
    if "value" in found:
        result = _rows(table, found, (event, known), prefix, problems)
    else:
        result = _series(table, found, (event, known), prefix, problems)
    if problems:
        line, reason = min(problems)
        more = f" ({len(problems)} such places)" if len(problems) > 1 else ""
        raise DataError(f"{table.source}, {table.unit} {line}: {reason}{more}; mend the file")
    return result


def split_name(given: str | Path) -> tuple[str, str | Path]:
    """The name before ``=`` and the path; a path that is there as it stands has no name."""
    match = _PREFIX.match(given) if isinstance(given, str) and not Path(given).is_file() else None
    return (match[1], match[2]) if match else ("", given)


def _rows(
    table: Table, found: dict[str, str], times: tuple[Ints, Ints], prefix: str, problems: cells.Dropped
) -> RawSignals:
    """One event a row."""
    count = table.frame.height
    numbers, broken = cells.read_numbers(table, found, ("value", "confidence"))
    for name, wrong in broken.items():
        problems.extend(cells.bad_rows(table, wrong, found[name], "is not a number"))
    named = "series" if "series" in found else "feed"
    feed, feeds = _coded(table, found.get(named), prefix or _stem(table))
    if named in found and prefix:
        feeds = tuple(f"{prefix}.{name}" for name in feeds)
    for k, name in enumerate(feeds):
        if not _NAME.match(name):
            wrong = feed == k
            problems.extend(cells.bad_rows(table, wrong, found.get(named, LINE), "is no name of a feed"))
    symbol, symbols = _coded(table, found.get("symbol"), EVERY_SYMBOL)
    return RawSignals(
        tuple(FeedKind(name, number=named == "series") for name in feeds),
        symbols,
        feed,
        symbol,
        *times,
        numbers["value"],
        numbers.get("confidence", np.ones(count)),
        _horizons(table, found.get("horizon"), problems),
    )


def _series(
    table: Table, found: dict[str, str], times: tuple[Ints, Ints], prefix: str, problems: cells.Dropped
) -> RawSignals:
    """One event a filled cell, series by series."""
    wanted = [name for name in table.names if name not in found.values()]
    if not wanted:
        raise DataError(f"{table.source} has neither a column 'value' nor any series beside its time")
    numbers, broken = cells.read_numbers(table, {name: name for name in wanted}, wanted)
    for name, wrong in broken.items():
        problems.extend(cells.bad_rows(table, wrong, name, "is not a number"))
    symbol, symbols = _coded(table, found.get("symbol"), EVERY_SYMBOL)
    names = [f"{prefix}.{_plain(name)}" if prefix else _plain(name) for name in wanted]
    if prefix and {plain(name) for name in wanted} >= _BARS:
        wanted = [*wanted, next(name for name in wanted if plain(name) == "close")]
        names = [*names, prefix]
    if len(set(names)) < len(names):
        raise DataError(f"{table.source} has two columns that read as one name; rename one")
    filled = [np.flatnonzero(~np.isnan(numbers[name])) for name in wanted]
    rows = np.concatenate(filled)
    return RawSignals(
        tuple(FeedKind(name, number=True) for name in names),
        symbols,
        np.repeat(np.arange(len(wanted)), [len(part) for part in filled]),
        symbol[rows],
        times[0][rows],
        times[1][rows],
        np.concatenate([numbers[name][part] for name, part in zip(wanted, filled, strict=True)]),
        np.ones(len(rows)),
        np.zeros(len(rows), np.int64),
    )


def _plain(name: str) -> str:
    """A column's name as slots write it: as it stands where it is one word, else lower case with underscores."""
    return name.strip() if _NAME.match(name.strip()) else plain(name)


def _stem(table: Table) -> str:
    return plain(table.source.split(".")[0])


def _coded(table: Table, column: str | None, default: str) -> tuple[Ints, tuple[str, ...]]:
    """Index of each row's text, and the texts; an empty cell is the default."""
    if column is None:
        return np.zeros(table.frame.height, np.int64), (default,)
    texts = table.frame[column].cast(pl.String).fill_null("").str.strip_chars()
    filled = texts.to_frame("text").select(pl.when(pl.col("text") == "").then(pl.lit(default)).otherwise("text"))
    values, index = np.unique(filled.to_series().to_numpy().astype(str), return_inverse=True)
    return index.astype(np.int64), tuple(str(v) for v in values)


def _horizons(table: Table, column: str | None, problems: cells.Dropped) -> Ints:
    if column is None:
        return np.zeros(table.frame.height, np.int64)
    index, texts = _coded(table, column, "0")
    lengths, wrong = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.bool_)
    for k, text in enumerate(texts):
        try:
            lengths[k] = int(float(text) * SECOND) if _is_number(text) else Timeframe.parse(text).duration_ns
        except ConfigError:
            wrong[k] = True
    problems.extend(cells.bad_rows(table, wrong[index], column, "is no length such as 4h or 3600 (seconds)"))
    return lengths[index]


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d{1,9}(\.\d*)?", text) is not None


# ---- times -----------------------------------------------------------------------------------------------------------
def _times(table: Table, found: dict[str, str], tz: str | None) -> tuple[Ints, Ints]:
    """(happened, known) of each row."""
    event, dates = _moments(table, found["time"], tz)
    if dates:
        event = event + DAY
    if "known" not in found:
        return event, event + PUBLISHED if dates else event.copy()
    known, days = _moments(table, found["known"], tz)
    return event, known + DAY if days else known


def _moments(table: Table, column: str, tz: str | None) -> tuple[Ints, bool]:
    """UTC ns of a column, and whether they are midnights of days. Raises DataError that names the line."""
    times = stamps.parse_times(table.frame[column], table.source)
    if not times.dates and not times.bad.all():
        times = stamps.instants(table.frame[column], ImportOptions(session="24/7", tz=tz), table.source)
    if times.bad.any():
        line, reason = cells.bad_rows(table, times.bad, column, "is not a time")[0]
        raise DataError(f"{table.source}, {table.unit} {line}: {reason}; write days like 2024-05-31")
    return times.values, times.dates


def _columns(table: Table) -> dict[str, str]:
    """Columns by field. Raises DataError for a missing time and, in a file of values, for one that means nothing."""
    by_word: dict[str, str] = {}
    for name in table.names:
        by_word.setdefault(plain(name), name)
    found: dict[str, str] = {}
    for field, words in _ALIASES.items():
        present = [by_word[word] for word in words if word in by_word]
        if present:
            found[field] = present[0]
    if "time" not in found:
        time = time_column([name for name in table.names if name not in found.values()])
        if time is None:
            raise DataError(f"{table.source} has no column 'time' (it has {', '.join(table.names[:8])})")
        found["time"] = time
    if "value" not in found:
        return {field: name for field, name in found.items() if field in ("time", "known", "symbol")}
    for name in (n for n in table.names if n not in found.values()):
        near = nearest(plain(name), _ALIASES)
        hint = f"did you mean '{near}'?" if near else f"beside 'value' it may have {', '.join(_ALIASES)}"
        raise DataError(f"{table.source}: column '{name}' means nothing here; {hint}")
    return found
