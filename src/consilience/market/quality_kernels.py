"""The quality gate's two running rules as kernels: outliers against the past, and repeats of the same row."""

from __future__ import annotations

import math

import numpy as np

from consilience.core.jit import njit
from consilience.core.panel import Bools, Floats

MAD_TO_SIGMA = 1.4826  # makes the median absolute deviation of a normal distribution its standard deviation


@njit
def outliers_nb(price: Floats, scale: Floats, window: int, minimum: int, multiple: float, floor: float) -> Bools:
    """Whether each row's |log return| is far beyond those of the ``window`` rows before it.

    price, scale: float64 [N], positive prices and the known jump into each row (2.0 at a 2:1 split, else 1.0), so that
    a corporate action is no outlier. A price that is not positive is skipped: no return, no flag. The threshold is
    max(floor, multiple * 1.4826 * median of the past absolute returns); before ``minimum`` returns nothing is flagged.
    """
    count = price.shape[0]
    flagged = np.zeros(count, np.bool_)
    ring = np.empty(window)
    ordered = np.empty(window)
    filled = 0
    seen = 0
    previous = 0.0
    for i in range(count):
        if not price[i] > 0.0:
            continue
        if previous > 0.0:
            size = abs(math.log(price[i] * scale[i] / previous))
            if filled >= minimum:
                middle = filled // 2
                median = ordered[middle] if filled % 2 == 1 else (ordered[middle - 1] + ordered[middle]) * 0.5
                flagged[i] = size > max(floor, multiple * MAD_TO_SIGMA * median)
            slot = seen % window
            if filled == window:
                place = np.searchsorted(ordered[:filled], ring[slot])
                for k in range(place, filled - 1):
                    ordered[k] = ordered[k + 1]
                filled -= 1
            place = np.searchsorted(ordered[:filled], size)
            for k in range(filled, place, -1):
                ordered[k] = ordered[k - 1]
            ordered[place] = size
            ring[slot] = size
            filled += 1
            seen += 1
        previous = price[i]
    return flagged
