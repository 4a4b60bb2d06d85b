"""Rolling standard deviation."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Floats, period
from consilience.features.moments import START, Moments, moments_nb


def step(state: Moments, i: int, s: int, x: Floats, period: int) -> tuple[Moments, float]:
    """Population standard deviation of the window."""
    state, _, deviation = moments_nb(state, x, i, s, period)
    return state, deviation


FEATURE = Feature(
    Spec(
        name="rolling_std",
        summary="Population standard deviation of the last `period` values.",
        inputs=("x",),
        params=(period(20, low=2),),
        warm_up="period - 1 bars",
        convention="TA-Lib STDDEV (divides by period)",
        source="https://ta-lib.org/functions/stddev/",
        family="volatility",
    ),
    step,
    initial=START,
    lookback=lambda period: period,
    warm_up=lambda period: period - 1,
    scale=1,
    shift=False,
)
