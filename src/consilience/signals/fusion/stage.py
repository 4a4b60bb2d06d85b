"""Fusion with its memory: what sources said before decides how sure they may be now, and how much Kelly may bet.

In each slice, in this order: outcomes that are due settle at the slice's close; confidences are moved by them where
the profile says so, and lowered where the data is doubtful; the sources are fused; the fused signal begins to wait for
its own outcome, and its confidence is calibrated where the profile says so; signals are ranked across symbols.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.panel import Floats, Ints
from consilience.signals.fusion.conditions import Around, conditions_block_nb, new_around, new_state
from consilience.signals.fusion.fields import CONFIDENCE, CONVICTION, SCORE
from consilience.signals.fusion.fuse import fuse_block_nb
from consilience.signals.fusion.profile import rules_of, weights_of
from consilience.signals.fusion.ranking import RANKED, rank_block_nb, rank_rules
from consilience.signals.fusion.temper import quality_factors, temper_block_nb
from consilience.signals.fusion.terms import FusionProfile
from consilience.signals.outcomes import OutcomeTracker, Settled
from consilience.signals.outcomes_nb import BEHIND, FACTOR, PROBABILITY, SURE

Saved = dict[str, npt.NDArray[Any]]
NO_TRACK = np.empty((0, 0, 1))
MARKET = ("symbols", "market", "ring")


class Slices(NamedTuple):
    """A block of B slices of S symbols.

    voices: float64 [2, K, B, S], changed in place: what goes into fusion is left there. regime: float64 [B, S] codes,
    or without rows. flags: QualityFlag bits [B, S], or without rows. prices: float64 [B, S], forward-adjusted closes.
    volumes: float64 [B, S].
    """

    voices: Floats
    regime: Floats
    flags: npt.NDArray[np.integer[Any]]
    prices: Floats
    volumes: Floats


class Outlook(NamedTuple):
    """What a stage is told beside its profile. threshold: confidence above which the orchestrator acts, for counting.
    sectors: int64 [S], number of each symbol's sector, negative for none. names: of the sectors, in their order."""

    threshold: float
    sectors: Ints
    names: tuple[str, ...]


def no_outlook(symbols: int) -> Outlook:
    """No threshold and no sectors."""
    return Outlook(1.0, np.full(symbols, -1, np.int64), ())


class FusionStage:
    """Fuses block after block; the partition never changes a value.

    After each push: ``around``, the conditions of the market; ``ranked`` float64 [RANKED, B, S]; ``settled``, what is
    known of past fused signals, for Kelly; ``stated`` and ``behind`` float64 [B, S], confidences before calibration and
    the outcomes that a calibration stands on, 0 where there was none; without rows where nothing is calibrated.
    """

    around: Around
    ranked: Floats
    settled: Settled

    def __init__(self, profile: FusionProfile, names: Sequence[str], horizons: Sequence[int], outlook: Outlook) -> None:
        """names, horizons: sources in the order of summation, and the bars after which each is judged."""
        self.weights, self.rules = weights_of(profile, names), rules_of(profile, names)
        self.ranking, self.outlook = rank_rules(profile, names), outlook
        symbols = len(outlook.sectors)
        self._factors = quality_factors(profile)
        terms = profile.performance
        self._hears, self._calibrates = terms.on, terms.calibrate
        self.sources = OutcomeTracker(horizons, symbols, terms, floor=profile.alignment_floor)
        self.fused = OutcomeTracker([profile.horizon], symbols, terms, floor=0.0, calibrate=terms.calibrate)
        self._market = new_state(symbols, len(outlook.names))
        self._buy, self._strong = profile.thresholds.buy, profile.thresholds.strong
        self.stated = self.behind = np.empty((0, symbols))

    def push(self, block: Slices, out: Floats) -> int:
        """Fill ``out`` [FIELDS, B, S]; returns how many voices said what can't be."""
        track = self.sources.push(block.voices, block.prices).track[FACTOR]
        if self._hears or len(block.flags) > 0:
            temper_block_nb(block.voices, block.flags, self._factors, track if self._hears else NO_TRACK)
        refused: int = fuse_block_nb(block.voices, self.weights, block.regime, self.rules, out)
        scores = np.where(np.abs(out[SCORE]) >= self._buy, out[SCORE], np.nan)  # below it there is no signal
        self.settled = self.fused.push(np.stack([scores, out[CONFIDENCE]])[:, None], block.prices)
        if self._calibrates:
            self._calibrate(out)
        rows, symbols = block.prices.shape
        self.around = new_around(rows, symbols, len(self.outlook.names))
        threshold, sectors = self.outlook.threshold, self.outlook.sectors
        conditions_block_nb(out, block.prices, block.volumes, sectors, threshold, self._market, self.around)
        self.ranked = np.empty((RANKED, rows, symbols))
        hits = self.settled.track[PROBABILITY, 0]
        rank_block_nb(out, block.voices, hits, block.regime, self.around, self.ranking, self.ranked)
        return refused

    def _calibrate(self, out: Floats) -> None:
        calibrated = self.settled.calibrated[:, 0]
        self.stated, self.behind = out[CONFIDENCE].copy(), calibrated[BEHIND]
        out[CONFIDENCE] = calibrated[SURE]
        out[CONVICTION] = calibrated[SURE] * np.minimum(1.0, np.abs(out[SCORE]) / self._strong)

    def snapshot(self) -> Saved:
        """A copy of everything carried."""
        saved: Saved = {f"market.{name}": getattr(self._market, name).copy() for name in MARKET}
        for name, tracker in self._trackers():
            saved |= {f"{name}.{key}": value for key, value in tracker.snapshot().items()}
        return saved

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from a snapshot of a stage of the same profile, sources and symbols."""
        for name in MARKET:
            getattr(self._market, name)[...] = saved[f"market.{name}"]
        for name, tracker in self._trackers():
            tracker.restore(
                {key.removeprefix(f"{name}."): value for key, value in saved.items() if key.startswith(name)}
            )

    def _trackers(self) -> tuple[tuple[str, OutcomeTracker], ...]:
        return ("sources", self.sources), ("fused", self.fused)
