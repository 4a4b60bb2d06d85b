"""The market's regime by rule: trending, ranging, volatile, or none of them."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Regime
from consilience.core.jit import njit
from consilience.core.panel import Floats
from consilience.core.spec import ParamSpec, Spec
from consilience.universe.filters._base import Codes

HIGH_VOLATILITY, TREND_FROM, RANGE_TO = 0.8, 25.0, 20.0
FEWEST = 3  # symbols whose middle says something of the market
DEFAULT, TRENDING, RANGING, VOLATILE = (
    int(Regime.DEFAULT),
    int(Regime.TRENDING),
    int(Regime.RANGING),
    int(Regime.VOLATILE),
)
SPEC = Spec(
    name="regime",
    summary="VOLATILE where the median candidate's average true range is at or above its own 80th percentile of 30 "
    "days; else TRENDING where the median ADX is 25 or more, RANGING where it is below 20; else DEFAULT, also with "
    "fewer than 3 candidates that are known.",
    inputs=("atr percentile", "adx"),
    params=(ParamSpec("regime", "auto", choices=("auto", "default", "trending", "ranging", "volatile")),),
    outputs=("regime",),
    source="Wilder, New Concepts in Technical Trading Systems (1978) for the bounds of ADX; names of the regimes: "
    "Consilience founding document 002",
    family="universe",
)


@njit
def median_nb(values: Floats, codes: Codes, scratch: Floats) -> float:
    """Median of the known values [S] of symbols without a reason in ``codes``; NaN with fewer than FEWEST of them."""
    count = 0
    for s in range(len(values)):
        if codes[s] == 0 and values[s] == values[s]:
            scratch[count] = values[s]
            count += 1
    if count < FEWEST:
        return float("nan")
    ordered = np.sort(scratch[:count])
    middle = count // 2
    if count % 2 == 1:
        return float(ordered[middle])
    return float((ordered[middle - 1] + ordered[middle]) * 0.5)


@njit
def regime_nb(percentile: float, adx: float) -> int:
    """The regime of a slice from its medians; NaN gives DEFAULT."""
    if percentile >= HIGH_VOLATILITY:
        return VOLATILE
    if adx >= TREND_FROM:
        return TRENDING
    if adx < RANGE_TO:
        return RANGING
    return DEFAULT
