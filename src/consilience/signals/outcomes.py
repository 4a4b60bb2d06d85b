"""Outcomes of signals, point in time: how often each source was right, how sure it may be, and what Kelly may use."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from consilience.core.errors import ConfigError
from consilience.core.panel import Floats
from consilience.signals.fusion.terms import Performance
from consilience.signals.outcomes_nb import (
    BINS,
    CALIBRATED,
    NEVER,
    STATS_DTYPE,
    TRACK,
    OutcomeRules,
    OutcomeState,
    settle_block_nb,
)

SNAPSHOT = ("prices", "leans", "bars", "counted", "stats", "bins")


class Record(NamedTuple):
    """What a source's outcomes come to. sample: their weight. Rates and means are NaN where nothing was settled;
    ``known`` says whether the sample reached the minimum."""

    settled: int
    sample: float
    hit_rate: float
    mean: float
    deviation: float
    mean_win: float
    mean_loss: float
    known: bool


class KellyInputs(NamedTuple):
    """For sizing: probability of a win, mean win / mean loss, and the sample behind them. Not ``known``: the sample is
    below the minimum, or there was no win or no loss yet; then the numbers are NaN and sizing falls back."""

    probability: float
    payoff: float
    sample: float
    known: bool


class CalibrationBin(NamedTuple):
    """Signals of one tenth of confidence: their mean confidence against how often they were right."""

    low: float
    high: float
    sample: float
    confidence: float
    hit_rate: float


class Settled(NamedTuple):
    """Of a block, see ``settle_block_nb``: outcomes float64 [G, B, S], track float64 [TRACK, G, B, C], calibrated
    float64 [CALIBRATED, G, B, S], without slices where it was not asked for."""

    outcomes: Floats
    track: Floats
    calibrated: Floats


class OutcomeTracker:
    """Follows the signals of G sources (or one fused score) on S symbols.

    The block partition never changes a value, and no later bar changes what was known in an earlier slice. Records that
    pool all symbols need every symbol of a slice in one call, in the same order.
    """

    def __init__(
        self,
        horizons: Sequence[int],
        symbols: int,
        performance: Performance | None = None,
        *,
        floor: float = 0.05,
        calibrate: bool = False,
    ) -> None:
        """horizons: bars ahead, one for each source. floor: least |value x confidence| that is a signal. calibrate:
        whether ``push`` tells calibrated confidences. Raises ConfigError for a horizon below 1."""
        terms = Performance() if performance is None else performance
        for horizon in horizons:
            if horizon < 1:
                raise ConfigError(f"an outcome's horizon is {horizon} bars; give 1 or more")
        groups, cells = len(horizons), symbols if terms.per_symbol else 1
        ring = max(horizons, default=1)
        keep = 0.5 ** (1.0 / terms.half_life) if terms.half_life > 0.0 else 1.0
        self._calibrates = calibrate
        self.rules = OutcomeRules(
            np.array(horizons, np.int64), float(floor), float(terms.cost), keep, float(terms.minimum_sample)
        )
        self.state = OutcomeState(
            np.full((ring, symbols), np.nan),
            np.full((groups, ring, symbols), np.nan),
            np.zeros(symbols, np.int64),
            np.full((groups, symbols), NEVER, np.int64),
            np.zeros((groups, cells), STATS_DTYPE),
            np.zeros((groups, cells, BINS, 3)),
        )

    def push(self, voices: Floats, prices: Floats) -> Settled:
        """Take in a block: voices float64 [2, G, B, S], forward-adjusted closes float64 [B, S]."""
        groups, cells = self.state.stats.shape
        rows = len(prices)
        settled = Settled(
            np.empty((groups, *prices.shape)),
            np.empty((TRACK, groups, rows, cells)),
            np.empty((CALIBRATED, groups, rows if self._calibrates else 0, prices.shape[1])),
        )
        settle_block_nb(voices, prices, self.state, self.rules, *settled)
        return settled

    def record(self, source: int, symbol: int | None = 0) -> Record:
        """Of a source; ``symbol`` matters only where each symbol has a record of its own, None adds those up."""
        mine = self.state.stats[source]
        one = mine if symbol is None else mine[self._cell(symbol)][None]
        weight, wins, gain, loss, square = (
            math.fsum(one[name].tolist()) for name in ("weight", "wins", "gain", "loss", "square")
        )
        losses = weight - wins
        mean = _over(gain - loss, weight)
        spread = max(_over(square, weight) - mean * mean, 0.0) if weight > 0.0 else np.nan
        return Record(
            int(one["settled"].sum()),  # integer
            weight,
            _over(wins, weight),
            mean,
            math.sqrt(spread) if spread == spread else math.nan,
            _over(gain, wins),
            _over(loss, losses),
            weight >= self.rules.minimum,
        )

    def kelly_inputs(self, source: int, symbol: int = 0) -> KellyInputs:
        """Of a source, with the fallback said in ``known``."""
        record = self.record(source, symbol)
        payoff = _over(record.mean_win, record.mean_loss)
        if not record.known or not payoff > 0.0:
            return KellyInputs(np.nan, np.nan, record.sample, False)
        return KellyInputs(record.hit_rate, payoff, record.sample, True)

    def calibration(self, source: int, symbol: int | None = 0) -> list[CalibrationBin]:
        """Confidence against hit rate, by tenths; NaN in those without a signal. symbol: as in ``record``."""
        mine = self.state.bins[source]
        cells = mine if symbol is None else mine[self._cell(symbol)][None]
        bins = np.array([[math.fsum(cells[:, k, n].tolist()) for n in range(3)] for k in range(BINS)])
        return [
            CalibrationBin(k / BINS, (k + 1) / BINS, weight, _over(sure, weight), _over(won, weight))
            for k, (weight, won, sure) in enumerate(bins.tolist())
        ]

    def snapshot(self) -> dict[str, np.ndarray]:
        """A copy of everything carried."""
        return {name: getattr(self.state, name).copy() for name in SNAPSHOT}

    def restore(self, saved: Mapping[str, np.ndarray]) -> None:
        """Go on from a snapshot of a tracker of the same shape."""
        for name in SNAPSHOT:
            getattr(self.state, name)[...] = saved[name]

    def _cell(self, symbol: int) -> int:
        return symbol if self.state.stats.shape[1] > 1 else 0


def _over(number: float, by: float) -> float:
    return number / by if by > 0.0 else np.nan
