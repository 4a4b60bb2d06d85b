"""Our side: ``python -m benchmarks.ours one|callback|many|sweep [none|events]``.

Long while the fast average is above the slow one, one unit, a commission of a thousandth, market orders filled at the
next open, no slippage and no volume cap: what the peers do. Everything else of the order path is on: orders, gates,
risk, margin, integer ledger, equity curve.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from benchmarks import data
from benchmarks.measure import report, timed
from consilience.core.instruments import Instrument
from consilience.core.jit import compile_count
from consilience.core.panel import Panel, PriceColumns, trade_panel
from consilience.engine.output import RunOutput
from consilience.engine.session import Session
from consilience.engine.settings import Physics, Settings
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.research.sweep import sweep as run_sweep
from consilience.strategies import Entry, Param, Strategy, ta
from consilience.strategies.base import CallbackStrategy
from consilience.strategies.context import Context

ENGINE, VERSION = "consilience", "0.1.0"


class Cross(Strategy):
    """Long while the fast average is above the slow one."""

    fast = Param(data.FAST, low=2, high=400)
    slow = Param(data.SLOW, low=3, high=400)

    def define(self, bar: Bar) -> Entry:
        """A state rule, so that it trades on the first bar that it can."""
        quick, calm = ta.ema(bar.close, self.fast, seed="first"), ta.ema(bar.close, self.slow, seed="first")
        return Entry(long=quick > calm, exit_long=quick < calm, size=data.UNITS)


class CrossCallback(CallbackStrategy):
    """The same with Python on each bar."""

    def declare(self, bar: Bar) -> dict[str, Node]:
        """The two averages."""
        return {
            "quick": ta.ema(bar.close, data.FAST, seed="first"),
            "calm": ta.ema(bar.close, data.SLOW, seed="first"),
        }

    def on_bar(self, context: Context, symbol: str) -> None:
        """Compare, look at the position, order."""
        quick, calm = context.value("quick", symbol), context.value("calm", symbol)
        if quick > calm:
            if context.position(symbol) == 0.0:
                context.buy(symbol, data.UNITS)
        elif quick < calm and context.position(symbol) > 0.0:
            context.sell(symbol, data.UNITS)


def panel_of(bars: dict[str, data.Bars]) -> Panel:
    """Bars as a trade panel, stamped at their close."""

    def table(name: str, scale: float) -> np.ndarray:
        columns = [np.round(b[name] * scale).astype(np.int64) for b in bars.values()]
        return np.ascontiguousarray(np.stack(columns, axis=1))

    prices = PriceColumns(*(table(name, 100.0) for name in ("open", "high", "low", "close")))
    volume = table("volume", 1.0)
    instruments = [Instrument(symbol=symbol, session="24/7") for symbol in bars]
    ts = data.open_times(len(volume)) + data.MINUTE_NS
    return trade_panel(instruments, ts, prices, volume, duration_ns=data.MINUTE_NS)


def settings(record: str) -> Settings:
    """What the peers do."""
    physics = Physics(fee_parameters={"rate": data.COMMISSION}, slippage="none", participation=0.0)
    return Settings(cash=data.CASH, record=record, physics=physics)


def run(panel: Panel, strategy: Strategy, record: str) -> RunOutput:
    """One backtest."""
    session = Session(panel, [strategy], settings(record))
    session.run(panel)
    return session.output()


def backtest(panel: Panel, kind: type[Strategy], record: str) -> None:
    """Warm up on a few bars, then the timed run."""
    run(panel.rows(0, 500), kind(), record)
    spent, output = timed(lambda: run(panel, kind(), record))
    units = panel.shape[0] * panel.shape[1]
    equity = int(output.account["equity"][0]) / 10**output.exponent
    report(
        ENGINE, VERSION, units, spent, fills=len(output.fills), equity=round(equity, 2), record=record,
        compiled=compile_count(),
    )  # fmt: skip


def one(record: str = "none") -> None:
    """W1, declarative."""
    backtest(panel_of({"AAA": data.one_symbol()}), Cross, record)


def callback(record: str = "none") -> None:
    """W1, a Python callback on each bar."""
    backtest(panel_of({"AAA": data.one_symbol()}), CrossCallback, record)


def many(record: str = "none") -> None:
    """W2: fifty symbols and one account."""
    backtest(panel_of(data.many_symbols()), Cross, record)


def sweep(record: str = "none") -> None:
    """W3."""
    panel = panel_of({"AAA": data.sweep_symbol()})
    grid = [{"fast": fast, "slow": slow} for fast, slow in data.sweep_pairs()]
    run_sweep(panel.rows(0, 500), Cross, grid[:4], settings=settings(record))
    spent, found = timed(lambda: run_sweep(panel, Cross, grid, settings=settings(record)))
    ten = found.frame[:: len(grid) // 10]
    report(
        ENGINE, VERSION, found.tried, spent, fills=int(found.frame["fills"].sum()), ten=int(ten["fills"].sum()),
        record="none", compiled=compile_count(),
    )  # fmt: skip


def profile() -> None:
    """Where the time of the two declarative runs goes, in nanoseconds a bar: features, and the compiled loop."""
    for name, bars in (("one", {"AAA": data.one_symbol()}), ("many", data.many_symbols())):
        panel = panel_of(bars)
        best: dict[str, float] = {}
        for _ in range(4):
            spent = {"features": 0.0, "whole": -time.perf_counter()}
            session = Session(panel, [Cross()], settings("none"))
            push = session.maker.push

            def timed(*given: object, push: object = push, spent: dict[str, float] = spent) -> None:
                begun = time.perf_counter()
                push(*given)  # type: ignore[operator]
                spent["features"] += time.perf_counter() - begun

            session.maker.push = timed  # type: ignore[method-assign, assignment]
            session.run(panel)
            spent["whole"] += time.perf_counter()
            best = {k: min(v, best.get(k, v)) for k, v in spent.items()}
        bars_run = panel.shape[0] * panel.shape[1]
        print(name, {k: f"{v / bars_run * 1e9:.1f} ns" for k, v in best.items()})


if __name__ == "__main__":
    {"one": one, "callback": callback, "many": many, "sweep": sweep, "profile": profile}[sys.argv[1]](*sys.argv[2:])
