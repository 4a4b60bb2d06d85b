"""Engle and Granger's test for cointegration of two series, in plain Python: it is asked a few times a month.

Step one: least squares of the first series on the second. Step two: Dickey and Fuller's test with one lag on what is
left over. Critical values: MacKinnon, Critical Values for Cointegration Tests (Queen's Economics Department Working
Paper 1227, 2010), two series, constant, no trend.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

# level in percent: b0, b1, b2 of the critical value b0 + b1 / n + b2 / n^2
CRITICAL = {
    1: (-3.89644, -10.9519, -33.527),
    5: (-3.33613, -6.1101, -6.823),
    10: (-3.04445, -4.2412, -2.720),
}
LEAST = 20  # observations below which nothing is estimated


class Fit(NamedTuple):
    """first = constant + hedge x second + spread.

    statistic: t value of the test, the more negative the surer; NaN where it cannot be told.
    half_life: bars until half a deviation is gone, by the same regression without lag; infinite where it does not
    shrink. deviation: standard deviation of the spread over the window, whose mean is 0 by construction.
    """

    constant: float
    hedge: float
    statistic: float
    half_life: float
    deviation: float


def critical_value(level: int, observations: int) -> float:
    """Value below which the statistic rejects "not cointegrated" at ``level`` percent (1, 5 or 10)."""
    b0, b1, b2 = CRITICAL[level]
    return b0 + b1 / observations + b2 / (observations * observations)


def engle_granger(first: Sequence[float], second: Sequence[float]) -> Fit | None:
    """Fit and test over one window; None for less than ``LEAST`` values or a second series that does not move."""
    count = len(first)
    if count < LEAST:
        return None
    mean_first, mean_second = math.fsum(first) / count, math.fsum(second) / count
    across = math.fsum((a - mean_first) * (b - mean_second) for a, b in zip(first, second, strict=True))
    square = math.fsum((b - mean_second) * (b - mean_second) for b in second)
    if not square > 1e-12 * count:
        return None
    hedge = across / square
    constant = mean_first - hedge * mean_second
    spread = [a - constant - hedge * b for a, b in zip(first, second, strict=True)]
    deviation = math.sqrt(math.fsum(e * e for e in spread) / (count - 1))
    return Fit(constant, hedge, dickey_fuller(spread), half_life(spread), deviation)


def dickey_fuller(series: Sequence[float]) -> float:
    """t value of gamma in d[t] = gamma x[t-1] + delta d[t-1], without constant; NaN where it cannot be told."""
    steps = [b - a for a, b in pairwise(series)]
    levels, before, now = series[1:-1], steps[:-1], steps[1:]
    xx = math.fsum(x * x for x in levels)
    xd = math.fsum(x * d for x, d in zip(levels, before, strict=True))
    dd = math.fsum(d * d for d in before)
    xy = math.fsum(x * y for x, y in zip(levels, now, strict=True))
    dy = math.fsum(d * y for d, y in zip(before, now, strict=True))
    determinant = xx * dd - xd * xd
    if not determinant > 1e-14 * xx * dd:
        return math.nan
    gamma, delta = (xy * dd - dy * xd) / determinant, (dy * xx - xy * xd) / determinant
    misses = [y - gamma * x - delta * d for x, d, y in zip(levels, before, now, strict=True)]
    left = math.fsum(miss * miss for miss in misses)
    error = math.sqrt(left / (len(now) - 2) * dd / determinant)
    return gamma / error if error > 0.0 else math.nan


def half_life(series: Sequence[float]) -> float:
    """Bars until half a deviation from 0 is gone, from d[t] = gamma x[t-1]; infinite where it does not shrink."""
    pairs = list(pairwise(series))
    square = math.fsum(a * a for a, _ in pairs)
    if not square > 0.0:
        return math.inf
    gamma = math.fsum(a * (b - a) for a, b in pairs) / square
    if not -1.0 < gamma < 0.0:
        return math.inf if gamma >= 0.0 else 0.0
    return -math.log(2.0) / math.log(1.0 + gamma)
