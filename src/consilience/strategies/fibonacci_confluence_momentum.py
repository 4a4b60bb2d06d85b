"""Momentum out of a Fibonacci retracement that old swings confirm: the momentum agent's rules of document 001."""

from __future__ import annotations

from typing import NamedTuple

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry
from consilience.strategies.members import total, true_when

LEVELS = ("level_236", "level_382", "level_500", "level_618", "level_786")


class Leg(NamedTuple):
    """Start, retracement levels and 161.8 % target of a swing leg; zones: how many levels swings confirm, 0 .. 5."""

    start: Node
    levels: tuple[Node, ...]
    target: Node
    zones: Node


class FibonacciConfluenceMomentum(Strategy):
    """After a leg up, long when momentum comes back at a retracement level that support or resistance confirms.

    Momentum: at least ``votes`` of three hold (fast EMA above the slow one, RSI above its midline, MACD above its
    signal line), and did not on the bar before. Retracement: the low of one of the last ``touch`` bars came within
    ``tolerance`` of a 23.6 .. 78.6 % level of the last swing leg up. Confluence: at least ``confluence`` of the five
    levels lie within ``tolerance`` of a support or resistance level of the last swings. The close must lie between
    the leg's start and its 161.8 % extension.
    Stop beyond the leg's start, target at its 161.8 % extension. Confidence is the share of votes, raised by up to
    20 % of confluence (document 001: confidence_boost). Its sentiment filter is left to the signal fusion.
    """

    swing = Param(5, low=1, high=100, unit="bars", text="bars to each side of a swing")
    fast = Param(9, low=1, high=200, unit="bars")
    slow = Param(21, low=2, high=400, unit="bars")
    rsi_period = Param(14, low=2, high=200, unit="bars")
    votes = Param(2, low=1, high=3, unit="of 3")
    touch = Param(5, low=1, high=100, unit="bars")
    tolerance = Param(0.5, low=0.01, high=10.0, unit="percent of price", text="0.5 in document 001")
    confluence = Param(1, low=0, high=5, unit="levels", text="0 asks for none")
    stop_atr = Param(0.5, low=0.0, high=20.0, unit="x ATR(14)", text="beyond the start of the leg")
    allow_short = Param(False, text="also short after a leg down")

    def define(self, bar: Bar) -> Entry:
        """The turn of momentum inside a retracement."""
        rising, falling = self._momentum(bar)
        rise, fall = self._leg(bar, 1.0), self._leg(bar, -1.0)
        up, down = rising >= self.votes, falling >= self.votes
        long = up & ~true_when(up[1]) & self._retraced(bar.low, rise)
        short = down & ~true_when(down[1]) & self._retraced(bar.high, fall)
        long = long & (bar.close > rise.start) & (bar.close < rise.target)
        short = true_when(short & (bar.close < fall.start) & (bar.close > fall.target))
        margin = self.stop_atr * ta.atr(bar, 14)
        stop, target, votes, zones = rise.start - margin, rise.target, rising, rise.zones
        if self.allow_short:
            stop, target = ta.where(short, fall.start + margin, stop), ta.where(short, fall.target, target)
            votes, zones = ta.where(short, falling, votes), ta.where(short, fall.zones, zones)
        return Entry(
            long=long,
            short=short if self.allow_short else None,
            exit_long=falling >= 3,
            exit_short=rising >= 3 if self.allow_short else None,
            stop_loss=stop,
            take_profit=target,
            confidence=ta.clip(votes / 3.0 * (1.0 + 0.2 * zones / 5.0), 0.0, 1.0),
            reason="momentum turned at a Fibonacci retracement that swings confirm",
        )

    def _momentum(self, bar: Bar) -> tuple[Node, Node]:
        """Votes of three for a rise and for a fall, 0 .. 3."""
        fast, slow = ta.ema(bar.close, self.fast), ta.ema(bar.close, self.slow)
        rsi, macd = ta.rsi(bar.close, self.rsi_period), ta.macd(bar.close)
        rising = total([fast > slow, rsi > 50.0, macd.histogram > 0.0])
        falling = total([fast < slow, rsi < 50.0, macd.histogram < 0.0])
        return rising, falling

    def _leg(self, bar: Bar, direction: float) -> Leg:
        """The last leg of one direction; it stays the leg while the swing against it, the retracement, is confirmed."""
        leg = ta.fibonacci_retracement(bar, self.swing, self.swing)
        target = ta.fibonacci_extension(bar, self.swing, self.swing).level_1618
        zones = ta.coalesce(ta.fibonacci_confluence(bar, self.swing, 12, self.tolerance).count, 0.0)
        mine = leg.direction == direction
        nothing = bar.close / 0.0  # a division by 0 is NaN: the value is carried

        def kept(node: Node) -> Node:
            """``node`` as it was on the last bar of such a leg."""
            carried: Node = ta.last(ta.where(mine, node, nothing))
            return carried

        return Leg(kept(leg.start), tuple(kept(getattr(leg, name)) for name in LEVELS), kept(target), kept(zones))

    def _retraced(self, extreme: Node, leg: Leg) -> Node:
        """Whether a bar of the last few came near a level of the leg, and enough levels are confirmed."""
        reach = self.tolerance / 100.0 * extreme
        near = total([true_when(abs(extreme - level) <= reach) for level in leg.levels]) > 0.5
        lately: Node = ta.highest(near, self.touch)
        confirmed: Node = leg.zones >= self.confluence
        return (lately > 0.5) & confirmed
