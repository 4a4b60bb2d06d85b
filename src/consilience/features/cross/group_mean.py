"""Mean over the symbols of a group."""

from __future__ import annotations

import numpy as np

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN, add_exact_nb
from consilience.features.feature import Feature, Floats, Ints, Kind, NanRule


def step(row: Floats, keys: Ints, out: Floats) -> None:
    """Compensated sums by key, in column order."""
    groups = 0
    for s in range(row.shape[0]):
        groups = max(groups, keys[s] + 1)
    totals = np.zeros(groups)
    carries = np.zeros(groups)
    counts = np.zeros(groups, np.int64)
    for s in range(row.shape[0]):
        key = keys[s]
        if key >= 0 and row[s] == row[s]:
            totals[key], carries[key] = add_exact_nb(totals[key], carries[key], row[s])
            counts[key] += 1
    for s in range(row.shape[0]):
        key = keys[s]
        known = key >= 0 and row[s] == row[s]
        out[s] = (totals[key] + carries[key]) / counts[key] if known else NAN


FEATURE = Feature(
    Spec(
        name="group_mean",
        summary="Mean of the valid symbols of the slice that share the symbol's key (such as its sector).",
        inputs=("x",),
        params=(ParamSpec("key", "sector", unit="name", text="name of the keys handed to the evaluator"),),
        nan_rule="a symbol with NaN or without a group gets NaN and does not count",
        convention="arithmetic mean",
        source="https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.mean.html",
        family="cross",
    ),
    step,
    kind=Kind.GROUP,
    nan=NanRule.POINT,
    scale=1,
    shift=True,
)
