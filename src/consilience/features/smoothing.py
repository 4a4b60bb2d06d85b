"""Exponential smoothing: the one recursion of the moving averages that differ in their alpha alone."""

from __future__ import annotations

from consilience.features.arithmetic import NAN, inlined

Smooth = tuple[float, float]
START: Smooth = (0.0, 0.0)  # the average (a plain sum until the first one), values taken in


@inlined
def smooth_nb(state: Smooth, value: float, alpha: float, period: int, seed: int) -> tuple[Smooth, float]:
    """``alpha value + (1 - alpha) average``: the running value waits for one product and one sum.

    seed: 0 starts from the plain average of the first ``period`` values, 1 from the first value. NaN until ``period``
    values are there; a NaN starts it again.
    """
    average, count = state
    if value != value:
        return (0.0, 0.0), NAN
    if count >= period:
        average = alpha * value + (1.0 - alpha) * average
        return (average, count), average
    count += 1.0
    if seed == 0:
        average += value
        if count >= period:
            average = average / period
    elif count == 1.0:
        average = value
    else:
        average = alpha * value + (1.0 - alpha) * average
    return (average, count), average if count >= period else NAN
