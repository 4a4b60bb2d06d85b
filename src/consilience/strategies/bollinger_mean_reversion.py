"""Bollinger mean reversion, as founding document 003 gives it."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class BollingerMeanReversion(Strategy):
    """Buy with a limit 0.5 % below a close at or under the lower band with RSI oversold; out at the mirror.

    Stop 2 % under the lower band, target at the middle band, DAY orders, confidence 0.75 (document 003). There, the
    upper touch sells: here it closes a long, and opens a short when that is allowed, with the mirrored stop.
    """

    period = Param(20, low=2, high=400, unit="bars")
    width = Param(2.0, low=0.1, high=10.0, unit="standard deviations")
    rsi_period = Param(14, low=2, high=200, unit="bars")
    oversold = Param(30.0, low=1.0, high=50.0, unit="RSI")
    overbought = Param(70.0, low=50.0, high=99.0, unit="RSI")
    limit_offset = Param(0.005, low=0.0, high=0.1, unit="fraction of price")
    stop_offset = Param(0.02, low=0.001, high=0.5, unit="fraction of the band")
    allow_short = Param(False, text="also short at the upper band")

    def define(self, bar: Bar) -> Entry:
        """Band touch with RSI at its extreme."""
        bands = ta.bollinger(bar.close, self.period, self.width)
        rsi = ta.rsi(bar.close, self.rsi_period)
        low = (bar.close <= bands.lower) & (rsi < self.oversold)
        high = (bar.close >= bands.upper) & (rsi > self.overbought)
        limit = bar.close * (1.0 - self.limit_offset)
        stop = bands.lower * (1.0 - self.stop_offset)
        if self.allow_short:
            limit = ta.where(high, bar.close * (1.0 + self.limit_offset), limit)
            stop = ta.where(high, bands.upper * (1.0 + self.stop_offset), stop)
        return Entry(
            long=low,
            short=high if self.allow_short else None,
            exit_long=high,
            exit_short=low if self.allow_short else None,
            order_type="limit",
            limit=limit,
            stop_loss=stop,
            take_profit=bands.middle,
            time_in_force="day",
            valid_for=1,
            confidence=0.75,
            reason="Bollinger band touch with RSI at its extreme",
        )
