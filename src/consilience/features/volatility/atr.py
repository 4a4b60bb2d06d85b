"""Average true range."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float]


def step(state: State, i: int, s: int, high: Floats, low: Floats, close: Floats, period: int) -> tuple[State, float]:
    """Wilder average of the true range, seeded by the plain average of the first ``period`` ranges."""
    before, average, count = state
    h = high[i, s]
    l = low[i, s]  # noqa: E741  (high, low, close in their usual letters)
    c = close[i, s]
    known = (h + l) + c
    if known != known:
        return (0.0, 0.0, 0.0), NAN
    if count == 0.0:
        return (c, 0.0, 1.0), NAN
    top = h if h > before else before
    bottom = l if l < before else before
    if count > period:
        share = 1.0 / period
        average = (1.0 - share) * average + share * (top - bottom)
        return (c, average, count), average
    average += top - bottom
    count += 1.0
    if count <= period:
        return (c, average, count), NAN
    average = average / period
    return (c, average, count), average


FEATURE = Feature(
    Spec(
        name="atr",
        summary="Average true range in price units.",
        inputs=("high", "low", "close"),
        params=(period(14),),
        warm_up="period bars",
        convention="TA-Lib ATR (Wilder)",
        source="Wilder, New Concepts in Technical Trading Systems (1978); https://ta-lib.org/functions/atr/",
        family="volatility",
    ),
    step,
    initial=(0.0, 0.0, 0.0),
    warm_up=lambda period: period,
    scale=1,
    shift=False,
)
