"""Opening range breakout: the session's first bars set the range, a close beyond it the side."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class OpeningRangeBreakout(Strategy):
    """Long when a close crosses above the high of the session's first bars; out by the clock, stop or target.

    Stop at the other end of the range, target so many ranges away. All is closed at ``exit_minute`` of the session;
    what slept over regardless is closed on the next session's first bar. Bars must be shorter than a session: on
    daily bars there is no signal. Confidence is the range in ATR, turned round: a narrow range is the better one.
    After Toby Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout (1990).
    """

    bars = Param(6, low=1, high=400, unit="bars", text="bars of a session that make its range")
    target_ranges = Param(2.0, low=0.0, high=50.0, unit="x range", text="0 trades without a target")
    exit_minute = Param(380, low=0, high=1440, unit="minutes from the open", text="0 holds to the next session")
    allow_short = Param(True, text="also short below the range")

    def define(self, bar: Bar) -> Entry:
        """The range once it is whole, carried through the session that made it."""
        last = self.bars - 1
        whole = (bar.session != bar.session[1])[last] & (bar.session == bar.session[last])
        nothing = bar.close / 0.0  # a division by 0 is NaN: the value is carried
        top = ta.last(ta.where(whole, ta.highest(bar.high, self.bars), nothing))
        bottom = ta.last(ta.where(whole, ta.lowest(bar.low, self.bars), nothing))
        ready = bar.session == ta.last(ta.where(whole, bar.session, nothing))
        height = top - bottom
        slept = bar.session != bar.session[1]
        late = slept | (bar.minute_of_session >= self.exit_minute) if self.exit_minute > 0 else slept
        long = ta.crosses_above(bar.close, top) & ready & ~late
        short = ta.crosses_below(bar.close, bottom) & ready & ~late
        side = ta.where(short, -1.0, 1.0) if self.allow_short else 1.0
        return Entry(
            long=long,
            short=short if self.allow_short else None,
            exit_long=late,
            exit_short=late if self.allow_short else None,
            stop_loss=ta.where(short, top, bottom) if self.allow_short else bottom,
            take_profit=bar.close + side * self.target_ranges * height if self.target_ranges > 0 else None,
            time_in_force="day",
            confidence=ta.clip(1.5 - 0.25 * height / ta.atr(bar, 14), 0.1, 1.0),
            reason=f"close beyond the range of the session's first {self.bars} bars",
        )
