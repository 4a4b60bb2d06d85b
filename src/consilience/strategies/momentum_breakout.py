"""Momentum breakout: a new high, with momentum and volume behind it."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class MomentumBreakout(Strategy):
    """Long when the close beats the highest high of the last bars, on rising price and heavy volume.

    Out when the close falls under the lowest low of the exit window, or at the stop. Confidence grows with the
    distance above the broken level in ATR. The rule is named in document 003 without its numbers; they are ours after
    O'Neil, How to Make Money in Stocks (a breakout on volume at least 40 to 50 % above its average). Data without
    volume needs volume_factor=0.
    """

    period = Param(20, low=2, high=400, unit="bars", text="highs that must be beaten")
    exit_period = Param(10, low=1, high=400, unit="bars", text="lows that may not be broken")
    momentum_period = Param(10, low=1, high=400, unit="bars")
    momentum = Param(2.0, low=-50.0, high=200.0, unit="percent", text="least change over momentum_period")
    volume_period = Param(20, low=1, high=400, unit="bars")
    volume_factor = Param(1.5, low=0.0, high=20.0, unit="x average volume", text="0 ignores volume")
    stop_atr = Param(2.0, low=0.1, high=50.0, unit="x ATR(14)")
    target_atr = Param(0.0, low=0.0, high=100.0, unit="x ATR(14)", text="0 trades without a target")
    allow_short = Param(False, text="also short below the lowest low on falling price")

    def define(self, bar: Bar) -> Entry:
        """Breakout of the earlier bars' range, so that the bar at hand never moves its own hurdle."""
        top, bottom = ta.highest(bar.high, self.period)[1], ta.lowest(bar.low, self.period)[1]
        change, atr = ta.roc(bar.close, self.momentum_period), ta.atr(bar, 14)
        long = (bar.close > top) & (change >= self.momentum)
        short = (bar.close < bottom) & (change <= -self.momentum)
        if self.volume_factor > 0:
            heavy = bar.volume >= self.volume_factor * ta.sma(bar.volume, self.volume_period)[1]
            long, short = long & heavy, short & heavy
        side = ta.where(short, -1.0, 1.0) if self.allow_short else 1.0
        beyond = ta.where(short, bottom - bar.close, bar.close - top) if self.allow_short else bar.close - top
        return Entry(
            long=long,
            short=short if self.allow_short else None,
            exit_long=bar.close < ta.lowest(bar.low, self.exit_period)[1],
            exit_short=bar.close > ta.highest(bar.high, self.exit_period)[1] if self.allow_short else None,
            stop_loss=bar.close - side * self.stop_atr * atr,
            take_profit=bar.close + side * self.target_atr * atr if self.target_atr > 0 else None,
            confidence=ta.clip(0.5 + beyond / atr, 0.0, 1.0),
            reason=f"close beyond the range of {self.period} bars with momentum and volume",
        )
