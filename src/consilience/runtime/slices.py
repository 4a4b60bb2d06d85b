"""One slice as bytes for the journal, exact to the bit, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from consilience.core.errors import DataError
from consilience.core.panel import EventColumns, Ints, Panel, PriceColumns
from consilience.core.schemas import ACTION_DTYPE, FACT_DTYPE, SIGNAL_DTYPE

_VERSION = 1
_SINGLE = ("ts", "ts_known", "volume", "valid", "session", "fx_num", "bid_size")
_MAYBE = ("flags", "factor", "split_factor")
_TABLES = {"actions": ACTION_DTYPE, "facts": FACT_DTYPE, "signals": SIGNAL_DTYPE}


class Slice(NamedTuple):
    """panel: of one row. session_open: open of each symbol's session, int64 [1, S], where the feed tells it."""

    panel: Panel
    session_open: Ints | None = None


def encode_slice(panel: Panel, session_open: Ints | None = None) -> bytes:
    """A panel of one row as bytes. Instruments and currencies are not in them: ``decode_slice`` takes a template.

    Raises DataError for more or less than one row.
    """
    rows, symbols = panel.shape
    if rows != 1:
        raise DataError(f"a journal keeps one slice at a time, not {rows}")
    parts: dict[str, Any] = {"version": _VERSION, "symbols": symbols}
    for name in (*_SINGLE, *_MAYBE, *_TABLES):
        column = getattr(panel, name)
        if column is not None and len(column):
            parts[name] = np.ascontiguousarray(column).tobytes()
    parts["bid"] = np.concatenate(panel.bid).tobytes()
    if panel.is_bid_ask:
        parts["ask"] = np.concatenate(panel.ask).tobytes()
    if panel.ask_size is not panel.bid_size:
        parts["ask_size"] = np.ascontiguousarray(panel.ask_size).tobytes()
    if panel.told is not None:
        parts["told"] = np.concatenate(panel.told).tobytes()
    if session_open is not None:
        parts["session_open"] = np.ascontiguousarray(session_open).tobytes()
    parts["first_row"] = panel.first_row
    return msgspec.msgpack.encode(parts)


def decode_slice(payload: bytes, template: Panel) -> Slice:
    """The slice that ``encode_slice`` wrote. template: any panel of the same instruments, currencies and kind.

    Raises DataError for a payload of another version or number of symbols.
    """
    parts: dict[str, Any] = msgspec.msgpack.decode(payload)
    symbols = len(template.instruments)
    if parts.get("version") != _VERSION or parts.get("symbols") != symbols:
        raise DataError(
            f"a journaled slice has {parts.get('symbols')} symbols in format {parts.get('version')}; "
            f"this session has {symbols} in format {_VERSION}"
        )

    def column(name: str, kind: npt.DTypeLike, *shape: int) -> Any:
        return np.frombuffer(parts[name], kind).reshape(shape).copy()

    def maybe(name: str, kind: npt.DTypeLike) -> Any:
        return column(name, kind, 1, symbols) if name in parts else None

    def table(name: str) -> Any:
        return np.frombuffer(parts.get(name, b""), _TABLES[name]).copy()

    bid, bid_size = PriceColumns(*column("bid", np.int64, 4, 1, symbols)), maybe("bid_size", np.int64)
    told = column("told", np.int64, len(EventColumns._fields), 1, symbols) if "told" in parts else None
    panel = replace(
        template,
        ts=column("ts", np.int64, 1),
        ts_known=column("ts_known", np.int64, 1),
        bid=bid,
        ask=PriceColumns(*column("ask", np.int64, 4, 1, symbols)) if "ask" in parts else bid,
        bid_size=bid_size,
        ask_size=maybe("ask_size", np.int64) if "ask_size" in parts else bid_size,
        volume=maybe("volume", np.float64),
        valid=maybe("valid", np.bool_),
        session=maybe("session", np.int64),
        fx_num=column("fx_num", np.int64, 1, len(template.currencies)),
        flags=maybe("flags", np.uint16),
        factor=maybe("factor", np.float64),
        split_factor=maybe("split_factor", np.float64),
        told=None if told is None else EventColumns(*told),
        actions=table("actions"),
        facts=table("facts"),
        signals=table("signals"),
        first_row=parts["first_row"],
    )
    return Slice(panel, maybe("session_open", np.int64))
