"""The dynamic selection: the best few by decayed score, none of which moves too much like another."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit
from consilience.core.panel import Floats, Ints
from consilience.core.spec import ParamSpec, Spec
from consilience.universe.filters._base import Codes

SCORE_UNKNOWN, OUTRANKED = int(Reason.SCORE_UNKNOWN), int(Reason.OUTRANKED)
CORRELATED, NOT_KNOWN = int(Reason.TOO_CORRELATED), int(Reason.CORRELATION_UNKNOWN)
FEWEST_RETURNS = 20
NEVER = -(2**62)
SPEC = Spec(
    name="selection",
    summary="Candidates in the order of score x (0.5 + 0.5 x share of the decay time since they were last traded, at "
    "most 1), ties in symbol order. Each is taken whose |correlation| of log returns with every one taken before stays "
    "below the cap, until `top` are taken.",
    inputs=("score", "last trade", "returns"),
    params=(
        ParamSpec("top", 5, low=0, high=10_000, unit="symbols", text="0 takes all that pass the filters"),
        ParamSpec("max_correlation", 0.7, low=0.0, high=1.0, text="1 for no cap"),
        ParamSpec("correlation_bars", 60, low=20, high=2_000, unit="bars"),
        ParamSpec("decay_minutes", 30.0, low=0.0, high=1e6, unit="minutes", text="0 for no decay"),
    ),
    outputs=("member", "rank"),
    nan_rule="a correlation over fewer than 20 common returns is unknown; then `missing` decides",
    source="Consilience founding document 002, dynamic top-5 selection algorithm",
    family="universe",
)


class SelectionTerms(NamedTuple):
    """top: 0 for no limit. cap: 1 for none. decay_ns: 0 for none. unknown_passes: a NaN correlation is no obstacle."""

    top: int
    cap: float
    decay_ns: int
    unknown_passes: bool


@njit
def correlation_nb(returns: Floats, a: int, b: int) -> float:
    """Pearson correlation of two columns of ``returns`` [W, S] over the rows where both are known, -1..1.

    NaN with fewer than FEWEST_RETURNS such rows or where one of them did not move.
    """
    count, mean_a, mean_b = 0, 0.0, 0.0
    for k in range(len(returns)):
        x, y = returns[k, a], returns[k, b]
        if x == x and y == y:
            count += 1
            mean_a += x
            mean_b += y
    if count < FEWEST_RETURNS:
        return float("nan")
    mean_a, mean_b = mean_a / count, mean_b / count
    aa, bb, ab = 0.0, 0.0, 0.0
    for k in range(len(returns)):
        x, y = returns[k, a], returns[k, b]
        if x == x and y == y:
            dx, dy = x - mean_a, y - mean_b
            aa += dx * dx
            bb += dy * dy
            ab += dx * dy
    if not (aa > 0.0 and bb > 0.0):
        return float("nan")
    return min(max(ab / (math.sqrt(aa) * math.sqrt(bb)), -1.0), 1.0)


@njit
def decay_nb(elapsed_ns: int, decay_ns: int) -> float:
    """Factor of a score so long after a trade: 0.5 at once, 1 from ``decay_ns`` on. A decay of 0 is none."""
    if elapsed_ns >= decay_ns:
        return 1.0
    return 0.5 + 0.5 * (float(max(elapsed_ns, 0)) / float(decay_ns))


@njit
def fits_nb(returns: Floats, candidate: int, chosen: Ints, terms: SelectionTerms) -> tuple[int, float, int]:
    """(reason or 0, |correlation|, with whom): the first of ``chosen`` that a candidate is too much like."""
    if terms.cap >= 1.0:
        return 0, float("nan"), -1
    for k in range(len(chosen)):
        found = abs(correlation_nb(returns, candidate, chosen[k]))
        if found != found:
            if not terms.unknown_passes:
                return NOT_KNOWN, found, chosen[k]
        elif found >= terms.cap:
            return CORRELATED, found, chosen[k]
    return 0, float("nan"), -1


@njit
def select_nb(
    score: Floats,
    last_trade: Ints,
    now_ns: int,
    returns: Floats,
    terms: SelectionTerms,
    codes: Codes,
    found: tuple[Floats, Ints, Floats, Ints],
) -> None:
    """Choose among the candidates of one slice: those without a reason in ``codes`` [S], which gets the others'.

    score: [S]. last_trade: UTC ns [S], NEVER before the first. returns: [W, S], up to the slice.
    found: out, [S] each: decayed score, rank from 1, |correlation| that stood in the way, and with whom; NaN, 0, NaN
    and -1 where there is none.
    """
    decayed, rank, correlation, rival = found
    symbols = len(score)
    places = np.empty(symbols, np.int64)
    count = 0
    for s in range(symbols):
        decayed[s], rank[s], correlation[s], rival[s] = np.nan, 0, np.nan, -1
        if codes[s] != 0:
            continue
        if score[s] != score[s]:
            if terms.top > 0:
                codes[s] = SCORE_UNKNOWN
            continue
        factor = decay_nb(now_ns - last_trade[s], terms.decay_ns) if last_trade[s] != NEVER else 1.0
        decayed[s] = score[s] * factor
        places[count] = s
        count += 1
    if count == 0:
        return
    places = places[:count]
    order = np.argsort(-decayed[places], kind="mergesort")
    chosen = np.empty(count, np.int64)
    taken = 0
    for k in range(count):
        s = places[order[k]]
        rank[s] = k + 1
        if terms.top == 0:
            continue
        if taken >= terms.top:
            codes[s] = OUTRANKED
            continue
        reason, close, other = fits_nb(returns, s, chosen[:taken], terms)
        if reason != 0:
            codes[s], correlation[s], rival[s] = reason, close, other
            continue
        chosen[taken] = s
        taken += 1


@njit
def select_block_nb(
    score: Floats,
    last_trade: Ints,
    ts: Ints,
    returns: Floats,
    terms: SelectionTerms,
    codes: Codes,
    found: tuple[Floats, Ints, Floats, Ints],
) -> None:
    """``select_nb`` for each of [B] slices; ``returns`` begins a whole window, less one row, before the first."""
    window = len(returns) - len(ts) + 1
    decayed, rank, correlation, rival = found
    for row in range(len(ts)):
        one = (decayed[row], rank[row], correlation[row], rival[row])
        select_nb(score[row], last_trade, ts[row], returns[row : row + window], terms, codes[row], one)
