"""The quantitative scoring matrix: four scores of 0 to 100, weighed by the regime."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.jit import njit
from consilience.core.panel import Floats, Ints
from consilience.core.spec import Spec
from consilience.universe.filters._base import Codes
from consilience.universe.regime import median_nb, regime_nb

VOLATILITY, MOMENTUM, VOLUME, TREND = 0, 1, 2, 3
PARTS = ("volatility", "momentum", "volume", "trend")
# rows by Regime: DEFAULT, TRENDING, RANGING, VOLATILE; columns by PARTS
WEIGHTS = np.array(
    [[0.25, 0.30, 0.20, 0.25], [0.20, 0.40, 0.15, 0.25], [0.35, 0.20, 0.25, 0.20], [0.40, 0.25, 0.20, 0.15]]
)
FULL_VELOCITY = 2.0  # velocity, in random-walk steps, that scores full marks
FULL_SURGE = 2.0  # 200 % of the usual volume
FULL_TREND = 50.0  # ADX
_SOURCE = "Consilience founding document 002, quantitative scoring matrix"
SPECS = (
    Spec(
        name="score volatility",
        summary="100 x (half the percentile of the average true range among the symbol's own of 30 days + half its "
        "rank among the candidates of the slice).",
        inputs=("atr",),
        source=_SOURCE,
        family="universe",
    ),
    Spec(
        name="score momentum",
        summary="100 x (0.7 x velocity + 0.3 x acceleration, each over 2 and at most 1). Velocity: move of 10 bars "
        "over (average true range x sqrt(10)); acceleration: its change over 10 bars, where that goes the same way.",
        inputs=("velocity", "acceleration"),
        source=_SOURCE,
        family="universe",
    ),
    Spec(
        name="score volume",
        summary="100 x volume over twice the mean of the 20 bars before, at most 100: 200 % is a surge.",
        inputs=("surge",),
        source=_SOURCE,
        family="universe",
    ),
    Spec(
        name="score trend",
        summary="100 x ADX of 14 bars over 50, at most 100.",
        inputs=("adx",),
        source=_SOURCE,
        family="universe",
    ),
)


class ScoreInputs(NamedTuple):
    """Measures that the scores read, float64 [B, S] each."""

    atr: Floats
    percentile: Floats
    velocity: Floats
    acceleration: Floats
    surge: Floats
    adx: Floats


@njit
def cross_rank_nb(values: Floats, codes: Codes, out: Floats) -> None:
    """Rank of each candidate's value among them, 0 lowest to 1 highest, ties share their middle; alone it is 0.5.

    values, out: [S]. NaN where there is a reason in ``codes`` or no value.
    """
    places = np.empty(len(values), np.int64)
    count = 0
    for s in range(len(values)):
        out[s] = np.nan
        if codes[s] == 0 and values[s] == values[s]:
            places[count] = s
            count += 1
    if count == 1:
        out[places[0]] = 0.5
    if count < 2:
        return
    places = places[:count]
    order = np.argsort(values[places], kind="mergesort")
    first = 0
    while first < count:
        last = first
        value = values[places[order[first]]]
        while last + 1 < count and values[places[order[last + 1]]] == value:
            last += 1
        for k in range(first, last + 1):
            out[places[order[k]]] = (first + last) * 0.5 / (count - 1)
        first = last + 1


@njit
def momentum_nb(velocity: float, acceleration: float, side: int) -> float:
    """Momentum score of 0 to 100. side: 0 both ways count, 1 only up, -1 only down. NaN in gives NaN."""
    if velocity != velocity or acceleration != acceleration:
        return float("nan")
    way = 1.0 if velocity >= 0.0 else -1.0
    if side != 0 and side * way < 0.0:
        return 0.0
    speed = min(abs(velocity) / FULL_VELOCITY, 1.0)
    push = min(max(acceleration * way, 0.0) / FULL_VELOCITY, 1.0)
    return 100.0 * (0.7 * speed + 0.3 * push)


@njit
def weigh_nb(parts: Floats, weights: Floats, row: int, s: int) -> float:
    """Weighted mean of the known ones of a symbol's four scores; NaN when none is known."""
    total, weight = 0.0, 0.0
    for k in range(4):
        if parts[k, row, s] == parts[k, row, s]:
            total += weights[k] * parts[k, row, s]
            weight += weights[k]
    return total / weight if weight > 0.0 else float("nan")


@njit
def score_nb(
    given: ScoreInputs,
    codes: Codes,
    weights: Floats,
    switches: tuple[int, int, bool],
    found: tuple[Floats, Floats, Floats, Ints],
) -> None:
    """Scores of every candidate of [B] slices.

    weights: ``WEIGHTS``. switches: side, regime to take (-1 for the rule), whether a score may be missing: the others
    then carry its weight. found: out; the four parts [4, B, S], the score [B, S], NaN for a symbol with a reason in
    ``codes`` or without a score, the rank of the average true range among the candidates [B, S], 0 to 1, and the
    regime [B].
    """
    side, fixed, partial = switches
    parts, score, ranks, regimes = found
    rows, symbols = score.shape
    scratch = np.empty(symbols, np.float64)
    for row in range(rows):
        chosen = codes[row]
        regime = regime_nb(
            median_nb(given.percentile[row], chosen, scratch), median_nb(given.adx[row], chosen, scratch)
        )
        regime = fixed if fixed >= 0 else regime
        regimes[row] = regime
        cross_rank_nb(given.atr[row], chosen, ranks[row])
        for s in range(symbols):
            parts[VOLATILITY, row, s] = 100.0 * (0.5 * given.percentile[row, s] + 0.5 * ranks[row, s])
            parts[MOMENTUM, row, s] = momentum_nb(given.velocity[row, s], given.acceleration[row, s], side)
            surge, adx = given.surge[row, s], given.adx[row, s]
            parts[VOLUME, row, s] = 100.0 * min(surge / FULL_SURGE, 1.0) if surge == surge else np.nan
            parts[TREND, row, s] = 100.0 * min(adx / FULL_TREND, 1.0) if adx == adx else np.nan
            score[row, s] = np.nan
            if chosen[s] == 0:
                known = True
                for k in range(4):
                    known = known and parts[k, row, s] == parts[k, row, s]
                if known or partial:
                    score[row, s] = weigh_nb(parts, weights[regime], row, s)
