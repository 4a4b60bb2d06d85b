"""Donchian channel breakout, as the Turtles traded it."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class DonchianBreakout(Strategy):
    """Long on a new high of the entry channel, out on a new low of the shorter exit channel; the mirror for shorts.

    Stop ``stop_atr`` true ranges away (2N). Further units are added on further new highs, up to ``units``. Confidence
    is the distance beyond the channel in ATR. After Donchian's four week rule and the Turtle rules as published by
    Curtis Faith (system 1: 20 and 10 days, system 2: 55 and 20); their filter on the last breakout's outcome and
    their spacing of half an N between units are left out.
    """

    entry_period = Param(20, low=2, high=400, unit="bars")
    exit_period = Param(10, low=1, high=400, unit="bars")
    stop_atr = Param(2.0, low=0.0, high=50.0, unit="x ATR(20)", text="0 trades without a stop")
    units = Param(1, low=1, high=10, unit="entries", text="entries that one position may have")
    allow_short = Param(True, text="also short on a new low")

    def define(self, bar: Bar) -> Entry:
        """Channels of the earlier bars: the bar at hand is not in them."""
        top, bottom = ta.highest(bar.high, self.entry_period)[1], ta.lowest(bar.low, self.entry_period)[1]
        floor, roof = ta.lowest(bar.low, self.exit_period)[1], ta.highest(bar.high, self.exit_period)[1]
        atr = ta.atr(bar, 20)
        long, short = bar.close > top, bar.close < bottom
        side = ta.where(short, -1.0, 1.0) if self.allow_short else 1.0
        beyond = ta.where(short, bottom - bar.close, bar.close - top) if self.allow_short else bar.close - top
        return Entry(
            long=long,
            short=short if self.allow_short else None,
            exit_long=bar.close < floor,
            exit_short=bar.close > roof if self.allow_short else None,
            stop_loss=bar.close - side * self.stop_atr * atr if self.stop_atr > 0 else None,
            pyramid=self.units - 1,
            confidence=ta.clip(0.5 + beyond / atr, 0.0, 1.0),
            reason=f"close beyond the channel of {self.entry_period} bars",
        )
