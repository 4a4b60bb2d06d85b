"""Supertrend: follow the side of the line of average true ranges."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class Supertrend(Strategy):
    """Long on the bar where Supertrend turns up, out (and short, where that is allowed) where it turns down.

    The line at the signal is the stop; the later, closer lines act through the turn. Confidence is the close's
    distance from the line over the multiplier in ATR. Rule and indicator after Olivier Seban.
    """

    period = Param(10, low=1, high=200, unit="bars")
    multiplier = Param(3.0, low=0.2, high=20.0, unit="x ATR")
    target_atr = Param(0.0, low=0.0, high=100.0, unit="x ATR", text="0 trades without a target")
    allow_short = Param(False, text="also short where it turns down")

    def define(self, bar: Bar) -> Entry:
        """Turns of the line."""
        trend = ta.supertrend(bar, self.period, self.multiplier)
        up = (trend.direction > 0.0) & (trend.direction[1] < 0.0)
        down = (trend.direction < 0.0) & (trend.direction[1] > 0.0)
        atr = ta.atr(bar, self.period)
        side = ta.where(down, -1.0, 1.0) if self.allow_short else 1.0
        return Entry(
            long=up,
            short=down if self.allow_short else None,
            exit_long=down,
            exit_short=up if self.allow_short else None,
            stop_loss=trend.line,
            take_profit=bar.close + side * self.target_atr * atr if self.target_atr > 0 else None,
            confidence=ta.clip(abs(bar.close - trend.line) / (self.multiplier * atr), 0.0, 1.0),
            reason=f"Supertrend({self.period}, {self.multiplier:g}) turned",
        )
