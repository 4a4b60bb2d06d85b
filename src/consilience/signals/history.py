"""History of fused signals: each change of class, with what came of it at its horizon."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec
import numpy as np

from consilience.core.codes import SignalClass
from consilience.core.panel import Floats, Ints
from consilience.signals.fusion.fields import CONFIDENCE, CONVICTION, SCORE
from consilience.signals.fusion.terms import FusionProfile


class PastSignal(msgspec.Struct):
    """A class that a symbol's fused score entered.

    price: forward-adjusted close. outcome: forward return over the horizon in the signal's direction, NaN until then
    and for NEUTRAL.
    """

    ts: int
    symbol: str
    signal: SignalClass
    score: float
    confidence: float
    conviction: float
    price: float
    outcome: float = float("nan")


class SignalHistory:
    """The last ``capacity`` changes of each symbol, in order of time. Symbols begin NEUTRAL, and are when silent."""

    def __init__(self, symbols: Sequence[str], profile: FusionProfile, horizon: int, capacity: int = 100) -> None:
        """horizon: bars of the symbol after which the outcome is told, 1 or more."""
        self._symbols, self._horizon = tuple(symbols), horizon
        self._buy, self._strong = profile.thresholds.buy, profile.thresholds.strong
        self._past: list[deque[PastSignal]] = [deque(maxlen=capacity) for _ in self._symbols]
        self._waiting: deque[tuple[int, int, PastSignal]] = deque()
        self._classes = np.zeros(len(self._symbols), np.int64)
        self._bars = np.zeros(len(self._symbols), np.int64)

    def push(self, ts: Ints, fused: Floats, prices: Floats) -> None:
        """Take in a block: close times [B], fused fields [FIELDS, B, S], forward-adjusted closes [B, S].

        A symbol without a price above 0 has no bar: its class stays, its horizons wait.
        """
        for b in range(len(ts)):
            traded = prices[b] > 0.0
            self._bars += traded
            self._settle(prices[b])
            now = self._classes_of(fused[SCORE, b])
            for s in np.flatnonzero(traded & (now != self._classes)):
                one = PastSignal(
                    int(ts[b]),
                    self._symbols[s],
                    SignalClass(int(now[s])),
                    float(fused[SCORE, b, s]),
                    float(fused[CONFIDENCE, b, s]),
                    float(fused[CONVICTION, b, s]),
                    float(prices[b, s]),
                )
                self._past[s].append(one)
                self._classes[s] = now[s]
                if one.signal != SignalClass.NEUTRAL:
                    self._waiting.append((int(self._bars[s]) + self._horizon, int(s), one))

    def of(self, symbol: str, count: int = 20) -> list[PastSignal]:
        """The last changes of a symbol, newest last."""
        return list(self._past[self._symbols.index(symbol)])[-count:]

    def _classes_of(self, scores: Floats) -> Ints:
        size = np.abs(scores)
        steps = (size >= self._buy).astype(np.int64) + (size >= self._strong)
        return np.where(scores > 0.0, steps, -steps)

    def _settle(self, prices: Floats) -> None:
        for _ in range(len(self._waiting)):
            due, s, one = self._waiting.popleft()
            if self._bars[s] < due:
                self._waiting.append((due, s, one))
                continue
            change = float(prices[s]) / one.price - 1.0
            one.outcome = change if one.signal > 0 else -change
