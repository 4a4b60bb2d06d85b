"""Gaps between sessions: follow one that holds, or fade it."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class Gap(Strategy):
    """Trade the first bar of a session that opens a good way from the last close of the session before.

    follow: with the gap, when the bar closed beyond its open; out when a close falls back through that open.
    fade: against the gap, with the earlier close as target; out there or at the stop. Signals come at the close of the
    session's first bar: on daily bars that is the day of the gap. Confidence is the gap over twice the least gap.
    After the taxonomy of gaps in Edwards and Magee, Technical Analysis of Stock Trends; the numbers are ours.
    """

    least = Param(1.0, low=0.01, high=50.0, unit="percent of the earlier close")
    kind = Param("follow", choices=("follow", "fade"))
    stop_atr = Param(2.0, low=0.1, high=50.0, unit="x ATR(14)")
    target_atr = Param(3.0, low=0.0, high=100.0, unit="x ATR(14)", text="of follow; 0 trades without a target")
    allow_short = Param(False, text="also short: gaps down when following, gaps up when fading")

    def define(self, bar: Bar) -> Entry:
        """The gap at the session's first bar, and its side."""
        before = bar.close[1]
        first = bar.session != bar.session[1]
        size = 100.0 * (bar.open - before) / before
        up, down = first & (size >= self.least), first & (size <= -self.least)
        atr = ta.atr(bar, 14)
        opened = ta.last(ta.where(first, bar.open, bar.close / 0.0))  # a division by 0 is NaN: the value is carried
        if self.kind == "follow":
            long, short = up & (bar.close > bar.open), down & (bar.close < bar.open)
            leave, cover = bar.close < opened, bar.close > opened
        else:
            # a gap that the first bar has closed already leaves nothing to trade
            long, short = down & (bar.close < before), up & (bar.close > before)
            leave, cover = up, down
        side = ta.where(short, -1.0, 1.0) if self.allow_short else 1.0
        target = None
        if self.kind == "fade":
            target = before
        elif self.target_atr > 0:
            target = bar.close + side * self.target_atr * atr
        return Entry(
            long=long,
            short=short if self.allow_short else None,
            exit_long=leave,
            exit_short=cover if self.allow_short else None,
            stop_loss=bar.close - side * self.stop_atr * atr,
            take_profit=target,
            confidence=ta.clip(abs(size) / (2.0 * self.least), 0.0, 1.0),
            reason=f"gap of {self.least:g} % or more, to {self.kind}",
        )
