"""Linearly weighted moving average."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb, halves_nb, swap_exact_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float, float]


def step(state: State, i: int, s: int, x: Floats, period: int) -> tuple[State, float]:
    """The weighted sum gains ``period`` newest values and loses one plain sum a bar; all parts are exact."""
    weighted, weighted_carry, total, carry, count = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0, 0.0, 0.0, 0.0), NAN
    weight = 0.5 * period * (period + 1)
    high, low = halves_nb(value)
    if count >= period:
        # what falls out of the weighted sum is the plain sum; all parts are summed before the running value waits
        change, error = add_exact_nb(period * high, period * low - carry, -total)
        weighted, weighted_carry = add_exact_nb(weighted, weighted_carry + error, change)
        total, carry = swap_exact_nb(total, carry, value, x[i - period, s])
        return (weighted, weighted_carry, total, carry, count), (weighted + weighted_carry) / weight
    count += 1.0
    weighted, weighted_carry = add_exact_nb(weighted, weighted_carry + count * low, count * high)
    total, carry = add_exact_nb(total, carry, value)
    new = (weighted, weighted_carry, total, carry, count)
    return new, (weighted + weighted_carry) / weight if count >= period else NAN


FEATURE = Feature(
    Spec(
        name="wma",
        summary="Weighted moving average: weights 1..period, the newest value weighs most.",
        inputs=("x",),
        params=(period(20),),
        warm_up="period - 1 bars",
        convention="TA-Lib WMA",
        source="https://ta-lib.org/functions/wma/",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0),
    lookback=lambda period: period,
    warm_up=lambda period: period - 1,
    scale=1,
    shift=True,
)
