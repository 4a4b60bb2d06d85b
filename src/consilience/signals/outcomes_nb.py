"""What became of signals: each meets its forward return at its horizon, and running records follow.

A signal of bar m with side d (sign of its value) and horizon h settles at bar m + h, close to close:

    outcome = d (price[m + h] / price[m] - 1) - cost

It is a win above 0, else a loss. Signals that overlap tell the same story again, so a record counts one only when the
last one it counted, of that source and symbol, was h bars or more before. With forgetting each counted outcome makes
all before it in its record count ``keep`` times what they did. Symbols move together, so the sample of a record that
pools them says less than its number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.jit import njit_bare, njit_inline
from consilience.core.panel import Floats, Ints, Records

BINS = 10  # of confidence, equally wide
# rows of ``track``
FACTOR, PROBABILITY, PAYOFF, SAMPLE = range(4)
TRACK = 4
# rows of ``calibrated``
SURE, BEHIND = range(2)
CALIBRATED = 2
LEAST_FACTOR, MOST_FACTOR = 0.5, 1.5
NEVER = -(2**60)
NAN = float("nan")

# One record of outcomes. Sums and counts are weighted by forgetting, except ``settled``.
STATS_DTYPE = np.dtype(
    [
        ("settled", "i8"),  # outcomes counted so far
        ("weight", "f8"),
        ("wins", "f8"),
        ("gain", "f8"),  # sum of the wins
        ("loss", "f8"),  # sum of the losses, positive
        ("square", "f8"),  # sum of squared outcomes
    ],
    align=True,
)


class OutcomeState(NamedTuple):
    """What is carried from block to block, for G sources, S symbols and H the longest horizon.

    prices: float64 [H, S], of the last H valid bars. leans: float64 [G, H, S], signed confidence of the signals that
    wait, NaN for none. bars: int64 [S], valid bars so far. counted: int64 [G, S], bar of the last counted signal.
    stats: STATS_DTYPE [G, C], C is S or 1 for all symbols together. bins: float64 [G, C, BINS, 3]: weight, wins and sum
    of confidence.
    """

    prices: Floats
    leans: Floats
    bars: Ints
    counted: Ints
    stats: Records
    bins: Floats


class OutcomeRules(NamedTuple):
    """horizons: int64 [G], bars. floor: least |value x confidence| of a signal. cost: fraction of the price, off each
    outcome. keep: 0..1, see above; 1 for no forgetting. minimum: weight below which nothing is concluded."""

    horizons: Ints
    floor: float
    cost: float
    keep: float
    minimum: float


@njit_inline
def count_nb(state: OutcomeState, rules: OutcomeRules, g: int, c: int, confidence: float, outcome: float) -> None:
    """Enter one outcome into its record and its bin of confidence."""
    record, keep = state.stats[g, c], rules.keep
    win = 1.0 if outcome > 0.0 else 0.0
    record["settled"] += 1
    record["weight"] = record["weight"] * keep + 1.0
    record["wins"] = record["wins"] * keep + win
    record["gain"] = record["gain"] * keep + max(outcome, 0.0)
    record["loss"] = record["loss"] * keep + max(-outcome, 0.0)
    record["square"] = record["square"] * keep + outcome * outcome
    place = state.bins[g, c, min(int(confidence * BINS), BINS - 1)]
    place[0] = place[0] * keep + 1.0
    place[1] = place[1] * keep + win
    place[2] = place[2] * keep + confidence


@njit_inline
def track_nb(record: Records, minimum: float, track: Floats, g: int, b: int, c: int) -> None:
    """What the record says now; see ``settle_block_nb``."""
    weight, wins = record["weight"], record["wins"]
    factor, probability, payoff = 1.0, NAN, NAN
    if weight >= minimum:
        moved = record["gain"] + record["loss"]
        if moved > 0.0:
            edge = (record["gain"] - record["loss"]) / moved
            factor = min(max(1.0 + edge * weight / (weight + minimum), LEAST_FACTOR), MOST_FACTOR)
        probability = wins / weight
        lost = weight - wins
        if wins > 0.0 and lost > 0.0 and record["loss"] > 0.0:
            payoff = (record["gain"] / wins) / (record["loss"] / lost)
    track[FACTOR, g, b, c], track[PROBABILITY, g, b, c] = factor, probability
    track[PAYOFF, g, b, c], track[SAMPLE, g, b, c] = payoff, weight


@njit_inline
def calibrate_nb(state: OutcomeState, minimum: float, voices: Floats, calibrated: Floats, at: tuple[int, int]) -> None:
    """Share of right ones among past signals that were as sure as those of slice and group ``at``."""
    b, g = at
    shared = state.stats.shape[1] == 1
    for s in range(voices.shape[3]):
        value, sure = voices[0, g, b, s], voices[1, g, b, s]
        calibrated[SURE, g, b, s], calibrated[BEHIND, g, b, s] = sure, 0.0
        if value == value and 0.0 <= sure <= 1.0:
            place = state.bins[g, 0 if shared else s, min(int(sure * BINS), BINS - 1)]
            if place[0] >= minimum:
                calibrated[SURE, g, b, s], calibrated[BEHIND, g, b, s] = place[1] / place[0], place[0]


@njit_inline
def tell_nb(
    voices: Floats, state: OutcomeState, rules: OutcomeRules, track: Floats, calibrated: Floats, b: int
) -> None:
    """What is known after slice ``b``."""
    for g in range(voices.shape[1]):
        for c in range(state.stats.shape[1]):
            track_nb(state.stats[g, c], rules.minimum, track, g, b, c)
        if calibrated.shape[2] > 0:
            calibrate_nb(state, rules.minimum, voices, calibrated, (b, g))


@njit_bare
def settle_block_nb(
    voices: Floats,
    prices: Floats,
    state: OutcomeState,
    rules: OutcomeRules,
    outcomes: Floats,
    track: Floats,
    calibrated: Floats,
) -> None:
    """Settle what is due in each of B slices, then take in the signals of the slice.

    voices: float64 [2, G, B, S], values and confidences. prices: float64 [B, S], forward-adjusted; a symbol without a
    price above 0 has no bar: nothing of it settles or begins, and horizons count on without it. outcomes: float64
    [G, B, S], of the signal that settled there, NaN for none. track: float64 [TRACK, G, B, C], known after the slice:

        FACTOR        1 + (gain - loss) / (gain + loss) x n / (n + minimum), within 0.5..1.5; 1 below the minimum
        PROBABILITY   share of wins, NaN below the minimum
        PAYOFF        mean win / mean loss, NaN below the minimum and where either has not happened
        SAMPLE        weight of the record

    calibrated: float64 [CALIBRATED, G, B, S], or without slices: SURE is the share of wins, known after the slice, of
    signals in the same tenth of confidence, and BEHIND their weight; below the minimum, and where there is no value,
    the confidence as it is and 0.
    """
    groups, rows, symbols = voices.shape[1], prices.shape[0], prices.shape[1]
    ring, shared = len(state.prices), state.stats.shape[1] == 1
    for b in range(rows):
        for s in range(symbols):
            price = prices[b, s]
            for g in range(groups):
                outcomes[g, b, s] = NAN
            if not 0.0 < price < np.inf:
                continue
            bar = state.bars[s]
            c = 0 if shared else s
            for g in range(groups):
                horizon = rules.horizons[g]
                lean = state.leans[g, (bar - horizon) % ring, s] if bar >= horizon else NAN
                if lean == lean:
                    change = price / state.prices[(bar - horizon) % ring, s] - 1.0
                    outcome = (change if lean > 0.0 else -change) - rules.cost
                    outcomes[g, b, s] = outcome
                    if bar - horizon - state.counted[g, s] >= horizon:
                        state.counted[g, s] = bar - horizon
                        count_nb(state, rules, g, c, abs(lean), outcome)
            here = bar % ring
            state.prices[here, s] = price
            for g in range(groups):
                value, sure = voices[0, g, b, s], voices[1, g, b, s]
                lean = NAN
                if abs(value) <= 1.0 and 0.0 < sure <= 1.0 and value != 0.0 and abs(value) * sure >= rules.floor:
                    lean = sure if value > 0.0 else -sure
                state.leans[g, here, s] = lean
            state.bars[s] = bar + 1
        tell_nb(voices, state, rules, track, calibrated, b)
