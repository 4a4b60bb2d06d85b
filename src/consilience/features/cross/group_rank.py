"""Rank among the symbols of a group."""

from __future__ import annotations

import numpy as np

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, Ints, Kind, NanRule


def step(row: Floats, keys: Ints, out: Floats) -> None:
    """One sort of all symbols; each group's members are then met in order, ties twice: to count and to place."""
    symbols = row.shape[0]
    order = np.argsort(row)  # NaN goes last
    groups = 0
    for s in range(symbols):
        groups = max(groups, keys[s] + 1)
        out[s] = NAN
    counts = np.zeros(groups, np.int64)
    known = 0
    for s in range(symbols):
        if row[s] == row[s]:
            known += 1
            if keys[s] >= 0:
                counts[keys[s]] += 1
    below = np.zeros(groups, np.int64)
    equal = np.zeros(groups, np.int64)
    first = 0
    while first < known:
        last = first
        while last < known and row[order[last]] == row[order[first]]:
            if keys[order[last]] >= 0:
                equal[keys[order[last]]] += 1
            last += 1
        for k in range(first, last):
            key = keys[order[k]]
            if key >= 0:
                others = counts[key] - 1
                out[order[k]] = 0.5 if others == 0 else (below[key] + 0.5 * (equal[key] - 1)) / others
        for k in range(first, last):
            key = keys[order[k]]
            if key >= 0:
                below[key] += equal[key]
                equal[key] = 0
        first = last


FEATURE = Feature(
    Spec(
        name="group_rank",
        summary="Place among the valid symbols that share the symbol's key: 0 lowest, 1 highest; 0.5 alone.",
        inputs=("x",),
        params=(ParamSpec("key", "sector", unit="name", text="name of the keys handed to the evaluator"),),
        nan_rule="a symbol with NaN or without a group gets NaN and does not count",
        convention="average rank scaled to 0..1",
        source="https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.rankdata.html",
        family="cross",
    ),
    step,
    kind=Kind.GROUP,
    nan=NanRule.POINT,
    scale=0,
    shift=False,
)
