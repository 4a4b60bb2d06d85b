"""Parabolic SAR: stop and reverse where the accelerating stop is hit."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class ParabolicSar(Strategy):
    """Long on the bar where the parabolic turns up, out (and short, where that is allowed) where it turns down.

    The parabolic's level at the signal is the stop; it is fixed there, the later levels act through the turn. With a
    trend filter, entries need the close beyond a long average. Confidence is the distance to the stop in ATR, capped.
    After Wilder, New Concepts in Technical Trading Systems (1978), who is always in the market: so allow_short.
    """

    acceleration = Param(0.02, low=0.001, high=0.5, unit="fraction", text="start and gain a new extreme")
    maximum = Param(0.2, low=0.01, high=1.0, unit="fraction")
    trend = Param(0, low=0, high=1000, unit="bars", text="average that the close must be beyond; 0 for no filter")
    allow_short = Param(True, text="also short where it turns down")

    def define(self, bar: Bar) -> Entry:
        """Turns of the parabolic."""
        sar = ta.parabolic_sar(bar, self.acceleration, self.maximum)
        up = (sar.trend > 0.0) & (sar.trend[1] < 0.0)
        down = (sar.trend < 0.0) & (sar.trend[1] > 0.0)
        long, short = up, down
        if self.trend > 0:
            average = ta.sma(bar.close, self.trend)
            long, short = up & (bar.close > average), down & (bar.close < average)
        return Entry(
            long=long,
            short=short if self.allow_short else None,
            exit_long=down,
            exit_short=up if self.allow_short else None,
            stop_loss=sar.level,
            confidence=ta.clip(0.3 * abs(bar.close - sar.level) / ta.atr(bar, 14), 0.1, 1.0),
            reason="the parabolic SAR turned",
        )
