"""One forward step of a hidden Markov chain of three regimes: what is known at each bar, and nothing later."""

from __future__ import annotations

import math

from consilience.core.spec import Spec
from consilience.features.arithmetic import LARGEST, NAN
from consilience.features.feature import Feature, Floats, NanRule

State = tuple[float, float, float, float]
Four = tuple[float, float, float, float]
_NAMES = ("0", "1", "2")


def step(state: State, i: int, s: int, *given: Floats) -> tuple[State, Four]:
    """Move the probabilities by the transitions, weigh them by the densities, scale them to one."""
    p0, p1, p2, begun = state
    known = given[3][i, s] + given[4][i, s] + given[5][i, s] + given[6][i, s] + given[7][i, s] + given[8][i, s]
    known += given[9][i, s] + given[10][i, s] + given[11][i, s] + given[12][i, s] + given[13][i, s] + given[14][i, s]
    if not abs(known) <= LARGEST:
        return state, (NAN, NAN, NAN, NAN)
    if begun > 0.0:
        q0 = (p0 * given[3][i, s] + p1 * given[6][i, s]) + p2 * given[9][i, s]
        q1 = (p0 * given[4][i, s] + p1 * given[7][i, s]) + p2 * given[10][i, s]
        q2 = (p0 * given[5][i, s] + p1 * given[8][i, s]) + p2 * given[11][i, s]
    else:
        q0 = given[12][i, s]
        q1 = given[13][i, s]
        q2 = given[14][i, s]
    d0 = given[0][i, s]
    d1 = given[1][i, s]
    d2 = given[2][i, s]
    highest = d0 if d0 > d1 else d1
    highest = d2 if d2 > highest else highest
    seen = (d0 + d1) + d2
    if not (abs(seen) <= 3.0 * LARGEST and q0 + q1 + q2 > 0.0):
        # nothing was observed: the chain moves on all the same
        return (q0, q1, q2, begun), (NAN, NAN, NAN, NAN)
    # differences stay at or below 0, so exp neither overflows nor warns; the highest gives 1
    p0 = q0 * math.exp(d0 - highest)
    p1 = q1 * math.exp(d1 - highest)
    p2 = q2 * math.exp(d2 - highest)
    total = (p0 + p1) + p2
    if not total > 0.0:
        # no regime that the chain can be in explains the observation at all
        return (q0, q1, q2, begun), (NAN, NAN, NAN, NAN)
    p0 = p0 / total
    p1 = p1 / total
    p2 = p2 / total
    return (p0, p1, p2, 1.0), (p0, p1, p2, highest + math.log(total))


FEATURE = Feature(
    Spec(
        name="regime_filter",
        summary="Probability of each of three regimes, given all observations up to this bar and none after it "
        "(`probability0..2`, together 1), and the log likelihood of this bar's observation given those before it. "
        "`density0..2`: log density of the observation in each regime; `moveAB`: probability of B after A; "
        "`start0..2`: of each at the first observation. New parameters go on from the probabilities at "
        "hand. With three equal rows of moves it is the posterior of a mixture.",
        inputs=(
            *(f"density{n}" for n in _NAMES),
            *(f"move{one}{other}" for one in _NAMES for other in _NAMES),
            *(f"start{n}" for n in _NAMES),
        ),
        outputs=(*(f"probability{n}" for n in _NAMES), "log_likelihood"),
        warm_up="none beyond its inputs",
        nan_rule="NaN in a density gives NaN out for that bar, and the chain moves on unobserved; while a move or a "
        "start is NaN nothing moves",
        convention="filtered, not smoothed; scaled by the highest density, which changes no probability",
        source="Rabiner, A tutorial on hidden Markov models, Proceedings of the IEEE 77 (1989), forward procedure",
        family="regime",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0),
    nan=NanRule.OWN,
    sparse=True,
)
