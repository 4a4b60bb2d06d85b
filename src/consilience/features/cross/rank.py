"""Rank among the symbols of a slice."""

from __future__ import annotations

import numpy as np

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, Kind, NanRule


def step(row: Floats, out: Floats) -> None:
    """Sort once; equal values share the middle of their places."""
    order = np.argsort(row)  # NaN goes last
    count = 0
    for s in range(row.shape[0]):
        out[s] = NAN
        if row[s] == row[s]:
            count += 1
    first = 0
    while first < count:
        last = first
        while last + 1 < count and row[order[last + 1]] == row[order[first]]:
            last += 1
        place = 0.5 if count == 1 else 0.5 * (first + last) / (count - 1)
        for k in range(first, last + 1):
            out[order[k]] = place
        first = last + 1


FEATURE = Feature(
    Spec(
        name="rank",
        summary="Place among the valid symbols of the slice: 0 lowest, 1 highest; ties share the middle, 0.5 alone.",
        inputs=("x",),
        nan_rule="a symbol with NaN gets NaN and does not count",
        convention="average rank scaled to 0..1",
        source="https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.rankdata.html",
        family="cross",
    ),
    step,
    kind=Kind.CROSS,
    nan=NanRule.POINT,
    scale=0,
    shift=False,
)
