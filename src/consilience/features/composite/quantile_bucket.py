"""Which fifth of its recent values a series is in."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period


def step(i: int, s: int, x: Floats, period: int) -> float:
    """Count the earlier values below, in halves; no running form exists without a sorted copy of the window."""
    value = x[i, s]
    halves = 0  # whole numbers: a sum of floats would wait for each addition
    known = 1 if value == value else 0
    for k in range(1, period):
        earlier = x[i - k, s]
        halves += (1 if earlier < value else 0) + (1 if earlier <= value else 0)
        known += 1 if earlier == earlier else 0
    if known < period:
        return NAN
    fifth = 5 * halves // (2 * (period - 1))
    return 1.0 * fifth if fifth < 4 else 4.0


FEATURE = Feature(
    Spec(
        name="quantile_bucket",
        summary="Fifth of the last `period` values that this one is in: 0 the lowest (a squeeze, of a width), 4 the "
        "highest. It is 5 x the share of the earlier values below it, cut to whole numbers; an equal one counts half. "
        "It reads the whole window on each bar.",
        inputs=("x",),
        params=(period(100, low=2, high=5000),),
        warm_up="period - 1 bars",
        convention="percentile rank of a score (mean of strict and weak) in five buckets",
        source="https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.percentileofscore.html",
        family="composite",
    ),
    step,
    lookback=lambda period: period - 1,
    warm_up=lambda period: period - 1,
    scale=0,
)
