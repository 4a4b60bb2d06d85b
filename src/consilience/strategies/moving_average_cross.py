"""Moving-average cross: the oldest trend rule there is."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class MovingAverageCross(Strategy):
    """Long while the fast average is above the slow one; in at the cross, out at the cross back."""

    fast = Param(10, low=1, high=400, unit="bars")
    slow = Param(30, low=2, high=1000, unit="bars")
    kind = Param("ema", choices=("ema", "sma"))
    stop_atr = Param(3.0, low=0.0, high=50.0, unit="x ATR(14)", text="0 trades without a stop")
    target_atr = Param(0.0, low=0.0, high=100.0, unit="x ATR(14)", text="0 trades without a target")
    allow_short = Param(False, text="also short below the slow average")

    def define(self, bar: Bar) -> Entry:
        """Cross of two averages, confidence by their distance in ATR, stop and target in ATR."""
        average = ta.ema if self.kind == "ema" else ta.sma
        fast, slow = average(bar.close, self.fast), average(bar.close, self.slow)
        up, down = ta.crosses_above(fast, slow), ta.crosses_below(fast, slow)
        atr = ta.atr(bar, 14)
        side = ta.where(up, 1.0, -1.0) if self.allow_short else 1.0
        return Entry(
            long=up,
            short=down if self.allow_short else None,
            exit_long=down,
            exit_short=up if self.allow_short else None,
            stop_loss=bar.close - side * self.stop_atr * atr if self.stop_atr > 0 else None,
            take_profit=bar.close + side * self.target_atr * atr if self.target_atr > 0 else None,
            confidence=ta.clip(0.5 + abs(fast - slow) / atr, 0.0, 1.0),
            reason=f"{self.kind}({self.fast}) crossed {self.kind}({self.slow})",
        )
