"""History of fused signals: each change of class, from which what came of it is told afterwards."""

from __future__ import annotations

import numpy as np

from consilience.core.panel import Floats, Ints, Records
from consilience.signals.fusion.fields import CONFIDENCE, CONVICTION, SCORE
from consilience.signals.fusion.terms import FusionProfile

CHANGE_DTYPE = np.dtype(
    [
        ("row", "i8"),  # slice, from the first that was pushed
        ("symbol", "i8"),
        ("signal", "i8"),  # SignalClass that began
        ("score", "f8"),
        ("confidence", "f8"),
        ("conviction", "f8"),
    ],
    align=True,
)


class SignalHistory:
    """Changes of each symbol's class, in order of time. Symbols begin NEUTRAL, and are when fusion is silent."""

    def __init__(self, symbols: int, profile: FusionProfile) -> None:
        self._buy, self._strong = profile.thresholds.buy, profile.thresholds.strong
        self._classes = np.zeros((1, symbols), np.int64)
        self._rows = 0
        self._parts: list[Records] = []

    def push(self, fused: Floats, prices: Floats) -> None:
        """Take in a block: fused fields [FIELDS, B, S], closes [B, S]; a symbol without one above 0 keeps its class."""
        count = len(prices)
        classes = np.concatenate([self._classes, self._classes_of(fused[SCORE])])
        here = np.where(prices > 0.0, np.arange(1, count + 1)[:, None], 0)
        last = np.maximum.accumulate(here, axis=0)  # row of ``classes`` that holds
        now = np.concatenate([self._classes, np.take_along_axis(classes, last, axis=0)])
        rows, symbols = np.nonzero(now[1:] != now[:-1])
        if len(rows):
            found = np.zeros(len(rows), CHANGE_DTYPE)
            found["row"], found["symbol"], found["signal"] = self._rows + rows, symbols, now[rows + 1, symbols]
            for name, field in (("score", SCORE), ("confidence", CONFIDENCE), ("conviction", CONVICTION)):
                found[name] = fused[field, rows, symbols]
            self._parts.append(found)
        self._classes = now[-1:]
        self._rows += count

    def changes(self) -> Records:
        """CHANGE_DTYPE [n], everything so far."""
        return np.concatenate([np.zeros(0, CHANGE_DTYPE), *self._parts])

    def _classes_of(self, scores: Floats) -> Ints:
        size = np.abs(scores)
        steps = (size >= self._buy).astype(np.int64) + (size >= self._strong)
        return np.where(scores > 0.0, steps, -steps)


def outcomes_of(changes: Records, prices: Floats, horizon: int) -> Floats:
    """Forward return over ``horizon`` bars of the symbol in each signal's direction, float64 [n]; NaN where the data
    ends before and for NEUTRAL. prices: forward-adjusted closes [T, S], NaN without a bar."""
    outcomes = np.full(len(changes), np.nan)
    for s in np.unique(changes["symbol"]).tolist():
        mine = np.flatnonzero((changes["symbol"] == s) & (changes["signal"] != 0))
        bars = np.flatnonzero(prices[:, s] > 0.0)
        due = np.searchsorted(bars, changes["row"][mine]) + horizon
        mine, due = mine[due < len(bars)], due[due < len(bars)]
        change = prices[bars[due], s] / prices[changes["row"][mine], s] - 1.0
        outcomes[mine] = np.where(changes["signal"][mine] > 0, change, -change)
    return outcomes
