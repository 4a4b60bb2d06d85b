"""backtesting.py: ``python -m ... callback|sweep``. One asset; market orders fill at the next open."""

from __future__ import annotations

import sys
import warnings

import backtesting
import pandas as pd

from benchmarks import data
from benchmarks.measure import Measure, report

warnings.filterwarnings("ignore")
backtesting.backtesting._tqdm = lambda rows, **_: iter(rows)  # no progress bar
ENGINE, VERSION = "backtesting.py", backtesting.__version__


def average(values, length):
    """Exponential average from the first value."""
    return pd.Series(values).ewm(span=length, adjust=False, min_periods=length).mean()


class Cross(backtesting.Strategy):
    """Long while the fast average is above the slow one."""

    fast, slow = data.FAST, data.SLOW

    def init(self):
        self.quick = self.I(average, self.data.Close, self.fast)
        self.calm = self.I(average, self.data.Close, self.slow)

    def next(self):
        quick, calm = self.quick[-1], self.calm[-1]
        if quick > calm:
            if not self.position:
                self.buy(size=1)
        elif quick < calm and self.position:
            self.position.close()


def session(bars):
    """A Backtest over the bars."""
    times = pd.to_datetime(data.open_times(len(bars["close"])))
    frame = pd.DataFrame({name.capitalize(): bars[name] for name in data.COLUMNS}, index=times)
    return backtesting.Backtest(frame, Cross, cash=data.CASH, commission=data.COMMISSION)


def callback():
    """W1."""
    test = session(data.one_symbol())
    with Measure() as spent:
        done = test.run()
    fills = 2 * len(done["_trades"])
    report(ENGINE, VERSION, data.ONE_ROWS, spent, fills=fills, equity=round(float(done["Equity Final [$]"]), 2))


def sweep():
    """W3: three of the thousand pairs."""
    test = session(data.sweep_symbol())
    pairs, fills = data.sweep_pairs(3), 0
    with Measure() as spent:
        for fast, slow in pairs:
            fills += 2 * len(test.run(fast=fast, slow=slow)["_trades"])
    report(ENGINE, VERSION, len(pairs), spent, fills=fills)


if __name__ == "__main__":
    {"callback": callback, "sweep": sweep}[sys.argv[1]]()
