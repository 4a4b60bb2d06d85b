"""The last known value."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, NanRule

State = tuple[float]


def step(state: State, i: int, s: int, x: Floats) -> tuple[State, float]:
    """Keep what is a number."""
    value = x[i, s]
    if value != value:
        return state, state[0]
    return (value,), value


FEATURE = Feature(
    Spec(
        name="last",
        summary="The latest value that was not NaN, also shown on masked slices.",
        inputs=("x",),
        nan_rule="NaN only before the first value",
        convention="TradingView fixnan",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_fixnan",
        family="rolling",
    ),
    step,
    initial=(NAN,),
    nan=NanRule.OWN,
    carries=True,
    scale=1,
    shift=True,
)
