"""Rolling sum."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb, swap_exact_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float]


def step(state: State, i: int, s: int, x: Floats, period: int) -> tuple[State, float]:
    """Compensated running sum over the shared history."""
    total, carry, count = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0, 0.0), NAN
    if count >= period:
        # apart from the warm-up, so that no bar waits for the count of the one before
        total, carry = swap_exact_nb(total, carry, value, x[i - period, s])
        return (total, carry, count), total + carry
    count += 1.0
    total, carry = add_exact_nb(total, carry, value)
    return (total, carry, count), total + carry if count >= period else NAN


FEATURE = Feature(
    Spec(
        name="rolling_sum",
        summary="Sum of the last `period` values.",
        inputs=("x",),
        params=(period(20),),
        warm_up="period - 1 bars",
        convention="TA-Lib SUM",
        source="https://ta-lib.org/functions/sum/",
        family="rolling",
    ),
    step,
    initial=(0.0, 0.0, 0.0),
    lookback=lambda period: period,
    warm_up=lambda period: period - 1,
    scale=1,
)
