"""pandas-ta-classic with its own formulas (talib=False), on a few of the symbols. ``python -m ... batch``."""

from __future__ import annotations

import sys
import warnings

import pandas as pd

from benchmarks import data
from benchmarks.measure import report, timed

warnings.filterwarnings("ignore")

import pandas_ta_classic as ta  # noqa: E402  (it warns when it is imported)

VERSION = str(getattr(ta, "version", "?"))
SYMBOLS = 4
OWN = {"talib": False}
BATTERY = {
    "SMA": lambda h, low, c, v: ta.sma(c, 20, **OWN),
    "EMA": lambda h, low, c, v: ta.ema(c, 20, **OWN),
    "WMA": lambda h, low, c, v: ta.wma(c, 20, **OWN),
    "RSI": lambda h, low, c, v: ta.rsi(c, 14, **OWN),
    "MACD": lambda h, low, c, v: ta.macd(c, 12, 26, 9, **OWN),
    "BBANDS": lambda h, low, c, v: ta.bbands(c, 20, 2, **OWN),
    "ATR": lambda h, low, c, v: ta.atr(h, low, c, 14, **OWN),
    "ADX": lambda h, low, c, v: ta.adx(h, low, c, 14),
    "ROC": lambda h, low, c, v: ta.roc(c, 10, **OWN),
    "STDDEV": lambda h, low, c, v: ta.stdev(c, 30, ddof=0, **OWN),
    "MAX": lambda h, low, c, v: h.rolling(20).max(),
    "MIN": lambda h, low, c, v: low.rolling(20).min(),
    "OBV": lambda h, low, c, v: ta.obv(c, v, **OWN),
    "TRANGE": lambda h, low, c, v: ta.true_range(h, low, c, **OWN),
}


def batch():
    """Each indicator over each symbol."""
    index = pd.to_datetime(data.open_times(data.BATTERY_ROWS))
    symbols = [
        [pd.Series(bars[name], index=index, name=name) for name in ("high", "low", "close", "volume")]
        for bars in (data.battery_symbol(k, data.BATTERY_ROWS) for k in range(SYMBOLS))
    ]
    for function in BATTERY.values():
        function(*[column.iloc[:300] for column in symbols[0]])

    def work():
        return {name: function(*one) for one in symbols for name, function in BATTERY.items()}

    spent, found = timed(work)
    last = round(float(found["EMA"].iloc[-1]) + float(found["RSI"].iloc[-1]), 4)
    units = data.BATTERY_ROWS * SYMBOLS * len(BATTERY)
    report("pandas-ta-classic", VERSION, units, spent, last=last, indicators=len(BATTERY))


if __name__ == "__main__":
    {"batch": batch}[sys.argv[1]]()
