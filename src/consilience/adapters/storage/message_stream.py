"""Recorded websocket messages of an exchange as a table: each line the receiving time in ns, a space, the JSON text."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from consilience.adapters.storage.table_files import LINE, Table
from consilience.core.errors import DataError

_LINE = re.compile(rb"^\d{19} \{")
_STREAMS = {"quotes": b"@bookTicker", "trades": b"@trade"}
_FIELDS = {
    "quotes": {"symbol": "s", "bid": "b", "bid_size": "B", "ask": "a", "ask_size": "A"},
    "trades": {"symbol": "s", "price": "p", "size": "q", "buyer_maker": "m"},
}
NOTE = "times are those of the receiving clock"


class _Quote(msgspec.Struct):
    s: str
    b: str
    B: str
    a: str
    A: str


class _Trade(msgspec.Struct):
    s: str
    p: str
    q: str
    m: bool


class _QuoteMessage(msgspec.Struct):
    data: _Quote


class _TradeMessage(msgspec.Struct):
    data: _Trade


_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "quotes": msgspec.json.Decoder(_QuoteMessage),
    "trades": msgspec.json.Decoder(_TradeMessage),
}


def is_stream(source: Any) -> bool:
    """Whether ``source`` is the path of such a recording."""
    if not isinstance(source, (str, Path)) or Path(source).suffix.lower() not in (".gz", ".txt", ".log"):
        return False
    path = Path(source)
    if not path.is_file():
        return False
    try:
        with _opened(path) as file:
            return bool(_LINE.match(file.read(64)))
    except (OSError, EOFError):
        return False


def read_messages(path: str | Path, kind: str) -> Table:
    """The quotes (best bid and ask) or trades of a recording, other messages left aside and counted.

    Raises DataError for a recording that ends in the middle, a line that cannot be read, or none of ``kind``.
    """
    path = Path(path)
    columns: dict[str, list[Any]] = {LINE: [], "time": [], **{name: [] for name in _FIELDS[kind]}}
    others = 0
    for number, moment, message in _messages(path, kind):
        if message is None:
            others += 1
            continue
        columns[LINE].append(number)
        columns["time"].append(moment)
        for name, field in _FIELDS[kind].items():
            columns[name].append(getattr(message, field))
    if not columns["time"]:
        raise DataError(f"{path.name} holds no {kind}; give --ticks {'trades' if kind == 'quotes' else 'quotes'}")
    frame = pl.DataFrame(columns).with_columns(pl.col("time").cast(pl.Datetime("ns", "UTC")))
    notes = [NOTE]
    if others:
        notes.append(f"{others} messages of other streams left aside")
    return Table(frame, path.name, "line", notes=tuple(notes))


def _messages(path: Path, kind: str) -> Iterator[tuple[int, int, Any]]:
    """(line, time, message) of each line; the message is None where it is of another stream."""
    wanted, decoder = _STREAMS[kind], _DECODERS[kind]
    with _opened(path) as file:
        try:
            for number, line in enumerate(file, start=1):
                stamp, _, text = line.partition(b" ")
                if wanted not in text[:80]:
                    yield number, 0, None
                    continue
                try:
                    yield number, int(stamp), decoder.decode(text).data
                except (ValueError, msgspec.DecodeError) as error:
                    raise DataError(f"{path.name}, line {number}: not a message that can be read: {error}") from error
        except (OSError, EOFError) as error:
            raise DataError(f"{path.name} is not a complete gzip file; download it again") from error


def _opened(path: Path) -> Any:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")
