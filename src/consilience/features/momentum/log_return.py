"""Logarithmic return."""

from __future__ import annotations

import math

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, ratio_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float]


def step(state: State, i: int, s: int, x: Floats, period: int) -> tuple[State, float]:
    """Logarithm of the ratio to the value ``period`` bars ago."""
    (count,) = state
    value = x[i, s]
    if value != value:
        return (0.0,), NAN
    if count < period:
        return (count + 1.0,), NAN
    growth = ratio_nb(value, x[i - period, s])
    return state, math.log(growth) if growth > 0.0 else NAN


FEATURE = Feature(
    Spec(
        name="log_return",
        summary="Natural logarithm of the value over the one `period` bars ago; NaN where the ratio is not positive.",
        inputs=("x",),
        params=(period(1),),
        warm_up="period bars",
        convention="ln(x / x[period])",
        source="https://en.wikipedia.org/wiki/Rate_of_return#Logarithmic_or_continuously_compounded_return",
        family="momentum",
    ),
    step,
    initial=(0.0,),
    lookback=lambda period: period,
    warm_up=lambda period: period,
    scale=0,
)
