"""FLOX (package lrvx): ``python -m ... one|callback|many|sweep``.

one, many, sweep: its Engine with signals prepared in NumPy; market orders fill at close[t]. callback: a Strategy with
on_bar, the averages in Python (its own streaming averages walk their whole history on each update), fills at open[t+1].
Its averages start from the mean of the first bars, so its fills differ from ours by a few; with several symbols its
Engine fills many orders at the bar before the signal (a look-ahead), so that equity is not comparable.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

import lrvx
import numpy as np

from benchmarks import data
from benchmarks.measure import Measure, report, timed

ENGINE, VERSION = "FLOX", version("lrvx")


def turns(close, fast, slow):
    """Bars of alternating buys and sells; the first is a buy."""
    quick, calm = lrvx.ema(close, fast), lrvx.ema(close, slow)
    side = (quick > calm).astype(np.int8) - (quick < calm).astype(np.int8)
    spoken = np.flatnonzero(side)
    changes = spoken[np.concatenate(([True], np.diff(side[spoken]) != 0))] if len(spoken) else spoken
    return changes[1:] if len(changes) and side[changes[0]] < 0 else changes


def send(builder, times, rows, symbol):
    """Put the orders in; how many."""
    stamps = times[rows].tolist()
    for k, stamp in enumerate(stamps):
        (builder.buy if k % 2 == 0 else builder.sell)(stamp, data.UNITS, symbol)
    return len(stamps)


def open_result(close, rows):
    """What an open position is worth beyond its entry: final_capital leaves it out."""
    return float(close[-1] - close[rows[-1]]) if len(rows) % 2 else 0.0


def loaded(bars):
    """An engine with the bars of every symbol."""
    engine = lrvx.Engine(data.CASH, data.COMMISSION)
    for symbol, columns in bars.items():
        engine.load_ohlcv({"ts": data.open_times(len(columns["close"])), **columns}, symbol)
    return engine


def run_engine(engine, bars, fast=data.FAST, slow=data.SLOW):
    """Signals, then the run."""
    builder, fills, extra = lrvx.SignalBuilder(), 0, 0.0
    for symbol, columns in bars.items():
        close = columns["close"]
        rows = turns(close, fast, slow)
        fills += send(builder, data.open_times(len(close)), rows, symbol)
        extra += open_result(close, rows)
    done = engine.run(builder)
    return {"fills": fills, "equity": round(float(done.final_capital + extra), 2)}


def one():
    """W1."""
    bars = {"AAA": data.one_symbol()}
    engine = loaded(bars)
    spent, found = timed(lambda: run_engine(engine, bars))
    report(ENGINE, VERSION, data.ONE_ROWS, spent, **found)


def many():
    """W2."""
    bars = data.many_symbols()
    engine = loaded(bars)
    spent, found = timed(lambda: run_engine(engine, bars))
    report(ENGINE, VERSION, data.MANY_SYMBOLS * data.MANY_ROWS, spent, **found)


def sweep():
    """W3: its GridSearch, which runs one set after the other."""
    bars = {"AAA": data.sweep_symbol()}
    engine = loaded(bars)
    fills = [0]

    def point(values):
        found = run_engine(engine, bars, int(values[0]), int(values[0] + values[1]))
        fills[0] += found["fills"]
        return found

    grid = lrvx.GridSearch()
    grid.add_axis([float(f) for f in range(2, 42)])
    grid.add_axis([float(g) for g in range(2, 51, 2)])
    grid.set_factory(point)
    with Measure() as spent:
        done = grid.run()
    report(ENGINE, VERSION, len(done), spent, fills=fills[0])


class Cross(lrvx.Strategy):
    """Averages by hand, from the mean of the first bars."""

    def __init__(self, symbols):
        super().__init__(symbols)
        self.bars, self.total = 0, 0.0
        self.quick = self.calm = 0.0
        self.fast_share, self.slow_share = 2.0 / (data.FAST + 1.0), 2.0 / (data.SLOW + 1.0)

    def on_bar(self, ctx, bar):
        close = bar.close
        self.bars += 1
        if self.bars <= data.SLOW:
            self.total += close
            if self.bars == data.FAST:
                self.quick = self.total / data.FAST
            elif self.bars > data.FAST:
                self.quick += self.fast_share * (close - self.quick)
            if self.bars < data.SLOW:
                return
            self.calm = self.total / data.SLOW
        else:
            self.quick = self.fast_share * close + (1.0 - self.fast_share) * self.quick
            self.calm = self.slow_share * close + (1.0 - self.slow_share) * self.calm
        if self.quick > self.calm:
            if ctx.is_flat():
                self.market_buy(data.UNITS)
        elif self.quick < self.calm and ctx.is_long():
            self.close_position()


def callback():
    """W1 with a Python callback on each bar."""
    bars = data.one_symbol()
    times = data.open_times(data.ONE_ROWS)
    registry = lrvx.SymbolRegistry()
    symbol = registry.add_symbol("SIM", "AAA", 0.01)
    runner = lrvx.BacktestRunner(registry, data.COMMISSION, data.CASH)
    runner.set_strategy(Cross([symbol]))
    columns = [bars[name] for name in data.COLUMNS]
    spent, done = timed(lambda: runner.run_bars(times, times + data.MINUTE_NS - 1, *columns, "AAA"))
    # the runner counts closed trades; at the end of this data nothing is open
    fills = 2 * int(done["total_trades"])
    report(ENGINE, VERSION, data.ONE_ROWS, spent, fills=fills, equity=round(float(done["final_capital"]), 2))


if __name__ == "__main__":
    {"one": one, "callback": callback, "many": many, "sweep": sweep}[sys.argv[1]]()
