"""Weighted votes: members count by their confidence and by how they have done so far."""

from __future__ import annotations

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.strategies.base import Param
from consilience.strategies.entry import Entry
from consilience.strategies.members import Composite, Stance, numbers_of, stance_of, total


class Weighted(Composite):
    """Long when the weighted mean of the members' stances passes ``enter``, out when it falls under ``leave``.

    A stance counts by its fixed weight, the member's confidence at its last signal, and its measured performance: the
    sum of its bar returns over the last ``window`` bars (stance after a bar times the next close-to-close return)
    over the sum of their sizes, -1 .. 1, so that a member that was always right counts twice and one that was always
    wrong not at all. ``performance`` says how much of that is applied; an unproven member counts once. Confidence is
    the size of the score. After document 003 (weightSignals: by confidence and strategy performance); the formula is
    ours. Measured on this symbol alone, without costs and fills.
    """

    members = Param("moving_average_cross, macd_cross, rsi_mean_reversion", text="catalogue names with parameters")
    weights = Param("", text="a number for each member with commas between; empty for equal ones")
    window = Param(60, low=2, high=5000, unit="bars", text="over which performance is measured")
    performance = Param(1.0, low=0.0, high=1.0, unit="share", text="0 weighs by confidence alone")
    enter = Param(0.3, low=0.01, high=1.0, unit="score")
    leave = Param(0.1, low=-1.0, high=1.0, unit="score")
    stop_atr = Param(3.0, low=0.0, high=50.0, unit="x ATR(14)", text="0 trades without a stop")
    allow_short = Param(False, text="also short below minus enter; the members must allow it too")

    def define(self, bar: Bar) -> Entry:
        """The score from -1 to 1, and its crossings."""
        fixed = numbers_of(self.weights, len(self.members_made), "weights")
        stances = [stance_of(member.define(bar), bar) for member in self.members_made]
        weights = [weight * self._proven(stance, bar) for weight, stance in zip(fixed, stances, strict=True)]
        votes = [w * s.side * ta.coalesce(s.confidence, 0.0) for w, s in zip(weights, stances, strict=True)]
        score = ta.coalesce(total(votes) / total(weights), 0.0)  # no weight at all is no opinion
        side = ta.where(score < 0.0, -1.0, 1.0) if self.allow_short else 1.0
        return Entry(
            long=ta.crosses_above(score, self.enter),
            short=ta.crosses_below(score, -self.enter) if self.allow_short else None,
            exit_long=score < self.leave,
            exit_short=score > -self.leave if self.allow_short else None,
            stop_loss=bar.close - side * self.stop_atr * ta.atr(bar, 14) if self.stop_atr > 0 else None,
            confidence=ta.clip(abs(score), 0.0, 1.0),
            reason=f"weighted score of {len(stances)} strategies beyond {self.enter:g}",
        )

    def _proven(self, stance: Stance, bar: Bar) -> Node:
        """Factor for measured performance, 0 .. 2; 1 for a member that has not been in the market yet."""
        made = stance.side[1] * ta.roc(bar.close, 1)
        ratio = ta.sma(made, self.window) / ta.sma(abs(made), self.window)
        factor: Node = ta.maximum(1.0 + self.performance * ta.coalesce(ratio, 0.0), 0.0)
        return factor
