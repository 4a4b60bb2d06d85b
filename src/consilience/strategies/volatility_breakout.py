"""Volatility breakout: a stop order one stretch of usual range away from the close."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class VolatilityBreakout(Strategy):
    """In the direction of the trend, enter when the next bar moves a share of the average range beyond this close.

    The entry is a stop order that lives one bar. Out when the close crosses the trend average, at the stop, or at the
    target. Confidence grows with the bar's range against the average one. After Larry Williams, How I Made One Million
    Dollars Last Year Trading Commodities (1973): open plus a share of yesterday's range; here the close stands for the
    next open, which is not known when the order is sent.
    """

    range_period = Param(1, low=1, high=400, unit="bars", text="bars whose true ranges are averaged")
    stretch = Param(0.6, low=0.05, high=10.0, unit="x average range", text="distance of the entry from the close")
    trend = Param(20, low=2, high=1000, unit="bars", text="longs above this average, shorts below")
    stop_range = Param(1.5, low=0.1, high=50.0, unit="x average range")
    target_range = Param(0.0, low=0.0, high=100.0, unit="x average range", text="0 trades without a target")
    allow_short = Param(False, text="also short below the trend average")

    def define(self, bar: Bar) -> Entry:
        """Stop entries beyond the close, protected from the level where they fill."""
        reach = ta.sma(ta.true_range(bar), self.range_period)
        trend = ta.sma(bar.close, self.trend)
        long, short = bar.close > trend, bar.close < trend
        side = ta.where(short, -1.0, 1.0) if self.allow_short else 1.0
        level = bar.close + side * self.stretch * reach
        return Entry(
            long=long,
            short=short if self.allow_short else None,
            exit_long=short,
            exit_short=long if self.allow_short else None,
            order_type="stop",
            stop=level,
            stop_loss=level - side * self.stop_range * reach,
            take_profit=level + side * self.target_range * reach if self.target_range > 0 else None,
            time_in_force="day",
            valid_for=1,
            confidence=ta.clip(0.5 * reach / ta.atr(bar, 14), 0.0, 1.0),
            reason=f"price moved {self.stretch:g} average ranges beyond the close",
        )
