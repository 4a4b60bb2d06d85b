"""Opening range breakout: the session's first bars set the range, a price beyond it the side."""

from __future__ import annotations

from typing import NamedTuple

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry

MICROSECONDS = 60e6  # of a minute


class Opening(NamedTuple):
    """The two ends of a range, which side is asked for, and which position is to be left."""

    top: Node
    bottom: Node
    long: Node
    short: Node
    leave_long: Node
    leave_short: Node


class OpeningRangeBreakout(Strategy):
    """Beyond the range of a session's first bars, a stop order at its end; out before the close, by stop or target.

    Bars shorter than a session: a close crosses the end of the range of the first ``bars``; the stop order at that end
    lives one bar, so it fills at the next open unless price has fallen back. Where the longer of the two sessions
    before had fewer than twice ``bars`` bars, as hours of shares have, the range is the first bar alone. All is closed
    ``exit_before`` minutes before the session's close, at the latest on its last bar's open. The close is where the
    longer of the two sessions before ended, so it is right for any session, 24/7 too; what slept over regardless, as on
    a half day or before one whole session is known, is closed on the next session's first bar.
    Bars as long as a session, or longer: after the narrowest of ``narrow`` bars, the range is one stretch either side
    of the open, the stretch the mean of min(high - open, open - low) over ``stretch`` bars. The next open is not known
    when the order is sent, so the close stands for it; one side at a time is asked for, that of the mean close of the
    same bars. Out at the open after the entry's bar; no entry is sent at a close that ends one.
    Stop at the other end of the range, target so many ranges away. Confidence is the range in ATR, turned round: a
    narrow range is the better one.
    After Toby Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout (1990): range, stretch,
    narrow bars (NR7), stop entry and exit by the clock are his, target and confidence ours.
    """

    bars = Param(6, low=1, high=400, unit="bars", text="bars of a session that make its range")
    stretch = Param(10, low=2, high=400, unit="bars", text="whose stretch is averaged, where bars are whole sessions")
    narrow = Param(7, low=1, high=400, unit="bars", text="the last of which is the narrowest; 1 asks for nothing")
    target_ranges = Param(2.0, low=0.0, high=50.0, unit="x range", text="0 trades without a target")
    exit_before = Param(
        10, low=0, high=1440, unit="minutes before the session's close", text="0 holds to the next session"
    )
    allow_short = Param(True, text="also short below the range")

    def define(self, bar: Bar) -> Entry:
        """Both forms, told apart by three sessions in a row that had one bar each."""
        slept = bar.session != bar.session[1]
        whole = slept & slept[1] & slept[2]
        within, between = self._within(bar, slept, self.bars), self._between(bar, whole)
        if self.bars > 1:
            scant = self._scant(bar, slept)
            first = self._within(bar, slept, 1)
            within = Opening(*(ta.where(scant, b, a) for a, b in zip(within, first, strict=True)))
        now = Opening(*(ta.where(whole, b, a) for a, b in zip(within, between, strict=True)))
        height = now.top - now.bottom
        goal = ta.maximum(bar.close, now.top) + self.target_ranges * height
        if self.allow_short:
            below = ta.minimum(bar.close, now.bottom) - self.target_ranges * height
            goal = ta.where(now.short, below, goal)
        return Entry(
            long=now.long,
            short=now.short if self.allow_short else None,
            exit_long=now.leave_long,
            exit_short=now.leave_short if self.allow_short else None,
            order_type="stop",
            stop=ta.where(now.short, now.bottom, now.top) if self.allow_short else now.top,
            stop_loss=ta.where(now.short, now.top, now.bottom) if self.allow_short else now.bottom,
            take_profit=goal if self.target_ranges > 0 else None,
            time_in_force="day",
            valid_for=1,
            confidence=ta.clip(1.5 - 0.25 * height / ta.atr(bar, 14), 0.1, 1.0),
            reason=f"price beyond the session's opening range ({self.bars} bars, or the stretch of {self.stretch})",
        )

    def _scant(self, bar: Bar, slept: Node) -> Node:
        """1 where the sessions before had fewer than twice ``bars`` bars; 0 else, and where that is not known."""
        seen = ta.cumulative_sum(bar.time == bar.time)
        so_far = seen - ta.value_when(slept, seen) + 1
        few: Node = ta.coalesce(_longer(ta.value_when(slept, so_far[1]), slept) < 2 * self.bars, 0.0)
        return few

    def _within(self, bar: Bar, slept: Node, bars: int) -> Opening:
        """The range of ``bars`` bars once it is whole, carried through the session that made it."""
        last = bars - 1
        whole = slept[last] & (bar.session == bar.session[last])
        top = ta.value_when(whole, ta.highest(bar.high, bars))
        bottom = ta.value_when(whole, ta.lowest(bar.low, bars))
        ready = bar.session == ta.value_when(whole, bar.session)
        late = slept | self._near_the_close(bar, slept) if self.exit_before > 0 else slept
        long = ta.crosses_above(bar.close, top) & ready & ~late
        short = ta.crosses_below(bar.close, bottom) & ready & ~late
        return Opening(top, bottom, long, short, late, late)

    def _near_the_close(self, bar: Bar, slept: Node) -> Node:
        """1 in the last minutes, or where the bar that opens now is the session's last; 0 else, and where not known."""
        ran = (bar.time - ta.value_when(slept, bar.time)) / MICROSECONDS
        longest = _longer(ta.value_when(slept, ran[1]), slept)
        step = (bar.time - bar.time[1]) / MICROSECONDS
        near: Node = ta.coalesce(ran >= longest - ta.maximum(step, self.exit_before), 0.0)
        return near

    def _between(self, bar: Bar, whole: Node) -> Opening:
        """One stretch above and below the close, for the bar that follows; out when that bar is over."""
        reach = ta.sma(ta.minimum(bar.high - bar.open, bar.open - bar.low), self.stretch)
        mean = ta.sma(bar.close, self.stretch)
        top, bottom = bar.close + reach, bar.close - reach
        ready = whole & (bar.high - bar.low <= ta.lowest(bar.high - bar.low, self.narrow))
        rising, falling = ready & (bar.close > mean), ready & (bar.close < mean)
        return Opening(
            top, bottom, rising, falling, rising[1] & (bar.high >= top[1]), falling[1] & (bar.low <= bottom[1])
        )


def _longer(before: Node, slept: Node) -> Node:
    """Of the session before and the one before that, whichever was longer; the one that is known, else."""
    longer: Node = ta.coalesce(ta.maximum(before, ta.value_when(slept, before[1])), before)
    return longer
