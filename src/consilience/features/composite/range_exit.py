"""Whether, when and on which side a series left a range."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period


def step(i: int, s: int, x: Floats, upper: Floats, lower: Floats, bars: int) -> float:
    """Go through the bars from the newest back, so that the first exit is the last one found."""
    top = upper[i - bars, s]
    bottom = lower[i - bars, s]
    found = 0
    known = 1 if top + bottom == top + bottom else 0
    for k in range(bars):
        value = x[i - k, s]
        known += 1 if value == value else 0
        if value > top:
            found = bars - k
        elif value < bottom:
            found = k - bars
    return 1.0 * found if known > bars else NAN


FEATURE = Feature(
    Spec(
        name="range_exit",
        summary="What became of the range `upper`..`lower` of the bar `bars` ago: n when `x` left it first on the n-th "
        "bar after it, positive above and negative below, 0 when it stayed. The outcome is told when all `bars` have "
        "passed, also where the exit came sooner.",
        inputs=("x", "upper", "lower"),
        params=(period(10, high=1000, name="bars"),),
        warm_up="bars bars",
        convention="an exit is a value beyond the border, not on it",
        source="first passage out of an interval; Feller, An Introduction to Probability Theory I (1968), chapter XIV",
        family="composite",
    ),
    step,
    lookback=lambda bars: bars,
    warm_up=lambda bars: bars,
    scale=0,
)
