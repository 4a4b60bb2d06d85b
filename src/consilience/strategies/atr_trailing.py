"""ATR trailing stop: turn long where the trailing stop of a short would be hit, and trail."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class AtrTrailing(Strategy):
    """Long when the close crosses above the lowest low plus a few ATR; out only by the trailing stop.

    The trailing stop keeps the same distance in ATR, as it was at the signal, from the best price since the fill. The
    mirror when short is allowed: the lines are Le Beau's Chandelier exits, and crossing one turns the side. Confidence
    is the bar's push beyond the line, in ATR.
    """

    period = Param(22, low=2, high=400, unit="bars", text="window of the lowest low and the highest high")
    atr_period = Param(22, low=1, high=200, unit="bars")
    multiplier = Param(3.0, low=0.2, high=20.0, unit="x ATR", text="distance of lines and trailing stop")
    allow_short = Param(False, text="also short below the highest high minus as many ATR")

    def define(self, bar: Bar) -> Entry:
        """Cross of the Chandelier line of the other side."""
        reach = self.multiplier * ta.atr(bar, self.atr_period)
        above, below = ta.lowest(bar.low, self.period) + reach, ta.highest(bar.high, self.period) - reach
        long, short = ta.crosses_above(bar.close, above), ta.crosses_below(bar.close, below)
        push = bar.close - above
        if self.allow_short:
            push = ta.where(short, below - bar.close, push)
        return Entry(
            long=long & ~short,
            short=short & ~long if self.allow_short else None,
            trail=reach,
            confidence=ta.clip(0.5 + self.multiplier * push / reach, 0.0, 1.0),
            reason=f"close beyond {self.multiplier:g} ATR from the extreme of {self.period} bars",
        )
