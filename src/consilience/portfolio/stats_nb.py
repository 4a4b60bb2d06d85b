"""Statistics as compensated loops: the same bits compiled and plain, on any number of threads.

Inputs are float64 [n] without NaN unless said otherwise; n may be 0. Undefined results are NaN.
"""

from __future__ import annotations

import math

import numpy as np

from consilience.core.jit import njit
from consilience.core.panel import Floats, Ints, Records

ZERO_SPREAD = 1e-12  # a spread below this share of the largest value is rounding noise: it counts as zero

# One fall from a peak until the peak is reached again.
DRAWDOWN_DTYPE = np.dtype(
    [
        ("peak_row", "i8"),
        ("trough_row", "i8"),
        ("end_row", "i8"),  # first row back at the peak, or -1
        ("depth", "f8"),  # fraction <= 0
    ],
    align=True,
)


@njit
def sum_nb(values: Floats) -> float:
    """Sum, compensated (Neumaier): its error does not grow with n."""
    total, lost = 0.0, 0.0
    for i in range(len(values)):
        value = values[i]
        step = total + value
        if abs(total) >= abs(value):
            lost += (total - step) + value
        else:
            lost += (value - step) + total
        total = step
    return total + lost


@njit
def mean_nb(values: Floats) -> float:
    """Arithmetic mean."""
    if len(values) == 0:
        return math.nan
    return float(sum_nb(values)) / len(values)


@njit
def moments_nb(values: Floats) -> tuple[float, float, float, float]:
    """(mean, m2, m3, m4): mean, central sums of squares, cubes and fourth powers; zeros where there is no spread."""
    mean = mean_nb(values)
    count = len(values)
    parts = np.empty((3, count), np.float64)
    largest, widest = 0.0, 0.0
    for i in range(count):
        gap = values[i] - mean
        largest = max(largest, abs(values[i]))
        widest = max(widest, abs(gap))
        parts[0, i] = gap * gap
        parts[1, i] = gap * gap * gap
        parts[2, i] = gap * gap * gap * gap
    if widest <= ZERO_SPREAD * largest:
        return mean, 0.0, 0.0, 0.0
    return mean, sum_nb(parts[0]), sum_nb(parts[1]), sum_nb(parts[2])


@njit
def deviation_nb(values: Floats) -> float:
    """Sample standard deviation (n - 1); NaN for n < 2, exactly 0 where there is no spread."""
    if len(values) < 2:
        return math.nan
    return math.sqrt(moments_nb(values)[1] / (len(values) - 1))


@njit
def comoment_nb(first: Floats, second: Floats) -> float:
    """Central sum of products of two series of one length."""
    one, two = mean_nb(first), mean_nb(second)
    products = np.empty(len(first), np.float64)
    for i in range(len(first)):
        products[i] = (first[i] - one) * (second[i] - two)
    return float(sum_nb(products))


@njit
def partial_nb(values: Floats, threshold: float) -> tuple[float, float, float]:
    """(sum of gains above, sum of losses below, sum of squared losses below) against ``threshold``; all >= 0."""
    count = len(values)
    gains, losses, squares = np.zeros(count), np.zeros(count), np.zeros(count)
    for i in range(count):
        gap = values[i] - threshold
        if gap > 0.0:
            gains[i] = gap
        else:
            losses[i] = -gap
            squares[i] = gap * gap
    return sum_nb(gains), sum_nb(losses), sum_nb(squares)


@njit
def quantile_nb(ascending: Floats, q: float) -> float:
    """Quantile of sorted values, linear between neighbours (NumPy's default); 0 <= q <= 1."""
    count = len(ascending)
    if count == 0:
        return math.nan
    place = q * (count - 1)
    lower = math.floor(place)
    upper = min(lower + 1, count - 1)
    part = place - lower
    gap = ascending[upper] - ascending[lower]
    if part >= 0.5:
        return float(ascending[upper] - gap * (1.0 - part))
    return float(ascending[lower] + gap * part)


@njit
def mean_up_to_nb(ascending: Floats, limit: float) -> float:
    """Mean of the sorted values that are <= ``limit``."""
    count = 0
    while count < len(ascending) and ascending[count] <= limit:
        count += 1
    return mean_nb(ascending[:count])


@njit
def returns_nb(levels: Floats) -> Floats:
    """Simple returns [n - 1]; NaN where the earlier level is not positive."""
    result = np.empty(max(len(levels) - 1, 0), np.float64)
    for i in range(len(result)):
        result[i] = levels[i + 1] / levels[i] - 1.0 if levels[i] > 0.0 else math.nan
    return result


@njit
def drawdowns_nb(levels: Floats, depth: Floats, episodes: Records) -> int:
    """Number of drawdowns of positive ``levels``; writes the depth (<= 0) of each row and DRAWDOWN_DTYPE episodes.

    The peak before the first level is the first level. episodes: zeros, room for one in two rows.
    """
    count, peak, below = 0, 0, False
    for i in range(len(levels)):
        if levels[i] >= levels[peak]:
            if below:
                episodes[count - 1]["end_row"] = i
            peak, below = i, False
            depth[i] = 0.0
            continue
        depth[i] = levels[i] / levels[peak] - 1.0
        if not below:
            episodes[count]["peak_row"] = peak
            episodes[count]["end_row"] = -1
            count += 1
            below = True
        if depth[i] < episodes[count - 1]["depth"]:
            episodes[count - 1]["depth"] = depth[i]
            episodes[count - 1]["trough_row"] = i
    return count


@njit
def streaks_nb(signs: Ints) -> tuple[int, int]:
    """(longest run of positive, longest run of negative) numbers; a zero ends both."""
    best_up, best_down, up, down = 0, 0, 0, 0
    for i in range(len(signs)):
        up = up + 1 if signs[i] > 0 else 0
        down = down + 1 if signs[i] < 0 else 0
        best_up = max(best_up, up)
        best_down = max(best_down, down)
    return best_up, best_down


@njit
def rolling_ratio_nb(excess: Floats, window: int, scale: float) -> Floats:
    """Mean over deviation of the last ``window`` values, times ``scale``; NaN until it fills and without spread."""
    result = np.full(len(excess), math.nan)
    for i in range(window - 1, len(excess)):
        chunk = excess[i + 1 - window : i + 1]
        deviation = deviation_nb(chunk)
        if deviation > 0.0:
            result[i] = mean_nb(chunk) / deviation * scale
    return result
