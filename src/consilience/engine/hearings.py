"""What each source said at each recorded decision of a fused strategy: the evidence behind a score, kept compactly.

A decision record says where a symbol ended; its hearing says why the score was what it was. Values, confidences and
weights are kept as they went into fusion, and the fields as they came out; contributions follow from them and sum to
the record's score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from consilience.core.jit import njit
from consilience.core.panel import Floats, Ints, Records
from consilience.engine.fused import FusedColumns
from consilience.signals.fusion.conditions import SLICE_FIELDS
from consilience.signals.fusion.fields import CONFIDENCE, FIELDS
from consilience.signals.fusion.fuse import Rules, fuse_nb
from consilience.signals.fusion.ranking import RANKED, STRENGTH, ranks_of
from consilience.signals.outcomes import CalibrationBin, Record


@dataclass(frozen=True)
class Hearing:
    """The sources of one fused strategy at its n recorded decisions.

    strategy: its number. names: sources in the order of summation, K of them. rows: int64 [n], places in the run's
    decision records, ascending. values, confidences: float64 [n, K] as the sources gave them, NaN where they abstained.
    weights: float64 [n, K] after the regime's multipliers. contributions: float64 [n, K]; summed from left to right
    they are the score. regime: int64 [n], MarketRegime, 0 where the profile has none. fields: float64 [FIELDS, n].
    ranks: int64 [n], place of the symbol in its slice, 0 for none; strengths: float64 [n], what it was ranked by.
    stated, behind: float64 [n], confidence before calibration and the outcomes behind that, 0 where there was none.
    """

    strategy: int
    names: tuple[str, ...]
    rows: Ints
    values: Floats
    confidences: Floats
    weights: Floats
    contributions: Floats
    regime: Ints
    fields: Floats
    ranks: Ints
    strengths: Floats
    stated: Floats
    behind: Floats


@dataclass(frozen=True)
class Survey:
    """What one fused strategy saw over the whole run.

    slices: float64 [SLICE_FIELDS, T] and sectors: float64 [T, N] of ``fusion.conditions``; sector_names in their order.
    fields: float64 [FIELDS, S] and ranked: float64 [RANKED, S] of the last slice. changes: CHANGE_DTYPE of
    ``signals.history``. sources: what became of each source's signals. reliability: confidence of fused signals, as
    stated before any calibration, against how often they were right, by tenths.
    """

    strategy: int
    slices: Floats
    sectors: Floats
    sector_names: tuple[str, ...]
    fields: Floats
    ranked: Floats
    changes: Records
    sources: Mapping[str, Record]
    reliability: tuple[CalibrationBin, ...]


@njit
def contributions_nb(values: Floats, confidences: Floats, weights: Floats, rules: Rules, out: Floats) -> None:
    """Contributions [n, K] of n decisions."""
    fields = np.empty(FIELDS)
    for n in range(len(values)):
        fuse_nb(values[n], confidences[n], weights[n], rules, out[n], fields)


class _Part(NamedTuple):
    """What is kept of one block."""

    rows: Ints
    values: Floats
    confidences: Floats
    regime: Ints
    fields: Floats
    ranks: Ints
    strengths: Floats
    stated: Floats
    behind: Floats


class Recorder:
    """Collects the hearings of one fused strategy, block by block."""

    def __init__(self, strategy: int, heard: FusedColumns, symbols: int) -> None:
        self._strategy, self._heard, self._symbols = strategy, heard, symbols
        self._parts = [self._take(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))]
        self._slices: list[tuple[Floats, Floats]] = []

    def push(self, records: Records, first: int, start: int) -> None:
        """Take the records of the block just run: they begin at place ``first``, its slices at number ``start``."""
        around = self._heard.stage.around
        self._slices.append((around.slices, around.sectors))
        lanes = records["lane"] - self._strategy * self._symbols
        chosen = np.flatnonzero((lanes >= 0) & (lanes < self._symbols))
        if len(chosen):
            self._parts.append(self._take(first + chosen, records["row"][chosen] - start, lanes[chosen]))

    def _take(self, places: Ints, rows: Ints, symbols: Ints) -> _Part:
        heard, count = self._heard, len(places)
        voices, fields = heard.voices[:, :, rows, symbols], heard.fields[:, rows, symbols]
        regime = np.zeros(count, np.int64)
        if len(heard.regime):
            codes = heard.regime[rows, symbols]
            known = codes == codes
            regime[known] = codes[known].astype(np.int64)
        stated, behind = fields[CONFIDENCE], np.zeros(count)
        if len(heard.stage.stated):
            stated, behind = heard.stage.stated[rows, symbols], heard.stage.behind[rows, symbols]
        ranks, strengths = np.zeros(count, np.int64), np.zeros(count)
        if count:
            strengths = heard.stage.ranked[STRENGTH, rows, symbols]
            for row in np.unique(rows).tolist():
                mine = rows == row
                ranks[mine] = ranks_of(heard.stage.ranked[STRENGTH, row])[symbols[mine]]
        return _Part(
            places, voices[0].T.copy(), voices[1].T.copy(), regime, fields, ranks, strengths, stated.copy(), behind
        )

    def hearing(self) -> Hearing:
        """Everything so far."""
        heard, names = self._heard, self._heard.graph.names
        parts = dict(zip(_Part._fields, zip(*self._parts, strict=True), strict=True))
        found = {name: np.concatenate(part, axis=1 if name == "fields" else 0) for name, part in parts.items()}
        weights = np.ascontiguousarray(heard.stage.weights[found["regime"]])
        contributions = np.empty_like(found["values"])
        contributions_nb(found["values"], found["confidences"], weights, heard.stage.rules, contributions)
        return Hearing(self._strategy, names, weights=weights, contributions=contributions, **found)

    def survey(self) -> Survey:
        """What the market and the signals were like so far."""
        stage, names = self._heard.stage, self._heard.graph.names
        none = np.zeros((SLICE_FIELDS, 0)), np.zeros((0, len(stage.outlook.names)))
        slices, sectors = zip(none, *self._slices, strict=True)
        last = len(self._heard.fields[0]) - 1
        return Survey(
            self._strategy,
            np.concatenate(slices, axis=1),
            np.concatenate(sectors),
            stage.outlook.names,
            self._heard.fields[:, last].copy() if last >= 0 else np.full((FIELDS, self._symbols), np.nan),
            stage.ranked[:, last].copy() if last >= 0 else np.zeros((RANKED, self._symbols)),
            self._heard.history.changes(),
            {name: stage.sources.record(k, None) for k, name in enumerate(names)},
            tuple(stage.fused.calibration(0, None)),
        )
