"""Trend following: in when a trend is there and strong, out when the averages say it is over."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class TrendFollowing(Strategy):
    """Long when the fast average is above the slow one, the close above both, and ADX says that it is a trend.

    In on the bar where all of it first holds, out when the averages cross back; meanwhile a stop in ATR follows the
    best price. Confidence is ADX over 50. Averages as in Donchian's 5 and 20 day method made slower; ADX above 25 for
    "a trend" after Wilder, New Concepts in Technical Trading Systems (1978).
    """

    fast = Param(20, low=1, high=400, unit="bars")
    slow = Param(50, low=2, high=1000, unit="bars")
    adx_period = Param(14, low=2, high=200, unit="bars")
    adx_least = Param(25.0, low=0.0, high=100.0, unit="ADX")
    trail_atr = Param(4.0, low=0.0, high=50.0, unit="x ATR(14)", text="0 trades without a trailing stop")
    allow_short = Param(False, text="also short in a falling trend")

    def define(self, bar: Bar) -> Entry:
        """The first bar of a confirmed trend, and the cross that ends it."""
        fast, slow = ta.ema(bar.close, self.fast), ta.ema(bar.close, self.slow)
        strength, atr = ta.adx(bar, self.adx_period).adx, ta.atr(bar, 14)
        strong = strength >= self.adx_least
        up = (fast > slow) & (bar.close > fast) & strong
        down = (fast < slow) & (bar.close < fast) & strong
        return Entry(
            long=up & ~up[1],
            short=down & ~down[1] if self.allow_short else None,
            exit_long=fast < slow,
            exit_short=fast > slow if self.allow_short else None,
            trail=self.trail_atr * atr if self.trail_atr > 0 else None,
            confidence=ta.clip(strength / 50.0, 0.0, 1.0),
            reason=f"ema({self.fast}) and price beyond ema({self.slow}) with ADX at {self.adx_least:g} or more",
        )
