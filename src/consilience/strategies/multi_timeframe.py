"""Several timeframes: a strategy on the bars of the run trades only where the same or another one agrees above them."""

from __future__ import annotations

from dataclasses import replace

from consilience.core.errors import StrategyError
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import lift
from consilience.strategies.base import Param
from consilience.strategies.entry import Entry
from consilience.strategies.members import Composite, stance_of, total, true_when


class MultiTimeframe(Composite):
    """The first member trades, the others (or itself, when it is alone) must agree on the higher timeframes.

    Every filter stands long, short or aside on every timeframe by its last closed bar there; an entry of the first
    member passes when at least ``agreement`` of these stances are on its side, and a position is closed when fewer
    than ``keep`` are. Orders, stops and targets are the first member's own. Confidence is its own times the share that
    agrees. After Elder's triple screen, Trading for a Living (1993): the longer timeframe gives the side, the shorter
    one the entry. Timeframes must not be shorter than the bars of the run.
    """

    members = Param("moving_average_cross", text="catalogue names with parameters: the one that trades, then filters")
    timeframes = Param("1w", text="such as 1h, 1d")
    agreement = Param(1.0, low=0.01, high=1.0, unit="share of stances")
    keep = Param(0.5, low=0.0, high=1.0, unit="share of stances", text="0 leaves exits to the member alone")

    def define(self, bar: Bar) -> Entry:
        """The first member's entry, with its conditions narrowed and its confidence scaled."""
        frames = [part.strip() for part in self.timeframes.split(",") if part.strip()]
        if not frames:
            raise StrategyError("multi_timeframe: timeframes is empty; write some, such as '1h, 1d'")
        first, *filters = self.members_made
        sides = [stance_of(one.define(bar.at(frame)), bar).side for one in filters or [first] for frame in frames]
        longs = total([side > 0.5 for side in sides]) / len(sides)
        shorts = total([side < -0.5 for side in sides]) / len(sides)
        entry = first.define(bar)
        least, keep = self.agreement - 1e-9, self.keep - 1e-9  # shares may differ in the last bit
        own = lift(1.0 if entry.confidence is None else entry.confidence)
        share = longs if entry.short is None else ta.where(true_when(entry.short), shorts, longs)
        return replace(
            entry,
            long=true_when(entry.long) & (longs >= least),
            short=None if entry.short is None else true_when(entry.short) & (shorts >= least),
            exit_long=true_when(entry.exit_long) | (longs < keep),
            exit_short=None if entry.short is None else true_when(entry.exit_short) | (shorts < keep),
            confidence=own * share,
            reason=f"{entry.reason or first.strategy_name()}; {', '.join(frames)} agree",
        )
