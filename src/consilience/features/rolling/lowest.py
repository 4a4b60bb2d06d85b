"""Lowest value of a window."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float]


def step(state: State, i: int, s: int, x: Floats, period: int) -> tuple[State, float]:
    """Keep the extreme and its age; look through the window again only when it has left."""
    best, age, count = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0, 0.0), NAN
    fresh = (count == 0.0) | (value <= best)  # two choices instead of a branch that nobody can foresee
    best = value if fresh else best
    age = 0.0 if fresh else age + 1.0
    if age >= period:
        best = value
        age = 0.0
        for k in range(1, period):
            earlier = x[i - k, s]
            if earlier < best:
                best = earlier
                age = 1.0 * k
    if count < period:
        count += 1.0
    return (best, age, count), best if count >= period else NAN


FEATURE = Feature(
    Spec(
        name="lowest",
        summary="Lowest of the last `period` values.",
        inputs=("x",),
        params=(period(20),),
        warm_up="period - 1 bars",
        convention="TA-Lib MIN",
        source="https://ta-lib.org/functions/min/",
        family="rolling",
    ),
    step,
    initial=(0.0, 0.0, 0.0),
    lookback=lambda period: period - 1,
    warm_up=lambda period: period - 1,
    scale=1,
    shift=True,
)
