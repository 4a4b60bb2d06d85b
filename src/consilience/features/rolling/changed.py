"""Whether a value differs from the one before."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats

State = tuple[float]


def step(state: State, i: int, s: int, x: Floats) -> tuple[State, float]:
    """Comparing with the NaN before the first value says that it is another."""
    (before,) = state
    value = x[i, s]
    if value != value:
        return (NAN,), NAN
    return (value,), 1.0 if value != before else 0.0


FEATURE = Feature(
    Spec(
        name="changed",
        summary="1 where the value is another than on the previous valid bar, and on the first; else 0. "
        "ta.changed(bar.session) marks the first bar of each session.",
        inputs=("x",),
        warm_up="none",
        convention="TradingView timeframe.change for a session id; the first bar counts as a change",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_timeframe.change",
        family="rolling",
    ),
    step,
    initial=(NAN,),
    scale=0,
    shift=False,
)
