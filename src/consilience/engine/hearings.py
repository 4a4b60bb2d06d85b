"""What each source said at each recorded decision of a fused strategy: the evidence behind a score, kept compactly.

A decision record says where a symbol ended; its hearing says why the score was what it was. Values, confidences and
weights are kept as they went into fusion; contributions follow from them and sum to the record's score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from consilience.core.jit import njit
from consilience.core.panel import Floats, Ints, Records
from consilience.engine.fused import FusedColumns
from consilience.signals.fusion.fields import FIELDS
from consilience.signals.fusion.fuse import Rules, fuse_nb


@dataclass(frozen=True)
class Hearing:
    """The sources of one fused strategy at its n recorded decisions.

    strategy: its number. names: sources in the order of summation, K of them. rows: int64 [n], places in the run's
    decision records, ascending. values, confidences: float64 [n, K] as the sources gave them, NaN where they abstained.
    weights: float64 [n, K] after the regime's multipliers. contributions: float64 [n, K]; summed from left to right
    they are the score. regime: int64 [n], MarketRegime, 0 where the profile has none.
    """

    strategy: int
    names: tuple[str, ...]
    rows: Ints
    values: Floats
    confidences: Floats
    weights: Floats
    contributions: Floats
    regime: Ints


@njit
def contributions_nb(values: Floats, confidences: Floats, weights: Floats, rules: Rules, out: Floats) -> None:
    """Contributions [n, K] of n decisions."""
    fields = np.empty(FIELDS)
    for n in range(len(values)):
        fuse_nb(values[n], confidences[n], weights[n], rules, out[n], fields)


class Recorder:
    """Collects the hearings of one fused strategy, block by block."""

    def __init__(self, strategy: int, heard: FusedColumns, symbols: int) -> None:
        self._strategy, self._heard, self._symbols = strategy, heard, symbols
        self._parts: list[tuple[Ints, Floats, Floats, Ints]] = []

    def push(self, records: Records, first: int, start: int) -> None:
        """Take the records of the block just run: they begin at place ``first``, its slices at number ``start``."""
        lanes = records["lane"] - self._strategy * self._symbols
        chosen = np.flatnonzero((lanes >= 0) & (lanes < self._symbols))
        if len(chosen) == 0:
            return
        rows, symbols = records["row"][chosen] - start, lanes[chosen]
        voices = self._heard.voices[:, :, rows, symbols]
        regime = np.zeros(len(chosen), np.int64)
        if len(self._heard.regime):
            codes = self._heard.regime[rows, symbols]
            known = codes == codes
            regime[known] = codes[known].astype(np.int64)
        self._parts.append((first + chosen, voices[0].T.copy(), voices[1].T.copy(), regime))

    def hearing(self) -> Hearing:
        """Everything so far."""
        heard, names = self._heard, self._heard.graph.names
        none = (np.zeros(0, np.int64), np.zeros((0, len(names))), np.zeros((0, len(names))), np.zeros(0, np.int64))
        rows, values, confidences, regime = (np.concatenate(parts) for parts in zip(none, *self._parts, strict=True))
        weights = np.ascontiguousarray(heard.stage.weights[regime])
        contributions = np.empty_like(values)
        contributions_nb(values, confidences, weights, heard.stage.rules, contributions)
        return Hearing(self._strategy, names, rows, values, confidences, weights, contributions, regime)
