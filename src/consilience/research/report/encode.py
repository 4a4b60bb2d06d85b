"""Numbers for the page, packed: rounded to a stated number of decimals, differenced, as base-128 bytes in base64.

A daily curve costs 2 to 4 bytes a value instead of 8 or more. ``assets/codec.js`` reads it; ``unpack`` is its twin.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from consilience.research.report.data import Floats, Times

_LARGEST = 2.0**52  # JavaScript numbers are exact below 2**53


def pack(values: Floats, decimals: int) -> dict[str, Any]:
    """``values`` as {n, d, b, gaps}; the gaps are [start, length] runs of NaN or infinite values."""
    finite = np.isfinite(values)
    largest = float(np.max(np.abs(values[finite]))) if bool(finite.any()) else 0.0
    while decimals > 0 and largest * 10.0**decimals >= _LARGEST:
        decimals -= 1
    whole = np.rint(np.where(finite, values, 0.0) * 10.0**decimals)
    return {"n": len(values), "d": decimals, "b": _bytes_of(whole), "gaps": _gaps(finite)}


def pack_times(ts: Times) -> dict[str, Any]:
    """Nanosecond times as {n, unit, b} steps in whole ``unit`` milliseconds, their greatest common divisor."""
    milliseconds = ts // 1_000_000
    steps = np.diff(milliseconds)
    unit = int(np.gcd.reduce(steps)) if len(steps) else 1
    unit = max(unit, 1)
    first = int(milliseconds[0]) if len(ts) else 0
    return {
        "n": len(ts),
        "first": first,
        "unit": unit,
        "b": _base64(_varints((milliseconds[1:] - milliseconds[:-1]) // unit)),
    }


def unpack(packed: dict[str, Any]) -> Floats:
    """What the page will see of ``pack``."""
    whole = np.cumsum(_read(packed["b"])).astype(np.float64)
    values: Floats = whole / 10.0 ** packed["d"]
    for start, length in packed["gaps"]:
        values[start : start + length] = np.nan
    return values


def unpack_times(packed: dict[str, Any]) -> Times:
    """What the page will see of ``pack_times``, in nanoseconds (whole milliseconds)."""
    if packed["n"] == 0:
        return np.empty(0, dtype=np.int64)
    steps = _read(packed["b"]) * packed["unit"]
    return np.concatenate(([packed["first"]], packed["first"] + np.cumsum(steps))) * 1_000_000


def pack_names(names: list[str]) -> dict[str, Any]:
    """Repeated texts as {names, at}: each text once, and its number per row."""
    table: dict[str, int] = {}
    at = [table.setdefault(name, len(table)) for name in names]
    return {"names": list(table), "at": pack(np.asarray(at, dtype=np.float64), 0)}


def _bytes_of(whole: Floats) -> str:
    integers = whole.astype(np.int64)
    return _base64(_varints(np.diff(integers, prepend=np.int64(0))))


def _gaps(finite: np.ndarray[Any, np.dtype[np.bool_]]) -> list[list[int]]:
    edge = np.diff(np.concatenate(([0], (~finite).astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    return [[int(s), int(e - s)] for s, e in zip(starts, ends, strict=True)]


def _varints(values: Times) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Zigzag, then seven bits a byte, low bits first, the top bit set on all but the last byte."""
    zigzag = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    sizes = np.ones(len(zigzag), dtype=np.int64)
    rest = zigzag >> np.uint64(7)
    while bool(rest.any()):
        sizes += rest > 0
        rest = rest >> np.uint64(7)
    ends = np.cumsum(sizes)
    out = np.zeros(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
    for k in range(int(sizes.max()) if len(sizes) else 0):
        rows = np.flatnonzero(sizes > k)
        byte = (zigzag[rows] >> np.uint64(7 * k)) & np.uint64(127)
        more = np.where(sizes[rows] > k + 1, np.uint64(128), np.uint64(0))
        out[ends[rows] - sizes[rows] + k] = (byte | more).astype(np.uint8)
    return out


def _base64(raw: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
    return base64.b64encode(raw.tobytes()).decode("ascii")


def _read(text: str) -> Times:
    values, current, shift = [], 0, 0
    for byte in base64.b64decode(text):
        current |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append((current >> 1) ^ -(current & 1))
            current = shift = 0
    return np.asarray(values, dtype=np.int64)
