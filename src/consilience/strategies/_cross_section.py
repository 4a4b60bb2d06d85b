"""Portfolios by rank: hold the symbols whose past return ranks at one end of the universe, change them now and then.

A form of callbacks, because a rebalancing is one decision about all symbols at once.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.strategies.base import CallbackStrategy, Param
from consilience.strategies.context import Context


class CrossSection(CallbackStrategy):
    """Every ``every`` slices: rank the symbols by past return, hold the best ``share`` of them, in equal parts.

    What fell out of the group is closed at once, what came in is bought one slice later, when the sales have filled;
    a symbol that does not trade just then waits its turn. Symbols that stay are not resized. Ties go by name. With
    ``exposure`` 0 the run's sizer gives the size of each entry.
    Confidence is the distance of the symbol's rank from the middle, 0 .. 1.
    """

    best: ClassVar[float] = 1.0  # 1: high past returns are bought, -1: low ones

    lookback = Param(126, low=1, high=2000, unit="bars", text="over which the return is measured")
    skip = Param(21, low=0, high=400, unit="bars", text="latest bars that are left out of it")
    every = Param(21, low=1, high=2000, unit="slices", text="between two rebalancings")
    share = Param(0.2, low=0.01, high=0.5, unit="share of symbols", text="held on each side, at least one symbol")
    least = Param(2, low=2, high=100_000, unit="symbols", text="with a known return, below which nothing is held")
    exposure = Param(1.0, low=0.0, high=10.0, unit="x equity", text="of each side; 0 leaves sizes to the sizer")
    allow_short = Param(False, text="also short the other end")

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._forget()

    def _forget(self) -> None:
        self.slices = 0  # seen so far
        self.last_ns = -1
        self.wanted: dict[str, tuple[int, float, float]] = {}  # symbol: side, fraction of equity, confidence
        self.waiting: set[str] = set()  # symbols whose position is not yet what is wanted

    def on_start(self, context: Context) -> None:  # noqa: ARG002  (nothing is known of the market yet)
        """A run begins with nothing remembered; ``load`` comes after."""
        self._forget()

    def declare(self, bar: Bar) -> dict[str, Node]:
        """The past return in percent."""
        return {"past": ta.roc(bar.close, self.lookback).lag(self.skip)}

    def on_bar(self, context: Context, symbol: str) -> None:  # noqa: ARG002  (all symbols are looked at)
        """The first call of a slice acts for all symbols."""
        if context.now_ns == self.last_ns:
            return
        self.last_ns = context.now_ns
        if self.slices % self.every == 0:
            self._choose(context)
        self.slices += 1
        if self.waiting:
            self._trade(context)

    def _choose(self, context: Context) -> None:
        known = [(context.value("past", name) * self.best, name) for name in context.symbols]
        ranked = sorted((past, name) for past, name in known if not math.isnan(past))
        count = len(ranked)
        self.wanted = {}
        if count >= self.least:
            size = max(1, int(self.share * count + 1e-9))
            fraction = self.exposure / size
            for place, (_, name) in enumerate(ranked):
                confidence = abs(2.0 * place / (count - 1) - 1.0)
                if place >= count - size:
                    self.wanted[name] = (1, fraction, confidence)
                elif place < size and self.allow_short:
                    self.wanted[name] = (-1, fraction, confidence)
        held = {name for name in context.symbols if context.position(name) != 0.0}
        self.waiting = held | set(self.wanted)

    def _trade(self, context: Context) -> None:
        """Close what is not wanted; when nothing is left to close, open what is."""
        closing = False
        for name in context.symbols:
            position = context.position(name)
            side = self.wanted[name][0] if name in self.wanted else 0
            unwanted = name in self.waiting and position != 0.0 and position * side <= 0.0
            if unwanted and not math.isnan(context.bid(name)):  # NaN: it does not trade in this slice
                closing = True
                context.exit(name)
        if closing:
            return
        for name in context.symbols:
            if name not in self.waiting:
                continue
            position = context.position(name)
            if (name in self.wanted) == (position != 0.0):
                # held and wanted on that side, or neither; what is held and not wanted could not trade yet
                if name not in self.wanted or position * self.wanted[name][0] > 0.0:
                    self.waiting.discard(name)
            elif name in self.wanted and not math.isnan(context.bid(name)):
                self.waiting.discard(name)
                side, fraction, confidence = self.wanted[name]
                quantity = context.quantity_for(name, fraction) if fraction > 0.0 else None
                context.enter(name, side, quantity=quantity, confidence=confidence)

    def save(self) -> dict[str, Any]:
        """Counter and what is still to be done."""
        return {
            "slices": self.slices,
            "last_ns": self.last_ns,
            "wanted": {name: list(what) for name, what in self.wanted.items()},
            "waiting": sorted(self.waiting),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.slices, self.last_ns = state["slices"], state["last_ns"]
        self.wanted = {name: (what[0], what[1], what[2]) for name, what in state["wanted"].items()}
        self.waiting = set(state["waiting"])
