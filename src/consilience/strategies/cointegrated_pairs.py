"""Pairs of symbols whose prices belong together: trade the spread when it strays, leave when it is back."""

from __future__ import annotations

import math
from collections import deque
from itertools import combinations
from typing import Any

from consilience.core.errors import StrategyError
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.strategies._cointegration import CRITICAL, Fit, critical_value, engle_granger
from consilience.strategies.base import CallbackStrategy, Param
from consilience.strategies.context import Context
from consilience.strategies.entry import Entry

Pair = tuple[str, str]


class CointegratedPairs(CallbackStrategy):
    """Buy the spread of a cointegrated pair ``entry`` deviations under its mean, sell it above; out within ``exit``.

    Every ``every`` slices each pair is estimated again on the last ``window`` slices alone, on log prices: hedge ratio
    by least squares, Engle and Granger's test, half-life. A pair may be entered while the test rejects at ``level``
    percent, the hedge is positive and the half-life at most ``longest``; without named pairs all are tried, and the
    ``most`` with the lowest statistics are taken that share no symbol. Out at ``stop`` deviations (it may not be
    entered again before the next estimate), after three half-lives, when an estimate disqualifies the pair, and when
    one leg is missing. Legs are worth 1 : hedge, together ``exposure`` of equity over ``most``. Confidence is the
    deviation over the stop's. History counts from the first slice that may decide. After Engle and Granger (1987),
    Vidyamurthy, Pairs Trading (2004), and document 001 (pairs trading with cointegration).
    """

    terms = Entry(long=False, reason="spread of a cointegrated pair strayed from its mean")

    pairs = Param("", text="such as KO/PEP, XOM/CVX; empty tries all pairs of the run's symbols")
    window = Param(252, low=30, high=5000, unit="slices", text="history of each estimate")
    every = Param(21, low=1, high=2000, unit="slices", text="between two estimates")
    level = Param("5", choices=tuple(str(level) for level in CRITICAL), unit="percent", text="of the test")
    longest = Param(60.0, low=1.0, high=5000.0, unit="slices", text="longest half-life")
    entry = Param(2.0, low=0.1, high=10.0, unit="standard deviations")
    exit = Param(0.5, low=0.0, high=10.0, unit="standard deviations")
    stop = Param(4.0, low=0.2, high=50.0, unit="standard deviations")
    most = Param(1, low=1, high=1000, unit="pairs", text="traded at a time")
    exposure = Param(1.0, low=0.01, high=10.0, unit="x equity", text="both legs of all pairs together")

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        if not self.exit < self.entry < self.stop:
            raise StrategyError(f"pairs need exit < entry < stop, not {self.exit}, {self.entry}, {self.stop}")
        self._forget()

    def _forget(self) -> None:
        self.slices = 0
        self.last_ns = -1
        self.logs: dict[str, deque[float]] = {}
        self.chosen: dict[Pair, Fit] = {}
        self.open: dict[Pair, list[int]] = {}  # side of the spread, slices held, slices it may be held
        self.leaving: set[str] = set()
        self.stopped: set[Pair] = set()

    def declare(self, bar: Bar) -> dict[str, Node]:
        """Adjusted closes."""
        return {"close": bar.close}

    def on_start(self, context: Context) -> None:
        """Forget any earlier run (``load`` comes after) and check the named pairs.

        Raises StrategyError for a text that is no pair and for symbols that are not in the run.
        """
        self._forget()
        self.logs = {name: deque(maxlen=self.window) for name in context.symbols}
        self._candidates(context.symbols)

    def on_bar(self, context: Context, symbol: str) -> None:  # noqa: ARG002  (all symbols are looked at)
        """The first call of a slice acts for all symbols."""
        if context.now_ns == self.last_ns:
            return
        self.last_ns = context.now_ns
        for name, logs in self.logs.items():
            close = context.value("close", name)
            logs.append(math.log(close) if close > 0.0 else math.nan)
        self.slices += 1
        if self.slices >= self.window and (self.slices - self.window) % self.every == 0:
            self._estimate(context.symbols)
        self._leave(context)
        self._manage(context)
        self._enter(context)

    # ---- estimates -----------------------------------------------------------------------------------------------
    def _candidates(self, symbols: tuple[str, ...]) -> list[Pair]:
        if not self.pairs.strip():
            return list(combinations(symbols, 2))
        found = []
        for part in self.pairs.split(","):
            names = [name.strip() for name in part.split("/")]
            if len(names) != 2 or not all(names) or names[0] == names[1]:
                raise StrategyError(f"pairs: '{part.strip()}' is no pair; write FIRST/SECOND")
            for name in names:
                if name not in symbols:
                    raise StrategyError(f"pairs: {name} is not among the run's symbols, {', '.join(symbols)}")
            found.append((names[0], names[1]))
        return found

    def _estimate(self, symbols: tuple[str, ...]) -> None:
        """Choose pairs on what has been seen so far."""
        tested = []
        for pair in self._candidates(symbols):
            known = [
                (a, b) for a, b in zip(self.logs[pair[0]], self.logs[pair[1]], strict=True) if not math.isnan(a + b)
            ]
            fit = engle_granger([a for a, _ in known], [b for _, b in known]) if known else None
            if fit is not None and self._qualifies(fit, len(known)):
                tested.append((fit.statistic, pair, fit))
        self.chosen, self.stopped = {}, set()
        taken: set[str] = set()
        # a pair that is held keeps its place while it qualifies
        for _, pair, fit in sorted(tested, key=lambda t: (t[1] not in self.open, t[0], t[1])):
            if len(self.chosen) < self.most and not taken & set(pair):
                self.chosen[pair] = fit
                taken |= set(pair)

    def _qualifies(self, fit: Fit, count: int) -> bool:
        sure = fit.statistic < critical_value(int(self.level), count)
        return sure and fit.hedge > 0.0 and fit.deviation > 0.0 and fit.half_life <= self.longest

    def _score(self, pair: Pair) -> float:
        """Deviations of the spread from its mean at this slice, NaN where a leg does not trade."""
        fit = self.chosen[pair]
        first, second = self.logs[pair[0]][-1], self.logs[pair[1]][-1]
        return (first - fit.constant - fit.hedge * second) / fit.deviation

    # ---- positions -----------------------------------------------------------------------------------------------
    def _leave(self, context: Context) -> None:
        """Close what is to be closed, each symbol in the next slice in which it trades."""
        for name in sorted(self.leaving):
            if context.position(name) == 0.0:
                self.leaving.discard(name)
            elif not math.isnan(context.bid(name)):
                context.exit(name)

    def _close(self, context: Context, pair: Pair) -> None:
        self.open.pop(pair, None)
        self.leaving |= set(pair)
        self._leave(context)

    def _manage(self, context: Context) -> None:
        for pair, held in list(self.open.items()):
            held[1] += 1
            side, slices, longest = held
            if pair not in self.chosen:
                self._close(context, pair)
                continue
            first, second = context.position(pair[0]), context.position(pair[1])
            score = self._score(pair)
            # orders act in the next slice; a leg that is not there by then was refused
            if slices > 1 and not (first * side > 0.0 and second * side < 0.0):
                self._close(context, pair)
            elif score * -side >= self.stop:
                self.stopped.add(pair)
                self._close(context, pair)
            elif score * -side <= self.exit or slices >= longest:
                self._close(context, pair)

    def _enter(self, context: Context) -> None:
        for pair, fit in self.chosen.items():
            if pair in self.open or pair in self.stopped or self.leaving & set(pair):
                continue
            score = self._score(pair)
            if not self.entry <= abs(score) < self.stop:
                continue
            side = -1 if score > 0.0 else 1
            fraction = self.exposure / self.most / (1.0 + fit.hedge)
            first, second = context.quantity_for(pair[0], fraction), context.quantity_for(pair[1], fraction * fit.hedge)
            if first <= 0.0 or second <= 0.0:
                continue
            confidence = min(abs(score) / self.stop, 1.0)
            context.enter(pair[0], side, quantity=first, confidence=confidence)
            context.enter(pair[1], -side, quantity=second, confidence=confidence)
            self.open[pair] = [side, 0, max(2, math.ceil(3.0 * fit.half_life))]

    # ---- snapshots -----------------------------------------------------------------------------------------------
    def save(self) -> dict[str, Any]:
        """All of it, as plain values."""
        return {
            "slices": self.slices,
            "last_ns": self.last_ns,
            "logs": {name: list(logs) for name, logs in self.logs.items()},
            "chosen": [[*pair, list(fit)] for pair, fit in self.chosen.items()],
            "open": [[*pair, held] for pair, held in self.open.items()],
            "leaving": sorted(self.leaving),
            "stopped": [list(pair) for pair in sorted(self.stopped)],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.slices, self.last_ns = state["slices"], state["last_ns"]
        self.logs = {name: deque(logs, maxlen=self.window) for name, logs in state["logs"].items()}
        self.chosen = {(a, b): Fit(*fit) for a, b, fit in state["chosen"]}
        self.open = {(a, b): list(held) for a, b, held in state["open"]}
        self.leaving = set(state["leaving"])
        self.stopped = {(a, b) for a, b in state["stopped"]}
