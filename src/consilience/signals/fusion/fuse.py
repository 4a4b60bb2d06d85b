"""Fusion: the sources of one symbol become one score, to which their contributions sum exactly.

contribution_k = w_k v_k c_k / sum(w of those that spoke); score = contributions, added from first to last
coverage       = sum(w of those that spoke) / sum(w)
agreement      = |up - down| / (up + down), of the contributions up and down before a conflict is resolved; 1 where
                 nobody leans
confidence     = by rule x coverage ^ power
conviction     = confidence x min(1, |score| / strong): sure, and of something

A conflict is an agreement below ``conflict_below``. It is resolved by one of

    weighted_average   nothing changes: both sides count
    expert_override    the experts that spoke decide alone, over their own weights; without one, both sides count
    confidence_based   the side with the larger sum(w c) speaks, the other is not heard; the weights stay, so the score
                       is smaller than without the conflict. Equal sides both count
    majority           always, not only in conflict: buy, sell and hold have sum(w c) votes each; the winner is heard,
                       the others are not. A tie, and hold, give 0
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit, njit_bare, njit_inline
from consilience.core.panel import Bools, Floats
from consilience.signals.fusion.fields import (
    AGREEMENT,
    ALIGNED,
    CONFIDENCE,
    CONVICTION,
    COVERAGE,
    FIELDS,
    MULTIPLIER,
    SCORE,
    STATUS,
    STOP,
    TARGET,
)

CONFIDENCE_RULES = ("agreement", "score", "votes", "mean")
BY_AGREEMENT, BY_SCORE, BY_VOTES, BY_MEAN = range(4)
CONFLICT_RULES = ("weighted_average", "expert_override", "confidence_based", "majority")
WEIGHTED_AVERAGE, EXPERT_OVERRIDE, CONFIDENCE_BASED, MAJORITY = range(4)
NOBODY, TOO_FEW = int(Reason.NO_SOURCE_SPOKE), int(Reason.COVERAGE_TOO_LOW)
NAN = float("nan")
ROUNDING = 1e-12  # a coverage of 0.4 by weights that don't add up to it in the last digit is 0.4
SHRINK = 1.0 - 2.0**-52  # next to 1: keeps a score that rounding put beyond 1 inside


class Rules(NamedTuple):
    """A profile as the kernel reads it; made by ``profile.rules_of``.

    confidence, conflict: index in CONFIDENCE_RULES, CONFLICT_RULES. vote: values count as -1, 0, 1, and those within
    ``vote_floor`` of 0 are votes to hold. alignment_floor: least |v c| of an aligned source. strong: score of full
    conviction. experts: bool [K]. levels: float64 [R, 3] by regime code: position multiplier, stop, target.
    """

    confidence: int
    conflict: int
    conflict_below: float
    vote: bool
    vote_floor: float
    coverage_power: float
    coverage_minimum: float
    alignment_floor: float
    strong: float
    experts: Bools
    levels: Floats


class Said(NamedTuple):
    """Sums over the voices of one symbol. weight: of those that spoke; all: of every source; expert: of experts that
    spoke. sure: sum(w c), and buy, sell, hold its parts. up, down: sums of w v c by side, both positive."""

    weight: float
    all: float
    expert: float
    sure: float
    buy: float
    sell: float
    up: float
    down: float
    refused: int


@njit_inline
def listen_nb(values: Floats, confidences: Floats, weights: Floats, rules: Rules, shares: Floats) -> Said:
    """Sum up what was said; ``shares`` becomes w v c of each source, 0 of those that abstain."""
    weight, everyone, expert = 0.0, 0.0, 0.0
    sure, buy, sell, up, down = 0.0, 0.0, 0.0, 0.0, 0.0
    refused = 0
    for k in range(len(values)):
        w, v, c = weights[k], values[k], confidences[k]
        shares[k] = 0.0
        everyone += w
        if v < -1.0 or v > 1.0 or c < 0.0 or c > 1.0:
            refused += 1
            continue
        if v != v or c != c or not w > 0.0:
            continue
        weight += w
        if rules.experts[k]:
            expert += w
        if rules.vote:
            v = 1.0 if v >= rules.vote_floor else -1.0 if v <= -rules.vote_floor else 0.0
        share = w * v * c
        shares[k] = share
        sure += w * c
        if share > 0.0:
            up += share
            buy += w * c
        elif share < 0.0:
            down -= share
            sell += w * c
    return Said(weight, everyone, expert, sure, buy, sell, up, down, refused)


@njit_inline
def resolve_nb(said: Said, agreement: float, rules: Rules, shares: Floats) -> float:
    """Take from ``shares`` what the conflict rule does not hear; returns the weight to divide the rest by."""
    keep_up, keep_down = True, True
    if rules.conflict == MAJORITY:
        hold = said.sure - said.buy - said.sell
        keep_up = said.buy > said.sell and said.buy > hold
        keep_down = said.sell > said.buy and said.sell > hold
    elif agreement < rules.conflict_below:
        if rules.conflict == EXPERT_OVERRIDE and said.expert > 0.0:
            for k in range(len(shares)):
                if not rules.experts[k]:
                    shares[k] = 0.0
            return said.expert
        if rules.conflict == CONFIDENCE_BASED and said.buy != said.sell:
            keep_up = said.buy > said.sell
            keep_down = not keep_up
    if not (keep_up and keep_down):
        for k in range(len(shares)):
            if (shares[k] > 0.0 and not keep_up) or (shares[k] < 0.0 and not keep_down):
                shares[k] = 0.0
    return said.weight


@njit_inline
def add_up_nb(shares: Floats, weight: float) -> float:
    """Divide by the weight, and add from first to last."""
    score = 0.0
    for k in range(len(shares)):
        shares[k] = shares[k] / weight
        score += shares[k]
    while score > 1.0 or score < -1.0:  # by rounding alone
        score = 0.0
        for k in range(len(shares)):
            shares[k] = shares[k] * SHRINK
            score += shares[k]
    return score


@njit_inline
def confidence_nb(said: Said, agreement: float, score: float, rules: Rules) -> float:
    """Confidence by the profile's rule, before coverage; 0..1."""
    result = 0.0
    if rules.confidence == BY_SCORE:
        result = abs(score)
    elif rules.confidence == BY_VOTES:
        if said.sure > 0.0:
            result = max(said.buy, said.sell, said.sure - said.buy - said.sell) / said.sure
    elif rules.confidence == BY_MEAN:
        result = said.sure / said.weight
    else:
        result = said.sure / said.weight * agreement
    return min(result, 1.0)


