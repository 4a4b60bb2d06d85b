"""Ranking of fused signals across symbols, in the five steps of founding document 002.

1. multi-factor score   |score|, from a profile such as ``multi_factor_ranking``
2. confidence           x confidence x (0.5 + mean of the known confidence levels), at most 1
3. risk                 x target volatility / volatility where it is above the target: wild symbols count less
4. market condition     x a factor each for regime and side, volatility, correlation and liquidity
5. rank                 the largest strength first, equal ones in the order of the symbols

Confidence levels are 0..1, with 0.5 for "says nothing": how often such signals were right so far; the share of the
other symbols that lean to the same side; how far volume and timeframes confirm, (1 + v c side) / 2. A condition that is
not known changes nothing; a symbol whose volatility is not known counts half. The document names the steps and the
levels; the factors are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from consilience.core.codes import MarketRegime
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.panel import Floats, Ints
from consilience.signals.fusion.conditions import CORRELATION, STRESSED_BELOW, VOLATILITY, Around
from consilience.signals.fusion.fields import CONFIDENCE, SCORE, STATUS
from consilience.signals.fusion.metadata import APART, CALM, TOGETHER, WILD
from consilience.signals.fusion.terms import FusionProfile

LEVELS = ("statistical", "correlation", "volume", "timeframe")
STRENGTH, RISK, CONDITION, STATISTICAL, SAME_SIDE, VOLUME, TIMEFRAME = range(7)  # rows of what ``rank_block_nb`` fills
RANKED = 7
UNKNOWN_RISK = 0.5
BULL, BEAR, SIDEWAYS = (
    int(MarketRegime.BULLISH_CALM),
    int(MarketRegime.BEARISH_VOLATILE),
    int(MarketRegime.SQUEEZE),
)
CONFIRMS_VOLUME, CONFIRMS_TIMEFRAME = "volume_profile", "multi_timeframe_agreement"
NAN = float("nan")


class RankRules(NamedTuple):
    """``terms.Ranking`` as the kernel reads it. volume, timeframe: numbers of the sources that confirm, -1 for none."""

    volume: int
    timeframe: int
    target_volatility: float
    against_regime: float
    sideways: float
    volatility_low: float
    volatility_high: float
    correlation_low: float
    correlation_high: float
    liquidity_stressed: float


def rank_rules(profile: FusionProfile, names: Sequence[str]) -> RankRules:
    """For the sources ``names`` in the order of summation."""
    told = profile.ranking
    return RankRules(
        *(names.index(name) if name in names else -1 for name in (CONFIRMS_VOLUME, CONFIRMS_TIMEFRAME)),
        *(float(getattr(told, name)) for name in RankRules._fields[2:]),
    )


@njit_inline
def confirmed_nb(voices: Floats, source: int, b: int, s: int, side: float) -> float:
    """How far a source confirms a side, 0..1; NaN where there is none or it is silent."""
    if source < 0:
        return NAN
    value, sure = voices[0, source, b, s], voices[1, source, b, s]
    if abs(value) <= 1.0 and 0.0 <= sure <= 1.0:
        confirms: float = (1.0 + value * sure * side) / 2.0
        return confirms
    return NAN


@njit_inline
def by_level_nb(value: float, limits: tuple[float, float], factors: tuple[float, float]) -> float:
    """The first factor below the first limit, the second above the second, 1 between them and for NaN."""
    if value < limits[0]:
        return factors[0]
    return factors[1] if value > limits[1] else 1.0


@njit_inline
def condition_nb(side: float, regime: int, around: Around, at: tuple[int, int], rules: RankRules) -> float:
    """Product of the factors of the market's conditions for a side of symbol ``at[1]`` in slice ``at[0]``."""
    b, s = at
    factor = 1.0
    if (regime == BULL and side < 0.0) or (regime == BEAR and side > 0.0):
        factor = rules.against_regime
    elif regime == SIDEWAYS:
        factor = rules.sideways
    wild = by_level_nb(around.slices[VOLATILITY, b], (CALM, WILD), (rules.volatility_low, rules.volatility_high))
    tied = by_level_nb(
        around.slices[CORRELATION, b], (APART, TOGETHER), (rules.correlation_low, rules.correlation_high)
    )
    dry = rules.liquidity_stressed if around.liquidity[b, s] < STRESSED_BELOW else 1.0
    return factor * wild * tied * dry


@njit_inline
def mean_level_nb(ranked: Floats, b: int, s: int) -> float:
    """Mean of the known confidence levels, 0.5 where none is."""
    total, known = 0.0, 0
    for row in range(STATISTICAL, RANKED):
        if ranked[row, b, s] == ranked[row, b, s]:
            total += ranked[row, b, s]
            known += 1
    return total / known if known > 0 else 0.5


@njit_bare
def rank_block_nb(
    fused: Floats, voices: Floats, hits: Floats, regime: Floats, around: Around, rules: RankRules, ranked: Floats
) -> None:
    """Fill ``ranked`` float64 [RANKED, B, S]: strength 0..1, and what it was made of; strength 0 and the rest NaN
    where fusion was silent or neutral.

    fused: [FIELDS, B, S]. voices: [2, K, B, S]. hits: [B, C], share of past fused signals that were right, NaN below
    the minimum sample; C is S or 1. regime: [B, S] codes, or without rows. Each slice depends on itself alone.
    """
    shared = hits.shape[1] == 1
    for b in range(fused.shape[1]):
        up, down = 0, 0
        for s in range(fused.shape[2]):
            if fused[STATUS, b, s] == 0.0:
                up += 1 if fused[SCORE, b, s] > 0.0 else 0
                down += 1 if fused[SCORE, b, s] < 0.0 else 0
        for s in range(fused.shape[2]):
            score = fused[SCORE, b, s]
            for row in range(RANKED):
                ranked[row, b, s] = NAN
            ranked[STRENGTH, b, s] = 0.0
            if fused[STATUS, b, s] != 0.0 or not (score > 0.0 or score < 0.0):
                continue
            side = 1.0 if score > 0.0 else -1.0
            ranked[STATISTICAL, b, s] = hits[b, 0 if shared else s]
            if up + down > 1:
                ranked[SAME_SIDE, b, s] = ((up if side > 0.0 else down) - 1) / (up + down - 1)
            ranked[VOLUME, b, s] = confirmed_nb(voices, rules.volume, b, s, side)
            ranked[TIMEFRAME, b, s] = confirmed_nb(voices, rules.timeframe, b, s, side)
            volatility, code = around.volatility[b, s], 0
            risk = UNKNOWN_RISK
            if volatility >= 0.0:
                risk = rules.target_volatility / max(volatility, rules.target_volatility)
            if len(regime) > 0 and 0.0 <= regime[b, s] <= SIDEWAYS:
                code = int(regime[b, s])
            condition = condition_nb(side, code, around, (b, s), rules)
            sure = min(abs(score) * fused[CONFIDENCE, b, s] * (0.5 + mean_level_nb(ranked, b, s)), 1.0)
            ranked[RISK, b, s], ranked[CONDITION, b, s] = risk, condition
            ranked[STRENGTH, b, s] = sure * risk * condition


def ranks_of(strengths: Floats) -> Ints:
    """Int64 [S] of strengths [S]: 1 for the largest, equal ones in the order of the symbols, 0 where there is none."""
    order = np.argsort(-strengths, kind="stable")
    ranks = np.zeros(len(strengths), np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return np.where(strengths > 0.0, ranks, 0)
