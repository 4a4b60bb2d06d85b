"""RSI mean reversion: buy what fell too fast, leave when it is back to normal."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class RsiMeanReversion(Strategy):
    """Long when RSI comes back above the oversold line, out at the exit level; the mirror when short is allowed.

    Entering at the cross back, not while RSI still falls, is the usual reading of "RSI mean reversion".
    Confidence grows with how deep RSI was in the last five bars.
    """

    period = Param(14, low=2, high=200, unit="bars")
    oversold = Param(30.0, low=1.0, high=49.0, unit="RSI")
    overbought = Param(70.0, low=51.0, high=99.0, unit="RSI")
    exit_level = Param(55.0, low=20.0, high=80.0, unit="RSI")
    stop_atr = Param(2.5, low=0.1, high=50.0, unit="x ATR(14)")
    target_atr = Param(4.0, low=0.1, high=100.0, unit="x ATR(14)")
    allow_short = Param(False, text="also short when RSI comes back below the overbought line")

    def define(self, bar: Bar) -> Entry:
        """Cross back through the lines, stop and target in ATR."""
        rsi, atr = ta.rsi(bar.close, self.period), ta.atr(bar, 14)
        long = ta.crosses_above(rsi, self.oversold)
        short = ta.crosses_below(rsi, self.overbought)
        side = ta.where(short, -1.0, 1.0) if self.allow_short else 1.0
        depth = (self.oversold - ta.lowest(rsi, 5)) / self.oversold
        if self.allow_short:
            height = (ta.highest(rsi, 5) - self.overbought) / (100.0 - self.overbought)
            depth = ta.where(short, height, depth)
        return Entry(
            long=long,
            short=short if self.allow_short else None,
            exit_long=rsi > self.exit_level,
            exit_short=rsi < 100.0 - self.exit_level if self.allow_short else None,
            stop_loss=bar.close - side * self.stop_atr * atr,
            take_profit=bar.close + side * self.target_atr * atr,
            confidence=ta.clip(0.5 + depth, 0.0, 1.0),
            reason="RSI came back from oversold",
        )
