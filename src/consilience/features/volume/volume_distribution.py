"""Shares of a window's volume by price."""

from __future__ import annotations

import numpy as np

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period
from consilience.features.profile import histogram_nb

Ten = tuple[float, float, float, float, float, float, float, float, float, float]


def step(i: int, s: int, low: Floats, high: Floats, volume: Floats, period: int) -> Ten:
    """Each tenth's share of the volume; at a single price all of it is in the lowest tenth."""
    table = np.zeros((3, 10))
    _, _, total = histogram_nb(i, s, low, high, volume, period, table)
    shares = table[0]
    for n in range(10):
        shares[n] = shares[n] / total if total > 0.0 else NAN
    first, second, third, fourth, fifth = shares[0], shares[1], shares[2], shares[3], shares[4]
    return first, second, third, fourth, fifth, shares[5], shares[6], shares[7], shares[8], shares[9]


FEATURE = Feature(
    Spec(
        name="volume_distribution",
        summary="Shares (0..1, together 1) of the last `period` bars' volume in each tenth of their price range, from "
        "the lowest tenth up, each bar's volume spread evenly from its low to its high; all in the first where the "
        "price did not move, NaN where nothing traded. Each bar reads the whole window.",
        inputs=("low", "high", "volume"),
        params=(period(100),),
        outputs=tuple(f"tenth_{n}" for n in range(1, 11)),
        warm_up="period - 1 bars",
        convention="as volume_profile with ten bins",
        source="Steidlmayer and Koy, Markets and Market Logic (1986)",
        family="volume",
    ),
    step,
    lookback=lambda period: period - 1,
    warm_up=lambda period: period - 1,
    scale=0,
    allocates=True,
)
