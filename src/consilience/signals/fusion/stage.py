"""Fusion with its memory: what sources said before decides how sure they may be now, and how much Kelly may bet.

In each slice, in this order: outcomes that are due settle at the slice's close; confidences are moved by them and
lowered where the data is doubtful; the sources are fused; the fused signal begins to wait for its own outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.panel import Floats
from consilience.signals.fusion.fields import CONFIDENCE, SCORE
from consilience.signals.fusion.fuse import fuse_block_nb
from consilience.signals.fusion.profile import rules_of, weights_of
from consilience.signals.fusion.temper import quality_factors, temper_block_nb
from consilience.signals.fusion.terms import FusionProfile
from consilience.signals.outcomes import OutcomeTracker
from consilience.signals.outcomes_nb import FACTOR

Saved = dict[str, npt.NDArray[Any]]
NO_TRACK = np.empty((0, 0, 1))


class Slices(NamedTuple):
    """A block of B slices of S symbols.

    voices: float64 [2, K, B, S], changed in place: what goes into fusion is left there. regime: float64 [B, S] codes,
    or without rows. flags: QualityFlag bits [B, S], or without rows. prices: float64 [B, S], forward-adjusted closes.
    """

    voices: Floats
    regime: Floats
    flags: npt.NDArray[np.integer[Any]]
    prices: Floats


class FusionStage:
    """One profile over S symbols. The block partition never changes a value; the future never changes one either.

    weights, rules: as ``fuse_nb`` takes them. kelly: float64 [TRACK, 1, B, C] of the last push, see
    ``outcomes_nb.settle_block_nb``; None where it was not asked for.
    """

    def __init__(
        self,
        profile: FusionProfile,
        names: Sequence[str],
        horizons: Sequence[int],
        symbols: int,
        *,
        kelly: bool = False,
    ) -> None:
        """names, horizons: of the sources, in the order of summation. kelly: whether to follow the fused signal too."""
        self.weights, self.rules = weights_of(profile, names), rules_of(profile, names)
        self.kelly: Floats | None = None
        self._factors = quality_factors(profile)
        terms, floor = profile.performance, profile.alignment_floor
        self._sources = OutcomeTracker(horizons, symbols, terms, floor=floor) if terms.on else None
        self._fused = OutcomeTracker([profile.horizon], symbols, terms, floor=0.0) if kelly else None
        self._buy = profile.thresholds.buy

    @property
    def sources(self) -> OutcomeTracker | None:
        """Records of the sources; None where the profile does not ask for them."""
        return self._sources

    @property
    def fused(self) -> OutcomeTracker | None:
        """Record of the fused signal; None where it was not asked for."""
        return self._fused

    def push(self, block: Slices, out: Floats) -> int:
        """Fill ``out`` [FIELDS, B, S]; returns how many voices said what can't be."""
        track = NO_TRACK
        if self._sources is not None:
            track = self._sources.push(block.voices, block.prices).track[FACTOR]
        if len(track) > 0 or len(block.flags) > 0:
            temper_block_nb(block.voices, block.flags, self._factors, track)
        refused: int = fuse_block_nb(block.voices, self.weights, block.regime, self.rules, out)
        if self._fused is not None:
            scores = np.where(np.abs(out[SCORE]) >= self._buy, out[SCORE], np.nan)  # below it there is no signal
            self.kelly = self._fused.push(np.stack([scores, out[CONFIDENCE]])[:, None], block.prices).track
        return refused

    def snapshot(self) -> Saved:
        """A copy of everything carried."""
        saved: Saved = {}
        for name, tracker in self._trackers():
            saved |= {f"{name}.{key}": value for key, value in tracker.snapshot().items()}
        return saved

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from a snapshot of a stage of the same profile, sources and symbols."""
        for name, tracker in self._trackers():
            tracker.restore(
                {key.removeprefix(f"{name}."): value for key, value in saved.items() if key.startswith(name)}
            )

    def _trackers(self) -> list[tuple[str, OutcomeTracker]]:
        both = (("sources", self._sources), ("fused", self._fused))
        return [(name, tracker) for name, tracker in both if tracker is not None]
