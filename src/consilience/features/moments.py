"""Rolling mean and variance that stay exact: compensated sums about an anchor that follows the series."""

from __future__ import annotations

import math

from consilience.features.arithmetic import NAN, add_exact_nb, bare, inlined, swap_exact_nb
from consilience.features.feature import Floats

Moments = tuple[float, float, float, float, float, float]
START: Moments = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # anchor, sum, its carry, sum of squares, its carry, bars
_FAR = 1e-6  # squares about the anchor may outweigh the variance this much before the anchor moves


@bare
def anchored_nb(x: Floats, i: int, s: int, bars: int) -> tuple[float, float, float, float, float]:
    """Sums of the last ``bars`` rows about the newest value."""
    anchor = x[i, s]
    total, carry, squares, squares_carry = 0.0, 0.0, 0.0, 0.0
    for k in range(bars):
        away = x[i - k, s] - anchor
        total, carry = add_exact_nb(total, carry, away)
        squares, squares_carry = add_exact_nb(squares, squares_carry, away * away)
    return anchor, total, carry, squares, squares_carry


@inlined
def moments_nb(moments: Moments, x: Floats, i: int, s: int, period: int) -> tuple[Moments, float, float]:
    """Take row ``i`` in: (moments, mean, population standard deviation), NaN until ``period`` rows are there.

    The difference from the anchor enters and leaves with the same bits, so nothing drifts. When the series has moved
    so far from the anchor that the variance would drown in the squares, the window is summed again about a new one.
    """
    anchor, total, carry, squares, squares_carry, count = moments
    value = x[i, s]
    if value != value:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 0.0), NAN, NAN
    if count < period:
        if count == 0.0:
            anchor = value
        count += 1.0
        away = value - anchor
        total, carry = add_exact_nb(total, carry, away)
        squares, squares_carry = add_exact_nb(squares, squares_carry, away * away)
    else:
        away = value - anchor
        gone = x[i - period, s] - anchor
        total, carry = swap_exact_nb(total, carry, away, gone)
        squares, squares_carry = swap_exact_nb(squares, squares_carry, away * away, gone * gone)
    distance = total + carry
    middle = distance / count  # once: nothing else here takes as long as a division
    spread = (squares + squares_carry) - distance * middle
    if spread < _FAR * squares:
        anchor, total, carry, squares, squares_carry = anchored_nb(x, i, s, int(count))
        distance = total + carry
        middle = distance / count
        spread = (squares + squares_carry) - distance * middle
    new = (anchor, total, carry, squares, squares_carry, count)
    if count < period:
        return new, NAN, NAN
    # rounding may leave a spread of nothing a little below it
    variance = spread / period if spread > 0.0 else 0.0
    return new, anchor + middle, math.sqrt(variance)
