"""TA-Lib through its Python wrapper: whole arrays, and its stream handles. ``python -m ... batch|stream``."""

from __future__ import annotations

import sys

import talib

from benchmarks import data
from benchmarks.measure import report, timed

VERSION = f"{talib.__version__} (C {talib.__ta_version__.decode().split()[0]})"
# name -> columns, then (function, parameters): one value a bar and name, several outputs count once
BATTERY = {
    "SMA": ("c", [("SMA", (20,))]),
    "EMA": ("c", [("EMA", (20,))]),
    "WMA": ("c", [("WMA", (20,))]),
    "RSI": ("c", [("RSI", (14,))]),
    "MACD": ("c", [("MACD", (12, 26, 9))]),
    "BBANDS": ("c", [("BBANDS", (20, 2.0, 2.0))]),
    "ATR": ("hlc", [("ATR", (14,))]),
    "ADX": ("hlc", [("ADX", (14,)), ("PLUS_DI", (14,)), ("MINUS_DI", (14,))]),
    "ROC": ("c", [("ROC", (10,))]),
    "STDDEV": ("c", [("STDDEV", (30,))]),
    "MAX": ("h", [("MAX", (20,))]),
    "MIN": ("l", [("MIN", (20,))]),
    "OBV": ("cv", [("OBV", ())]),
    "TRANGE": ("hlc", [("TRANGE", ())]),
}
LETTERS = dict(zip("ohlcv", data.COLUMNS, strict=True))


def batch():
    """Each indicator over each symbol; the last symbol's are kept."""
    bars = [data.battery_symbol(k, data.BATTERY_ROWS) for k in range(data.BATTERY_SYMBOLS)]
    calls = [
        (name, getattr(talib, function), [LETTERS[x] for x in letters], params)
        for name, (letters, functions) in BATTERY.items()
        for function, params in functions
    ]

    def work():
        found = {}
        for one in bars:
            for name, function, columns, params in calls:
                found[name] = function(*(one[c] for c in columns), *params)
        return found

    spent, found = timed(work)
    last = round(float(found["EMA"][-1]) + float(found["RSI"][-1]), 4)
    units = data.BATTERY_ROWS * data.BATTERY_SYMBOLS * len(BATTERY)
    report("TA-Lib", VERSION, units, spent, last=last, indicators=len(BATTERY))


def stream():
    """One handle for each indicator and symbol, opened on the bars before the first slice."""
    warm, rows = data.STREAM_WARM, data.STREAM_WARM + data.STREAM_ROWS
    symbols = [data.battery_symbol(k % 200, rows) for k in range(data.STREAM_SYMBOLS)]

    def opened():
        handles = []
        for one in symbols:
            groups = {}
            for letters, functions in BATTERY.values():
                columns = [one[LETTERS[x]][:warm].copy() for x in letters]
                for function, params in functions:
                    handle = getattr(talib.stream, function)(*columns, *params)
                    groups.setdefault(letters, []).append(handle)
            handles.append(groups)
        return handles

    feeds = [
        {
            letters: list(zip(*(one[LETTERS[x]].tolist() for x in letters), strict=True))
            for letters, _ in BATTERY.values()
        }
        for one in symbols
    ]
    handles = opened()
    updates = [
        [(feed[k], [h.update for h in hs]) for k, hs in g.items()] for feed, g in zip(feeds, handles, strict=True)
    ]

    def work():
        for t in range(warm, rows):
            for one in updates:
                for feed, calls in one:
                    values = feed[t]
                    for call in calls:
                        call(*values)

    spent, _ = timed(work, again=False)
    of_close = handles[-1]["c"]
    last = round(of_close[1].value + of_close[3].value, 4)
    units = data.STREAM_ROWS * data.STREAM_SYMBOLS * len(BATTERY)
    report("TA-Lib", VERSION, units, spent, label="stream handles", last=last, indicators=len(BATTERY))


if __name__ == "__main__":
    {"batch": batch, "stream": stream}[sys.argv[1]]()
