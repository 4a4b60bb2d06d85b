"""MACD cross, as founding document 003 gives it."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class MacdCross(Strategy):
    """Long when MACD crosses above its signal line, out when it crosses back.

    Confidence is |histogram| over twice its mean of the last ten bars, at most 1 (document 003). The stop in ATR is
    ours: the document gives none, and a position without one rests on the exit signal alone.
    """

    fast = Param(12, low=2, high=200, unit="bars")
    slow = Param(26, low=3, high=400, unit="bars")
    signal = Param(9, low=1, high=100, unit="bars")
    stop_atr = Param(3.0, low=0.0, high=50.0, unit="x ATR(14)", text="0 trades without a stop")

    def define(self, bar: Bar) -> Entry:
        """Cross of MACD and signal line."""
        macd = ta.macd(bar.close, self.fast, self.slow, self.signal)
        usual = ta.sma(abs(macd.histogram), 10)
        atr = ta.atr(bar, 14)
        return Entry(
            long=ta.crosses_above(macd.macd, macd.signal),
            exit_long=ta.crosses_below(macd.macd, macd.signal),
            stop_loss=bar.close - self.stop_atr * atr if self.stop_atr > 0 else None,
            time_in_force="day",
            confidence=ta.clip(abs(macd.histogram) / (usual * 2.0), 0.0, 1.0),
            reason="MACD bullish crossover",
        )
