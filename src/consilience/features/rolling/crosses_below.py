"""Crossing from above."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, NanRule

State = tuple[float, float]


def step(state: State, i: int, s: int, a: Floats, b: Floats) -> tuple[State, float]:
    """Compare this bar with the previous valid one."""
    before_a, before_b = state
    now_a = a[i, s]
    now_b = b[i, s]
    value = 1.0 if before_a >= before_b and now_a < now_b else 0.0
    # one sum is NaN when any of the four is: cheaper than four tests (no value is infinite)
    known = (before_a + before_b) + (now_a + now_b)
    return (now_a, now_b), value if known == known else NAN


FEATURE = Feature(
    Spec(
        name="crosses_below",
        summary="1 on the bar where `a` falls below `b`: previous a >= b and now a < b; else 0.",
        inputs=("a", "b"),
        warm_up="1 bar",
        nan_rule="NaN when either side is NaN now or on the previous valid bar",
        convention="TradingView ta.crossunder",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.crossunder",
        family="rolling",
    ),
    step,
    initial=(NAN, NAN),
    warm_up=lambda: 1,
    nan=NanRule.RESTART,
    scale=0,
)
