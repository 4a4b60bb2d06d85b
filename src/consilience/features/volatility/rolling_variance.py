"""Rolling variance."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Floats, period
from consilience.features.moments import START, Moments, moments_nb


def step(state: Moments, i: int, s: int, x: Floats, period: int, divisor: int) -> tuple[Moments, float]:
    """Square of the window's standard deviation, by the divisor asked for."""
    state, _, deviation = moments_nb(state, x, i, s, period)
    return state, deviation * deviation * (period / (period - divisor))


FEATURE = Feature(
    Spec(
        name="rolling_variance",
        summary="Variance of the last `period` values.",
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
        convention="TA-Lib VAR (divides by period); 'sample' is pandas rolling(period).var()",
        source="https://ta-lib.org/functions/var/",
        family="volatility",
    ),
    step,
    initial=START,
    lookback=lambda period, _divisor: period,
    warm_up=lambda period, _divisor: period - 1,
    scale=2,
    shift=False,
)
