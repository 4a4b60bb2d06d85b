"""Fingerprints of a panel: which column of which symbol changed, and in which bar first, without keeping the data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.ids import array_digest, text_digest
from consilience.core.panel import Ints, Panel, Records

Prints = npt.NDArray[np.uint32]
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
SHARED = "*"  # stands for what belongs to no symbol: times, sessions' rates, corporate actions


class DataPrints(NamedTuple):
    """digests: by symbol and column (symbol ``*`` for what all share). ts: int64 [T]. rows: uint32 [T, S], one
    number for each bar over all its columns."""

    digests: dict[str, dict[str, str]]
    ts: Ints
    rows: Prints

    @property
    def total(self) -> str:
        """One digest over everything."""
        parts = [f"{s}.{c}={d}" for s, columns in sorted(self.digests.items()) for c, d in sorted(columns.items())]
        return text_digest("\n".join(parts))


def fingerprints(panel: Panel) -> DataPrints:
    """Fingerprints of everything in ``panel`` that a run reads."""
    rows, symbols = panel.shape
    columns = _columns(panel)
    shared = {
        "instruments": text_digest("\n".join(repr(i) for i in panel.instruments)),
        "currencies": text_digest(",".join(panel.currencies)),
        "ts": array_digest([panel.ts]),
        "fx": array_digest([panel.fx_num, panel.fx_den]),
        "actions": array_digest([panel.actions]),
    }
    if panel.hours is not None:
        shared["hours"] = array_digest(list(panel.hours))
    if len(panel.facts):
        shared["facts"] = array_digest([panel.facts])
    for number, feed in enumerate(panel.feeds):
        shared[f"signals of {feed}"] = array_digest([_plain_feed(panel.signals[panel.signals["feed"] == number])])
    digests = {SHARED: shared}
    prints = np.zeros((rows, symbols), np.uint64)
    for s, symbol in enumerate(panel.symbols):
        digests[symbol] = {}
        for name, array in columns.items():
            values = np.ascontiguousarray(array[:, s])
            digests[symbol][name] = array_digest([values])
            prints[:, s] = _mix(prints[:, s], values)
    return DataPrints(digests, panel.ts, (prints >> np.uint64(32)).astype(np.uint32))


def _plain_feed(records: Records) -> Records:
    """The records without the number of their feed, so that further feeds change nothing about this one."""
    result = records.copy()
    result["feed"] = 0
    return result


def _columns(panel: Panel) -> dict[str, npt.NDArray[np.generic]]:
    names = ("open", "high", "low", "close")
    result: dict[str, npt.NDArray[np.generic]] = dict(zip(names, panel.bid, strict=True))
    if panel.is_bid_ask:
        result |= {f"ask_{name}": column for name, column in zip(names, panel.ask, strict=True)}
        result["ask_size"] = panel.ask_size
    result |= {"size": panel.bid_size, "volume": panel.volume, "valid": panel.valid, "session": panel.session}
    if panel.factor is not None:
        result["factor"] = panel.factor
    return result


def _mix(state: npt.NDArray[np.uint64], values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint64]:
    """Fold one more column into each row's state: xor, multiply, shift; wrapping on purpose."""
    bits = values.astype(np.uint64) if values.dtype == np.bool_ else values.view(np.uint64)
    mixed: npt.NDArray[np.uint64] = (state ^ bits) * _MULTIPLIER
    return (mixed ^ (mixed >> np.uint64(29))) * _MULTIPLIER


class DataDifference(NamedTuple):
    """First difference of two panels. symbol is ``*`` for what all share; ts is 0 where no bar can be named."""

    symbol: str
    columns: tuple[str, ...]
    ts: int


def first_data_difference(old: DataPrints, new: DataPrints) -> DataDifference | None:
    """The first bar and symbol that differ, with all columns of that symbol that differ somewhere; None when equal."""
    if old.total == new.total:
        return None
    if set(old.digests) != set(new.digests):
        changed = sorted(set(old.digests) ^ set(new.digests))
        return DataDifference(changed[0], ("symbol",), 0)
    if old.digests[SHARED]["ts"] != new.digests[SHARED]["ts"]:
        return DataDifference(SHARED, ("ts",), _first_time(old.ts, new.ts))
    found: list[tuple[int, int]] = []
    symbols = [s for s in new.digests if s != SHARED]
    for column, symbol in enumerate(symbols):
        if old.digests[symbol] != new.digests[symbol]:
            rows = np.flatnonzero(old.rows[:, column] != new.rows[:, column])
            found.append((int(rows[0]) if len(rows) else len(new.ts), column))
    if found:
        row, column = min(found)
        symbol = symbols[column]
        ts = int(new.ts[row]) if row < len(new.ts) else 0
        return DataDifference(symbol, _changed(old, new, symbol), ts)
    return DataDifference(SHARED, _changed(old, new, SHARED), 0)


def _changed(old: DataPrints, new: DataPrints, symbol: str) -> tuple[str, ...]:
    before, after = old.digests[symbol], new.digests[symbol]
    return tuple(name for name in {**after, **before} if before.get(name) != after.get(name))


def _first_time(old: Ints, new: Ints) -> int:
    """First close time that only one of the two has."""
    only: Ints = np.setxor1d(old, new)
    return int(only[0]) if len(only) else 0
