"""Bars for the benchmarks: made from a seed, the same on every machine, proven by a checksum.

NumPy's legacy generator is frozen, so every NumPy and every environment makes the same bars: a geometric random walk
of one-minute bars that trade around the clock, prices on a grid of 0.01. Needs NumPy only, so peers import it too.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

CASH, UNITS, COMMISSION = 1_000_000.0, 1.0, 0.001
FAST, SLOW = 10, 20
FIRST_OPEN_NS = 1_577_836_800_000_000_000  # 2020-01-01T00:00Z
MINUTE_NS = 60_000_000_000
COLUMNS = ("open", "high", "low", "close", "volume")

ONE_ROWS = 1_000_000
MANY_SYMBOLS, MANY_ROWS = 50, 100_000
SWEEP_ROWS = 100_000
BATTERY_SYMBOLS, BATTERY_ROWS = 100, 50_000
STREAM_SYMBOLS, STREAM_WARM, STREAM_ROWS = 500, 300, 200
UNIVERSE_SLICES = 100
CHECKSUMS = {"one": 907126593, "many": 2976773340, "sweep": 2881486740}

Bars = dict[str, Any]  # column -> float64 [n]


def walk(rows: int, seed: int) -> Bars:
    """Bars of one symbol; each opens where the last one closed, but for a small gap."""
    random = np.random.RandomState(seed)
    move = random.standard_normal(rows) * 5e-4
    gap = random.standard_normal(rows) * 1e-4
    above = np.abs(random.standard_normal(rows)) * 5e-4 * 0.5
    below = np.abs(random.standard_normal(rows)) * 5e-4 * 0.5
    volume = random.randint(1, 10_000, size=rows).astype(np.float64)
    level = np.cumsum(move + gap)
    before = np.concatenate(([0.0], level[:-1]))
    close = np.round(1000.0 * np.exp(level), 2)
    opening = np.round(1000.0 * np.exp(before + gap), 2)
    top, bottom = np.maximum(opening, close), np.minimum(opening, close)
    high = np.maximum(np.round(top * (1.0 + above), 2), top)
    low = np.minimum(np.round(bottom * (1.0 - below), 2), bottom)
    return {"open": opening, "high": high, "low": low, "close": close, "volume": volume}


def open_times(rows: int) -> Any:
    """When the bars open, int64 nanoseconds."""
    return FIRST_OPEN_NS + np.arange(rows, dtype=np.int64) * MINUTE_NS


def checksum(bars: Bars) -> int:
    """CRC-32 over the columns as whole cents."""
    value = 0
    for name in COLUMNS:
        value = zlib.crc32(np.round(bars[name] * 100).astype("<i8").tobytes(), value)
    return value


def one_symbol(rows: int = ONE_ROWS) -> Bars:
    """W1: a million bars."""
    return walk(rows, 1)


def many_symbols(symbols: int = MANY_SYMBOLS, rows: int = MANY_ROWS) -> dict[str, Bars]:
    """W2: fifty symbols of a hundred thousand bars."""
    return {f"S{k:03d}": walk(rows, 100 + k) for k in range(symbols)}


def sweep_symbol(rows: int = SWEEP_ROWS) -> Bars:
    """W3: a hundred thousand bars."""
    return walk(rows, 3)


def sweep_pairs(count: int = 1000) -> list[tuple[int, int]]:
    """W3: pairs (fast, slow); fewer than 1,000 are taken evenly from all."""
    pairs = [(fast, fast + gap) for fast in range(2, 42) for gap in range(2, 51, 2)]
    return pairs[:: len(pairs) // count][:count]


def battery_symbol(number: int, rows: int) -> Bars:
    """W4, W5: one of the symbols."""
    return walk(rows, 1000 + number)


def verify() -> None:
    """Raises ValueError when this NumPy makes other bars."""
    many = 0
    for bars in many_symbols().values():
        many ^= checksum(bars)
    found = {"one": checksum(one_symbol()), "many": many, "sweep": checksum(sweep_symbol())}
    if found != CHECKSUMS:
        raise ValueError(f"the bars differ from the agreed ones: {found}")


if __name__ == "__main__":
    verify()
    print("checksums agree")
