"""The value at the last event."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats

State = tuple[float]


def step(state: State, i: int, s: int, condition: Floats, x: Floats) -> tuple[State, float]:
    """Keep the value while the condition is 0."""
    (kept,) = state
    event = condition[i, s]
    if event != event:
        return (NAN,), NAN
    if event != 0.0:
        kept = x[i, s]
    return (kept,), kept


FEATURE = Feature(
    Spec(
        name="value_when",
        summary="`x` on the last bar on which `condition` was not 0; NaN before the first, and where `x` was NaN "
        "there.",
        inputs=("condition", "x"),
        warm_up="none; the value comes with the first event",
        nan_rule="NaN in condition gives NaN out and forgets the value; x matters only on an event",
        convention="TradingView ta.valuewhen(condition, x, 0)",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.valuewhen",
        family="composite",
    ),
    step,
    initial=(NAN,),
    sparse=True,
    scale=1,
    shift=True,
)
