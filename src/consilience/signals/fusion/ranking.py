"""Ranking of fused signals across symbols, in the five steps of founding document 002.

1. multi-factor score   |score|, from a profile such as ``multi_factor_ranking``
2. confidence           x confidence x (0.5 + mean of the known confidence levels), at most 1
3. risk                 x target volatility / volatility where it is above the target: wild symbols count less
4. market condition     x by regime and side: against the regime counts less
5. rank                 the largest strength first, equal ones in the order of the symbols

Levels are 0..1, with 0.5 for "says nothing". The factors of steps 2 to 4 are ours; the document names the steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from consilience.core.codes import MarketRegime
from consilience.core.panel import Floats, Ints

LEVELS = ("statistical", "correlation", "volume", "timeframe")
# Factor for (long, short) by MarketRegime.
CONDITION = {
    MarketRegime.UNKNOWN: (1.0, 1.0),
    MarketRegime.BULLISH_CALM: (1.0, 0.7),
    MarketRegime.BEARISH_VOLATILE: (0.7, 1.0),
    MarketRegime.SQUEEZE: (0.85, 0.85),
}
UNKNOWN_RISK = 0.5  # a symbol whose volatility is not known counts half


@dataclass(frozen=True)
class Candidates:
    """S symbols in one slice, float64 [S] each, NaN where not known.

    scores, confidences: of fusion. hit_rates: of past signals (``signals.outcomes``). volume, timeframe: value x
    confidence of the sources that confirm by volume and by timeframes, -1..1. volatility: standard deviation of a bar's
    return. regime: MarketRegime codes.
    """

    scores: Floats
    confidences: Floats
    hit_rates: Floats
    volume: Floats
    timeframe: Floats
    volatility: Floats
    regime: Floats


@dataclass(frozen=True)
class Ranked:
    """ranks: int64 [S], 1 for the best, 0 where fusion was silent or neutral. strengths: float64 [S], 0..1.

    levels: float64 [4, S] in the order of ``LEVELS``.
    """

    ranks: Ints
    strengths: Floats
    levels: Floats

    def best(self, count: int) -> list[int]:
        """Numbers of the best symbols, best first."""
        order = np.argsort(self.ranks, kind="stable")
        return [int(s) for s in order[self.ranks[order] > 0][:count]]


def confidence_levels(candidates: Candidates) -> Floats:
    """Float64 [4, S]: hit rate so far; share of the other symbols that lean to the same side; and how far volume and
    timeframes confirm, (1 + v c side) / 2. NaN where not known, and where fusion was silent or neutral."""
    scores = candidates.scores
    side = np.where(scores > 0.0, 1.0, np.where(scores < 0.0, -1.0, np.nan))
    up, down = int(np.count_nonzero(side > 0.0)), int(np.count_nonzero(side < 0.0))
    others = up + down - 1
    same = np.where(side > 0.0, up - 1, down - 1) / others if others > 0 else np.full(len(scores), np.nan)
    nothing = 0.0 * side  # keeps NaN
    return np.stack(
        [
            candidates.hit_rates + nothing,
            same + nothing,
            (1.0 + candidates.volume * side) / 2.0,
            (1.0 + candidates.timeframe * side) / 2.0,
        ]
    )


def rank_signals(candidates: Candidates, target_volatility: float = 0.02) -> Ranked:
    """Rank a slice. target_volatility: of a bar's return; a symbol at twice as much counts half."""
    levels = confidence_levels(candidates)
    total, known = np.zeros(len(candidates.scores)), np.zeros(len(candidates.scores))
    for level in levels:
        is_known = level == level
        total = total + np.where(is_known, level, 0.0)
        known = known + is_known
    mean = np.where(known > 0.0, total / np.maximum(known, 1.0), 0.5)
    strength = np.minimum(np.abs(candidates.scores) * candidates.confidences * (0.5 + mean), 1.0)
    volatility = candidates.volatility
    wild = volatility > target_volatility
    risk = np.where(wild, target_volatility / np.where(wild, volatility, 1.0), 1.0)
    strength = strength * np.where(volatility >= 0.0, risk, UNKNOWN_RISK) * _condition(candidates)
    speaks = strength > 0.0
    order = np.argsort(np.where(speaks, -strength, np.inf), kind="stable")
    ranks = np.zeros(len(strength), np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return Ranked(np.where(speaks, ranks, 0), np.where(speaks, strength, 0.0), levels)


def _condition(candidates: Candidates) -> Floats:
    table = np.array([CONDITION[code] for code in MarketRegime])
    known = (candidates.regime >= 0.0) & (candidates.regime < len(table))
    codes = np.where(known, candidates.regime, 0.0).astype(np.int64)
    result: Floats = table[codes, np.where(candidates.scores < 0.0, 1, 0)]
    return result
