"""talipp, incremental indicators in pure Python; it lacks three of the battery. ``python -m ... stream``."""

from __future__ import annotations

import sys
from importlib.metadata import version

import talipp.indicators as ti
from talipp.ohlcv import OHLCV

from benchmarks import data
from benchmarks.measure import report, timed

ROWS = 10  # slices: pure Python
# name -> (constructor, takes the whole bar)
BATTERY = {
    "SMA": (lambda: ti.SMA(20), False),
    "EMA": (lambda: ti.EMA(20), False),
    "WMA": (lambda: ti.WMA(20), False),
    "RSI": (lambda: ti.RSI(14), False),
    "MACD": (lambda: ti.MACD(12, 26, 9), False),
    "BBANDS": (lambda: ti.BB(20, 2.0), False),
    "ATR": (lambda: ti.ATR(14), True),
    "ADX": (lambda: ti.ADX(14, 14), True),
    "ROC": (lambda: ti.ROC(10), False),
    "STDDEV": (lambda: ti.StdDev(30), False),
    "OBV": (ti.OBV, True),
}


def stream():
    """One object for each indicator and symbol, and its bars one at a time."""
    warm, rows = 100, 100 + ROWS
    symbols = []
    for k in range(data.STREAM_SYMBOLS):
        bars = data.battery_symbol(k % 200, data.STREAM_WARM + data.STREAM_ROWS)
        columns = [bars[name][-rows:].tolist() for name in data.COLUMNS]
        symbols.append(([OHLCV(*values) for values in zip(*columns, strict=True)], columns[3]))
    rows_of = [[(make(), whole) for make, whole in BATTERY.values()] for _ in symbols]

    def step(t):
        for (bars, close), row in zip(symbols, rows_of, strict=True):
            for indicator, whole in row:
                indicator.add(bars[t] if whole else close[t])

    for t in range(warm):
        step(t)
    spent, _ = timed(lambda: [step(t) for t in range(warm, rows)], again=False)
    last = {name: float(i[-1]) for name, (i, _) in zip(BATTERY, rows_of[-1], strict=True) if name in ("EMA", "RSI")}
    units = ROWS * data.STREAM_SYMBOLS * len(BATTERY)
    report("talipp", version("talipp"), units, spent, last=round(sum(last.values()), 4), indicators=len(BATTERY))


if __name__ == "__main__":
    {"stream": stream}[sys.argv[1]]()
