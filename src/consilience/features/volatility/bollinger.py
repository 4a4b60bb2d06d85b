"""Bollinger bands."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Floats, period
from consilience.features.moments import START, Moments, moments_nb

Three = tuple[float, float, float]


def step(state: Moments, i: int, s: int, x: Floats, period: int, width: float) -> tuple[Moments, Three]:
    """The window's mean and ``width`` standard deviations to either side."""
    state, mean, deviation = moments_nb(state, x, i, s, period)
    reach = width * deviation
    return state, (mean + reach, mean, mean - reach)


FEATURE = Feature(
    Spec(
        name="bollinger",
        summary="Simple moving average with bands `width` population standard deviations above and below.",
        inputs=("x",),
        params=(period(20, low=2), ParamSpec("width", 2.0, low=0.0, high=100.0, unit="standard deviations")),
        outputs=("upper", "middle", "lower"),
        warm_up="period - 1 bars",
        convention="TA-Lib BBANDS with a simple average",
        source="https://ta-lib.org/functions/bbands/",
        family="volatility",
    ),
    step,
    initial=START,
    lookback=lambda period, _width: period,
    warm_up=lambda period, _width: period - 1,
    scale=1,
    shift=True,
)
