"""Tables from CSV, Parquet and data frames, with the source line of each row, so that an error can name it."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from consilience.core.errors import DataError, NotFound

LINE = "__line__"
_LEVELS = ("", "price", "ticker", "attributes", "symbols", "symbol")  # what the two levels of headings are called
_SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Table:
    """A table as read. frame: the columns and LINE, the row's line in the source (first data row of a frame is 1).

    source: name to show. unit: 'line' for text files, 'row' otherwise. bad_lines: (line, reason) of lines left out.
    time, labels: columns of a table that was wide: its times, and the heading that each price stood under.
    notes: what was done to it.
    """

    frame: pl.DataFrame
    source: str
    unit: str
    bad_lines: tuple[tuple[int, str], ...] = ()
    time: str = ""
    labels: str = ""
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Column names of the source."""
        return [name for name in self.frame.columns if name != LINE]


def read_table(source: str | Path | Any, header: Sequence[str] = ()) -> Table:
    """Read a path (``.csv``, ``.csv.gz``, ``.txt``, ``.parquet``) or take a polars or pandas frame.

    Text files keep their cells as text; lines with a wrong number of fields are left out and listed in ``bad_lines``.
    Raises NotFound for a missing file, DataError for one that cannot be read.
    """
    if isinstance(source, pl.DataFrame):
        return Table(source.with_row_index(LINE, 1), "the data frame", "row")
    if not isinstance(source, (str, Path)):
        return Table(_from_pandas(source).with_row_index(LINE, 1), "the data frame", "row")
    path = Path(source)
    if not path.is_file():
        raise NotFound(f"there is no file '{path}'; check the path")
    if path.suffix.lower() in (".parquet", ".pq"):
        return _read_parquet(path)
    return _read_text(path, header)


def _read_parquet(path: Path) -> Table:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path.name} is not a readable Parquet file: {_one_line(error)}") from error
    return Table(frame.with_row_index(LINE, 1), path.name, "row")


def _from_pandas(frame: Any) -> pl.DataFrame:
    """A pandas frame by plain arrays, so that pyarrow is not needed; a named or time index becomes a column."""
    if not hasattr(frame, "columns") or not hasattr(frame, "reset_index"):
        raise DataError(f"cannot import a {type(frame).__name__}; hand in a path, a polars or a pandas frame")
    if frame.index.name is not None or getattr(frame.index, "tz", None) is not None or frame.index.dtype.kind == "M":
        frame = frame.reset_index(names=frame.index.name or "time")
    columns: dict[str, pl.Series] = {}
    for name in frame.columns:
        column = frame[name]
        zone = getattr(column.dtype, "tz", None)
        if zone is not None:
            values = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[ns]")
            columns[str(name)] = pl.Series(str(name), values).dt.replace_time_zone("UTC")
        elif getattr(column.dtype, "kind", "O") in "iufM":
            values = column.to_numpy()
            columns[str(name)] = pl.Series(
                str(name), values.astype("datetime64[ns]") if values.dtype.kind == "M" else values
            )
        else:
            columns[str(name)] = pl.Series(str(name), column.to_list())
    return pl.DataFrame(columns)


def _read_text(path: Path, header: Sequence[str]) -> Table:
    lines = _text_of(path).split("\n")
    numbered = [(k, line.rstrip("\r")) for k, line in enumerate(lines, start=1)]
    numbered = [(k, line) for k, line in numbered if line.strip() and not line.lstrip().startswith("#")]
    if not numbered:
        raise DataError(f"{path.name} is empty")
    separator = max(_SEPARATORS, key=numbered[0][1].count)
    names = list(header)
    if not names:
        heads = [[cell.strip().strip('"') for cell in line.split(separator)] for _, line in numbered[:3]]
        names, used = _paired(heads) or (heads[0], 1)
        numbered = numbered[used:]
        _require_header(names, path)
    good, bad = _split_lines(numbered, separator, len(names))
    if not good:
        raise DataError(f"{path.name} has a header but no usable line")
    body = "\n".join(line for _, line in good)
    try:
        frame = pl.read_csv(
            io.BytesIO(body.encode()), has_header=False, new_columns=names, separator=separator, infer_schema=False
        )
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path.name} is not a readable table: {_one_line(error)}") from error
    frame = frame.with_columns(pl.Series(LINE, [k for k, _ in good], dtype=pl.UInt32))
    return Table(frame, path.name, "line", tuple(bad))


def _text_of(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix.lower() == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise DataError(f"{path.name} is not a complete gzip file; download it again") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path.name}, line {line}: not UTF-8 text; save the file as UTF-8") from error


def _paired(heads: Sequence[Sequence[str]]) -> tuple[list[str], int] | None:
    """(names, lines used) of a header of two levels, as pandas writes one: two lines that begin with the levels'
    names, and one with the index's name alone where it has one. Names are pairs, as a frame's are. None otherwise."""
    if len(heads) < 2 or len(heads[0]) != len(heads[1]) or len(heads[0]) < 2:
        return None
    if any(line[0].lower() not in _LEVELS or not all(line[1:]) for line in heads[:2]):
        return None
    named = len(heads) > 2 and heads[2][0] != "" and not any(heads[2][1:])
    first = heads[2][0] if named else "time"
    return [first, *(str(pair) for pair in zip(heads[0][1:], heads[1][1:], strict=True))], 3 if named else 2


def _require_header(names: Sequence[str], path: Path) -> None:
    if len(set(names)) != len(names):
        raise DataError(f"{path.name} has two columns of one name in its header; rename one")
    if not any(any(c.isalpha() for c in name) for name in names):
        raise DataError(f"{path.name} has no header line; give --header time,open,high,low,close,volume")


def _split_lines(
    numbered: Sequence[tuple[int, str]], separator: str, fields: int
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """(good, bad) lines by their number of fields; bad ones carry the reason."""
    good, bad = [], []
    for number, line in numbered:
        count = line.count(separator) + 1
        if '"' in line:  # a quoted cell may hold the separator
            count = len(next(csv.reader([line], delimiter=separator)))
        if count == fields:
            good.append((number, line))
        else:
            bad.append((number, f"{count} fields where the header has {fields}"))
    return good, bad


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
