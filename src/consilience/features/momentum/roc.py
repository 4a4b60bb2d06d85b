"""Rate of change."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, ratio_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float]


def step(state: State, i: int, s: int, x: Floats, period: int) -> tuple[State, float]:
    """Change against the value ``period`` bars ago."""
    (count,) = state
    value = x[i, s]
    if value != value:
        return (0.0,), NAN
    if count < period:
        return (count + 1.0,), NAN
    return state, (ratio_nb(value, x[i - period, s]) - 1.0) * 100.0


FEATURE = Feature(
    Spec(
        name="roc",
        summary="Change in percent against the value `period` bars ago; NaN where that is 0.",
        inputs=("x",),
        params=(period(10),),
        warm_up="period bars",
        convention="TA-Lib ROC",
        source="https://ta-lib.org/functions/roc/",
        family="momentum",
    ),
    step,
    initial=(0.0,),
    lookback=lambda period: period,
    warm_up=lambda period: period,
    scale=0,
)
