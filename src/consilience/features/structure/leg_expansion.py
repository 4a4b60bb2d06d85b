"""How far price has gone along its last swing leg, and the Fibonacci levels around it."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import LARGEST, NAN, inlined, ratio_nb
from consilience.features.feature import Feature, Floats, NanRule
from consilience.features.structure.fibonacci_expansion import BORDERS

Seven = tuple[float, float, float, float, float, float, float]
RATIOS = (0.5, 0.618, 0.786, 1.0, 1.272, 1.618, 2.0, 2.618, 4.236)  # a level is never below 0.5
TARGETS = RATIOS[3:]


@inlined
def price_nb(origin: float, reach: float, ratio: float) -> float:
    """Price at ``ratio`` of the leg, NaN beyond LARGEST."""
    price = origin + ratio * reach
    return price if abs(price) <= LARGEST else NAN


def step(i: int, s: int, x: Floats, swing_high: Floats, swing_low: Floats) -> Seven:
    """The leg is read from the end that ``x`` is further from, so the level is continuous and at least a half."""
    high, low = swing_high[i, s], swing_low[i, s]
    top = high if high > low else low
    bottom = low if high > low else high
    length = top - bottom
    share = ratio_nb(x[i, s] - bottom, length)
    if share != share:
        return NAN, NAN, NAN, NAN, NAN, NAN, NAN
    rising = share >= 0.5
    level = share if rising else 1.0 - share
    origin = bottom if rising else top
    reach = length if rising else -length
    zone = 1.0
    for border in BORDERS:
        if level >= border:
            zone += 1.0
    behind, ahead, target, later = RATIOS[0], NAN, NAN, NAN
    for ratio in RATIOS:
        if level >= ratio:
            behind = ratio
        elif ahead != ahead:
            ahead = ratio
    for ratio in TARGETS:
        if level < ratio:
            if target != target:
                target = ratio
            elif later != later:
                later = ratio
    back, forth = price_nb(origin, reach, behind), price_nb(origin, reach, ahead)
    first, second = price_nb(origin, reach, target), price_nb(origin, reach, later)
    if rising:
        return level, 1.0, zone, back, forth, first, second
    return level, -1.0, zone, forth, back, first, second


FEATURE = Feature(
    Spec(
        name="leg_expansion",
        summary="How far `x` has gone along the leg between the last swing high and low, in lengths of the leg from "
        "the end that it is further from: 0.5 in the middle, 1 at the other end, above 1 beyond it; `direction` 1 "
        "when that end is the upper one (the middle too), else -1. `zone` 1 COMPRESSION, 2 MID_EXPANSION from 0.618, "
        "3 FULL_EXPANSION from 1, 4 OVER_EXTENSION from 1.618, 5 EXHAUSTION from 2.618. `support` and `resistance`: "
        "the nearest of the levels 0.5, 0.618, 0.786, 1, 1.272, 1.618, 2, 2.618 and 4.236 at or behind `x` and "
        "beyond it; `target` and `target_after`: the next two from 1 on, in the direction. NaN where there is no "
        "such level, no leg, or one without length.",
        inputs=("x", "swing_high", "swing_low"),
        outputs=("level", "direction", "zone", "support", "resistance", "target", "target_after"),
        warm_up="none beyond its inputs",
        nan_rule="NaN in gives NaN out for that bar alone",
        convention="the borders of the zones are ours, see ta.fibonacci_expansion; a swing high below the swing low is "
        "the lower end",
        source="Brown, Fibonacci Analysis (2008): expansions of a swing",
        family="structure",
    ),
    step,
    nan=NanRule.OWN,
    sparse=True,
)
