"""Z-score reversion: buy what stands too many standard deviations under its mean."""

from __future__ import annotations

from consilience.core.errors import StrategyError
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class ZscoreReversion(Strategy):
    """Long when the close is ``entry`` deviations under its mean, out when it is back within ``exit``.

    Stop at ``stop`` deviations: beyond it the distance is taken for a new mean, and no entry is made. Confidence is
    the distance over the stop's. The rule of Bollinger bands read as a score (document 001, compute_zscore_reversion);
    thresholds after Chan, Algorithmic Trading (2013), chapter 3.
    """

    period = Param(20, low=3, high=1000, unit="bars")
    entry = Param(2.0, low=0.2, high=10.0, unit="standard deviations")
    exit = Param(0.5, low=-5.0, high=5.0, unit="standard deviations")
    stop = Param(4.0, low=0.5, high=20.0, unit="standard deviations")
    allow_short = Param(False, text="also short above the mean")

    def define(self, bar: Bar) -> Entry:
        """Distance from the mean in deviations, with the stop at a price fixed at the signal."""
        if not self.exit < self.entry < self.stop:
            raise StrategyError(f"zscore_reversion needs exit < entry < stop, not {self.exit} {self.entry} {self.stop}")
        mean, deviation = ta.sma(bar.close, self.period), ta.rolling_std(bar.close, self.period)
        score = (bar.close - mean) / deviation
        long = (score <= -self.entry) & (score > -self.stop)
        short = (score >= self.entry) & (score < self.stop)
        side = ta.where(short, -1.0, 1.0) if self.allow_short else 1.0
        return Entry(
            long=long,
            short=short if self.allow_short else None,
            exit_long=score >= -self.exit,
            exit_short=score <= self.exit if self.allow_short else None,
            stop_loss=mean - side * self.stop * deviation,
            confidence=ta.clip(abs(score) / self.stop, 0.0, 1.0),
            reason=f"close {self.entry:g} standard deviations from its mean of {self.period} bars",
        )
