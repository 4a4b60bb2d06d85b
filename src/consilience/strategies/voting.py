"""Voting: the market is entered when enough members stand on one side."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.strategies.base import Param
from consilience.strategies.entry import Entry
from consilience.strategies.members import Composite, stance_of, total, true_when


class Voting(Composite):
    """Long when at least ``quorum`` of the members stand long, out when fewer than ``keep`` still do.

    One member, one vote; members that are out of the market abstain and count as not in favour. Confidence is the
    share in favour. After the consensus of document 003 (SignalAggregator), with equal votes: ``weighted`` has the
    unequal ones.
    """

    members = Param("moving_average_cross, macd_cross, trend_following", text="catalogue names with parameters")
    quorum = Param(0.6, low=0.01, high=1.0, unit="share of members")
    keep = Param(0.5, low=0.0, high=1.0, unit="share of members")
    stop_atr = Param(3.0, low=0.0, high=50.0, unit="x ATR(14)", text="0 trades without a stop")
    allow_short = Param(False, text="also short when as many stand short; the members must allow it too")

    def define(self, bar: Bar) -> Entry:
        """Count the stances; enter on the bar where the quorum is reached."""
        sides = [stance_of(member.define(bar), bar).side for member in self.members_made]
        longs = total([side > 0.5 for side in sides]) / len(sides)
        shorts = total([side < -0.5 for side in sides]) / len(sides)
        # a third is 0.333: shares that are equal on paper may differ in the last bit
        long = (longs >= self.quorum - 1e-9) & (longs > shorts)
        short = (shorts >= self.quorum - 1e-9) & (shorts > longs)
        side = ta.where(short, -1.0, 1.0) if self.allow_short else 1.0
        atr = ta.atr(bar, 14)
        return Entry(
            long=long & ~true_when(long[1]),
            short=short & ~true_when(short[1]) if self.allow_short else None,
            exit_long=longs < self.keep - 1e-9,
            exit_short=shorts < self.keep - 1e-9 if self.allow_short else None,
            stop_loss=bar.close - side * self.stop_atr * atr if self.stop_atr > 0 else None,
            confidence=ta.maximum(longs, shorts) if self.allow_short else longs,
            reason=f"{self.quorum:.0%} or more of {len(sides)} strategies agree",
        )
