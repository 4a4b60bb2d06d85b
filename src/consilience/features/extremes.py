"""Highest and lowest of a window with their age, for steps that ask how long ago the extreme was (njit, folded in)."""

from __future__ import annotations

from consilience.features.arithmetic import inlined
from consilience.features.feature import Floats

Extreme = tuple[float, float]  # value, bars since


@inlined
def highest_nb(extreme: Extreme, count: float, x: Floats, i: int, s: int, bars: int) -> Extreme:
    """Take row ``i`` in: the highest of the last ``bars`` rows and its age, the newest of equal ones.

    ``count`` rows were there before this one; the window is looked through only when its extreme has left.
    """
    best, age = extreme
    value = x[i, s]
    age += 1.0
    if count == 0.0 or value >= best:
        return value, 0.0
    if age >= bars:
        best = value
        age = 0.0
        for k in range(1, bars):
            earlier = x[i - k, s]
            if earlier > best:
                best = earlier
                age = 1.0 * k
    return best, age


@inlined
def lowest_nb(extreme: Extreme, count: float, x: Floats, i: int, s: int, bars: int) -> Extreme:
    """As ``highest_nb``, for the lowest."""
    best, age = extreme
    value = x[i, s]
    age += 1.0
    if count == 0.0 or value <= best:
        return value, 0.0
    if age >= bars:
        best = value
        age = 0.0
        for k in range(1, bars):
            earlier = x[i - k, s]
            if earlier < best:
                best = earlier
                age = 1.0 * k
    return best, age
