"""Standard score among the symbols of a slice."""

from __future__ import annotations

import math

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb
from consilience.features.feature import Feature, Floats, Kind, NanRule


def step(row: Floats, out: Floats) -> None:
    """Two passes with compensated sums, in column order."""
    total, carry, count = 0.0, 0.0, 0
    for s in range(row.shape[0]):
        if row[s] == row[s]:
            total, carry = add_exact_nb(total, carry, row[s])
            count += 1
    mean = (total + carry) / count if count > 0 else NAN
    squares, squares_carry = 0.0, 0.0
    for s in range(row.shape[0]):
        if row[s] == row[s]:
            away = row[s] - mean
            squares, squares_carry = add_exact_nb(squares, squares_carry, away * away)
    deviation = math.sqrt((squares + squares_carry) / count) if count > 0 else NAN
    # a spread within the rounding of the mean is no spread
    flat = not deviation > 1e-15 * abs(mean)
    for s in range(row.shape[0]):
        if row[s] != row[s]:
            out[s] = NAN
        elif flat:
            out[s] = 0.0
        else:
            out[s] = (row[s] - mean) / deviation


FEATURE = Feature(
    Spec(
        name="zscore_cross",
        summary="Distance from the mean of the valid symbols in population standard deviations; 0 where all are equal.",
        inputs=("x",),
        nan_rule="a symbol with NaN gets NaN and does not count",
        convention="population standard deviation",
        source="https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.zscore.html",
        family="cross",
    ),
    step,
    kind=Kind.CROSS,
    nan=NanRule.POINT,
    scale=0,
)
