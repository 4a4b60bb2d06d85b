"""Relative strength index."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float]


def step(state: State, i: int, s: int, x: Floats, period: int) -> tuple[State, float]:
    """Wilder averages of gains and losses, seeded by the plain averages of the first ``period`` changes."""
    before, gain, loss, count = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0, 0.0, 0.0), NAN
    if count == 0.0:
        return (value, 0.0, 0.0, 1.0), NAN
    change = value - before
    up = change if change > 0.0 else 0.0
    down = -change if change < 0.0 else 0.0
    if count > period:
        share = 1.0 / period
        gain = gain * (1.0 - share) + up * share
        loss = loss * (1.0 - share) + down * share
    else:
        gain += up
        loss += down
        count += 1.0
        if count <= period:
            return (value, gain, loss, count), NAN
        gain = gain / period
        loss = loss / period
    both = gain + loss
    return (value, gain, loss, count), 100.0 * (gain / both) if both > 0.0 else 50.0


FEATURE = Feature(
    Spec(
        name="rsi",
        summary="Relative strength index, 0..100; 50 where the series has not moved (TA-Lib says 0).",
        inputs=("x",),
        params=(period(14, low=2),),
        warm_up="period bars",
        convention="Wilder, TA-Lib RSI",
        source="Wilder, New Concepts in Technical Trading Systems (1978); https://ta-lib.org/functions/rsi/",
        family="momentum",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0),
    warm_up=lambda period: period,
    scale=0,
    shift=False,
)
