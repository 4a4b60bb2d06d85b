"""True range."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats

State = tuple[float]


def step(state: State, i: int, s: int, high: Floats, low: Floats, close: Floats) -> tuple[State, float]:
    """Span of this bar and the previous close together."""
    (before,) = state
    h = high[i, s]
    l = low[i, s]  # noqa: E741  (high, low, close in their usual letters)
    c = close[i, s]
    known = (h + l) + c
    if known != known:
        return (NAN,), NAN
    top = h if h > before else before
    bottom = l if l < before else before
    return (c,), top - bottom


FEATURE = Feature(
    Spec(
        name="true_range",
        summary="Largest of high - low, |high - previous close|, |low - previous close|.",
        inputs=("high", "low", "close"),
        warm_up="1 bar",
        convention="TA-Lib TRANGE (Wilder)",
        source="Wilder, New Concepts in Technical Trading Systems (1978); https://ta-lib.org/functions/trange/",
        family="volatility",
    ),
    step,
    initial=(NAN,),
    warm_up=lambda: 1,
    scale=1,
    shift=False,
)