@njit_inline
def aligned_nb(values: Floats, confidences: Floats, weights: Floats, score: float, floor: float) -> int:
    """Number of sources that spoke on the score's side with |v c| of the floor or more; 0 where the score is 0."""
    count = 0
    side = 1.0 if score > 0.0 else -1.0 if score < 0.0 else 0.0
    for k in range(len(values)):
        v, c = values[k], confidences[k]
        if abs(v) <= 1.0 and 0.0 <= c <= 1.0 and weights[k] > 0.0:
            lean = v * c * side
            if lean >= floor and lean > 0.0:
                count += 1
    return count


@njit_inline
def silent_nb(reason: int, coverage: float, contributions: Floats, fields: Floats) -> None:
    """Fusion has nothing to say."""
    for k in range(len(contributions)):
        contributions[k] = NAN
    for field in range(FIELDS):
        fields[field] = NAN
    fields[COVERAGE], fields[STATUS] = coverage, reason


@njit_bare
def fuse_nb(
    values: Floats, confidences: Floats, weights: Floats, rules: Rules, contributions: Floats, fields: Floats
) -> int:
    """Fuse the K sources of one symbol in one slice; returns how many said what can't be (they count as abstaining).

    values -1..1 and confidences 0..1 [K], NaN where a source abstains; weights [K], not negative, of the regime that
    holds; a weight of 0 is not heard. Fills contributions [K], 0 of sources that are not heard, and fields [FIELDS];
    contributions are NaN where fusion is silent. Multiplier, stop and target are those without a regime.
    """
    said = listen_nb(values, confidences, weights, rules, contributions)
    if not said.weight > 0.0:
        silent_nb(NOBODY, 0.0, contributions, fields)
        return said.refused
    coverage = min(said.weight / said.all, 1.0)
    if coverage < rules.coverage_minimum - ROUNDING:
        silent_nb(TOO_FEW, coverage, contributions, fields)
        return said.refused
    leaning = said.up + said.down
    agreement = abs(said.up - said.down) / leaning if leaning > 0.0 else 1.0
    score = add_up_nb(contributions, resolve_nb(said, agreement, rules, contributions))
    confidence = confidence_nb(said, agreement, score, rules)
    if coverage < 1.0 and rules.coverage_power > 0.0:
        confidence *= math.exp(rules.coverage_power * math.log(coverage))
    fields[SCORE] = score
    fields[CONFIDENCE] = confidence
    fields[CONVICTION] = confidence * min(1.0, abs(score) / rules.strong)
    fields[COVERAGE] = coverage
    fields[AGREEMENT] = agreement
    fields[ALIGNED] = aligned_nb(values, confidences, weights, score, rules.alignment_floor)
    fields[MULTIPLIER], fields[STOP], fields[TARGET] = rules.levels[0, 0], rules.levels[0, 1], rules.levels[0, 2]
    fields[STATUS] = 0.0
    return said.refused


@njit
def fuse_block_nb(voices: Floats, weights: Floats, regime: Floats, rules: Rules, out: Floats) -> int:
    """Fuse a block of B slices of S symbols; returns how many voices said what can't be.

    voices: float64 [2, K, B, S], values and confidences. weights: float64 [R, K] by regime code. regime: float64
    [B, S], or without rows where the profile has no regime source; NaN and codes without weights count as 0, unknown.
    out: float64 [FIELDS, B, S]. Each (slice, symbol) depends on itself alone.
    """
    sources, rows, symbols = voices.shape[1], voices.shape[2], voices.shape[3]
    values, confidences, contributions = np.empty(sources), np.empty(sources), np.empty(sources)
    fields = np.empty(FIELDS)
    refused = 0
    for b in range(rows):
        for s in range(symbols):
            for k in range(sources):
                values[k], confidences[k] = voices[0, k, b, s], voices[1, k, b, s]
            code = 0
            if len(regime) > 0 and 0.0 <= regime[b, s] < len(weights):
                code = int(regime[b, s])
            refused += fuse_nb(values, confidences, weights[code], rules, contributions, fields)
            if fields[STATUS] == 0.0:
                fields[MULTIPLIER] = rules.levels[code, 0]
                fields[STOP], fields[TARGET] = rules.levels[code, 1], rules.levels[code, 2]
            for field in range(FIELDS):
                out[field, b, s] = fields[field]
    return refused
