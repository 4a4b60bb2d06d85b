"""Standard score within a window."""

from __future__ import annotations

import math

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period
from consilience.features.moments import START, Moments, moments_nb


def step(state: Moments, i: int, s: int, x: Floats, period: int, divisor: int) -> tuple[Moments, float]:
    """Distance from the window's mean in its standard deviations."""
    state, mean, deviation = moments_nb(state, x, i, s, period)
    if not deviation > 0.0:
        return state, NAN
    score = (x[i, s] - mean) / deviation
    if divisor == 1:
        score *= math.sqrt((period - 1) / period)
    return state, score


FEATURE = Feature(
    Spec(
        name="rolling_zscore",
        summary="(value - mean) / standard deviation of the last `period` values; NaN where they are all equal.",
        inputs=("x",),
        params=(
            period(20, low=2),
            ParamSpec(
                "divisor",
                "population",
                unit="choice",
                choices=("population", "sample"),
                text="of the squares: period, or period - 1",
            ),
        ),
        warm_up="period - 1 bars",
        convention="divides by period, as rolling_std does; 'sample' is pandas (x - mean) / std",
        source="https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.zscore.html",
        family="rolling",
    ),
    step,
    initial=START,
    lookback=lambda period, _divisor: period,
    warm_up=lambda period, _divisor: period - 1,
    scale=0,
    shift=False,
)
