"""A small honest speed check on made-up prices: what this machine does, in this process, kernels already compiled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from consilience.core.instruments import Instrument
from consilience.core.panel import Panel, PriceColumns, trade_panel
from consilience.core.time import MINUTE
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.strategies.base import CallbackStrategy, Strategy
from consilience.strategies.catalog import STRATEGIES
from consilience.strategies.context import Context
from consilience.strategies.moving_average_cross import MovingAverageCross

ROUNDS = 3


class CallbackCross(CallbackStrategy):
    """The cross of two averages, decided in Python after each bar."""

    def declare(self, bar: Bar) -> dict[str, Node]:
        """Both averages."""
        return {"fast": ta.ema(bar.close, 10), "slow": ta.ema(bar.close, 20)}

    def on_bar(self, context: Context, symbol: str) -> None:
        """One unit while the fast average is above the slow one."""
        above = context.value("fast", symbol) > context.value("slow", symbol)
        if above != (context.position(symbol) > 0):
            context.order_target(symbol, 1.0 if above else 0.0)


@dataclass(frozen=True)
class Measure:
    """One figure. seconds: the best of the rounds; items: bars (of all symbols) that one round ran through."""

    name: str
    items: int
    seconds: float
    fills: int

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / self.seconds


def walk(rows: int, symbols: int, seed: int) -> Panel:
    """A seeded random walk of one-minute bars."""
    random = np.random.default_rng(seed)
    close = 100_000 + np.cumsum(random.integers(-40, 41, (rows, symbols)), axis=0)
    close = np.abs(close) + 1_000
    opened = close + random.integers(-10, 11, (rows, symbols))
    reach = random.integers(0, 30, (rows, symbols))
    prices = PriceColumns(opened, np.maximum(opened, close) + reach, np.minimum(opened, close) - reach, close)
    ts = np.arange(1, rows + 1, dtype=np.int64) * MINUTE
    volume = random.integers(1_000, 50_000, (rows, symbols))
    instruments = [Instrument(symbol=f"S{k}", session="24/7") for k in range(symbols)]
    return trade_panel(instruments, ts, prices, volume, duration_ns=MINUTE)


def measures(seed: int, scale: float = 1.0) -> Iterator[Measure]:
    """Every figure, one after the other. scale: length of the data, 1 for the usual one."""
    rows = max(int(200_000 * scale), 1_000)
    one, many = walk(rows, 1, seed), walk(max(rows // 20, 500), 50, seed)
    # a strategy of callbacks is measured above; one of pairs would estimate 1,225 of them
    compiled = [kind for kind in STRATEGIES.values() if not issubclass(kind, CallbackStrategy)]
    cases: tuple[tuple[str, Panel, Callable[[], list[Strategy]]], ...] = (
        ("one symbol, one strategy, compiled", one, lambda: [MovingAverageCross(fast=10, slow=20)]),
        ("one symbol, Python callback on each bar", one, lambda: [CallbackCross()]),
        ("50 symbols, shared cash, one strategy", many, lambda: [MovingAverageCross(fast=10, slow=20)]),
        (f"50 symbols, {len(compiled)} strategies, compiled", many, lambda: [kind() for kind in compiled]),
    )
    for name, panel, make in cases:
        _once(panel.rows(0, 300), make())  # compile or load the kernels, outside the clock
        best, fills = min(_once(panel, make()) for _ in range(ROUNDS))
        yield Measure(name, panel.shape[0] * panel.shape[1], best, fills)


def _once(panel: Panel, strategies: list[Strategy]) -> tuple[float, int]:
    """Seconds of one run, record level ``events``, and its fills."""
    begin = time.perf_counter()
    session = Session(panel, strategies, Settings(record="events"))
    session.run(panel)
    return time.perf_counter() - begin, len(session.output().fills)
