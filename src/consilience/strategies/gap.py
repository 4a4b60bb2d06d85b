"""Gaps between sessions: follow one that holds, or fade it."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry


class Gap(Strategy):
    """Trade the first bar of a session that opens further from the session before than sessions usually do.

    The gap is the open over the last close before it; the usual gap is the mean of its size over the ``sessions``
    before, so one threshold fits days of shares, hours, and markets that never close (whose gaps are small against any
    cost). Nothing is a gap until so many sessions are known.
    follow: with the gap, when the bar closed beyond its open; out when a close falls back through that open.
    fade: against the gap, with the earlier close as target; out there or at the stop. Signals come at the close of the
    session's first bar: on daily bars that is the day of the gap. Confidence is the gap over twice the least gap.
    After the taxonomy of gaps in Edwards and Magee, Technical Analysis of Stock Trends; the numbers are ours.
    """

    least = Param(2.0, low=0.1, high=50.0, unit="x usual gap")
    sessions = Param(10, low=1, high=60, unit="sessions", text="before this one, whose gaps are the usual ones")
    kind = Param("follow", choices=("follow", "fade"))
    stop_atr = Param(2.0, low=0.1, high=50.0, unit="x ATR(14)")
    target_atr = Param(3.0, low=0.0, high=100.0, unit="x ATR(14)", text="of follow; 0 trades without a target")
    allow_short = Param(False, text="also short: gaps down when following, gaps up when fading")

    def define(self, bar: Bar) -> Entry:
        """The gap at the session's first bar, and its side."""
        before = bar.close[1]
        first = bar.session != bar.session[1]
        size = bar.open / before - 1.0
        least = self.least * self._usual(first, abs(size))
        wide = first & (abs(size) >= least)
        up, down = wide & (size > 0.0), wide & (size < 0.0)
        atr = ta.atr(bar, 14)
        opened = ta.value_when(first, bar.open)
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
            confidence=ta.coalesce(ta.clip(abs(size) / (2.0 * least), 0.0, 1.0), 1.0),  # none is usual: any gap is wide
            reason=f"gap of {self.least:g} usual gaps or more, to {self.kind}",
        )

    def _usual(self, first: Node, size: Node) -> Node:
        """Mean size of the gaps of the sessions before this one; on a session's first bar its own is left out."""
        one = ta.value_when(first, size)
        total = one = ta.value_when(first, one[1])
        for _ in range(self.sessions - 1):
            one = ta.value_when(first, one[1])
            total = total + one
        usual: Node = total / self.sessions
        return usual
