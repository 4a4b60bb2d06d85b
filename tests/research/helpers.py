"""Small panels and strategies whose runs can be followed by eye."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from consilience.core.instruments import Instrument
from consilience.core.panel import Panel, PriceColumns, trade_panel
from consilience.core.time import DAY, parse_time
from consilience.engine.settings import Physics, Settings
from consilience.strategies import Entry, Param, Strategy, ta

START = parse_time("2024-01-02T21:00")
FREE = Settings(physics=Physics(fee="none", slippage="none", participation=0.0))


class Above(Strategy):
    """Long while the close is above the level."""

    level = Param(100.0, low=0.0, high=1e9)
    stop = Param(0.0, low=0.0, high=1e9, text="0 trades without a stop")
    allow_short = Param(False)

    def define(self, bar):
        """Two comparisons."""
        return Entry(
            long=bar.close > self.level,
            exit_long=bar.close < self.level,
            short=bar.close < self.level if self.allow_short else None,
            stop_loss=self.stop if self.stop else None,
            confidence=0.8,
            reason="close above the level",
        )


class Crossing(Strategy):
    """Long when the close crosses its mean of five bars; needs a warm-up."""

    period = Param(5, low=2, high=50)

    def define(self, bar):
        """Cross of close and mean."""
        mean = ta.sma(bar.close, self.period)
        return Entry(
            long=ta.crosses_above(bar.close, mean), exit_long=ta.crosses_below(bar.close, mean), reason="crossed"
        )


def panel_of(closes: Mapping[str, Sequence[float | None]], step: int = DAY) -> Panel:
    """Bars without range, open = close, one a day at 21:00 UTC; None masks the symbol in that slice."""
    names = list(closes)
    values = np.array([[np.nan if c is None else c for c in closes[n]] for n in names], np.float64).T
    valid = np.isfinite(values)
    ticks = np.rint(np.where(valid, values, 0.0) * 100).astype(np.int64)
    prices = PriceColumns(ticks, ticks.copy(), ticks.copy(), ticks.copy())
    ts = START + np.arange(len(values), dtype=np.int64) * step
    volume = np.full(values.shape, 1_000_000, np.int64)
    return trade_panel([Instrument(symbol=n) for n in names], ts, prices, volume, valid=valid, duration_ns=step)


def walk(rows: int, symbols: int = 1, seed: int = 3, step: int = DAY) -> Panel:
    """A seeded walk with ranges."""
    random = np.random.default_rng(seed)
    close = 10_000 + np.cumsum(random.integers(-80, 83, (rows, symbols)), axis=0)
    spread = random.integers(1, 60, (rows, symbols))
    prices = PriceColumns(close - spread // 2, close + spread, close - spread, close)
    ts = START + np.arange(rows, dtype=np.int64) * step
    volume = random.integers(1_000, 90_000, (rows, symbols))
    return trade_panel([Instrument(symbol=f"S{i}") for i in range(symbols)], ts, prices, volume, duration_ns=step)
