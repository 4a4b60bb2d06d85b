"""A declarative strategy: it returns expressions, so it runs compiled, in sweeps and bar by bar alike."""

from consilience.strategies import Entry, Param, Strategy, ta


class EmaTrend(Strategy):
    """Long while the fast EMA is above the slow one and the week agrees; out at the cross back or at the trail."""

    fast = Param(12, low=2, high=200, unit="bars")
    slow = Param(40, low=3, high=400, unit="bars")
    trail = Param(4.0, low=0.5, high=20.0, unit="x ATR(14)")

    def define(self, bar):
        """Cross of two averages, filtered by a weekly average of closed weeks only."""
        fast, slow = ta.ema(bar.close, self.fast), ta.ema(bar.close, self.slow)
        week = bar.at("1w")
        atr = ta.atr(bar, 14)
        return Entry(
            long=ta.crosses_above(fast, slow) & (week.close > ta.sma(week.close, 10)),
            exit_long=ta.crosses_below(fast, slow),
            trail=self.trail * atr,
            confidence=ta.clip((fast - slow) / atr + 0.5, 0.0, 1.0),
            reason=f"EMA({self.fast}) crossed EMA({self.slow}) with the week",
        )
