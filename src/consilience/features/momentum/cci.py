"""Commodity channel index."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN, add_exact_nb, ratio_nb, swap_exact_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float]
Three = tuple[float, float, float]

_STILL = 1e-15  # a mean deviation below this share of the mean is rounding


def step(state: State, i: int, s: int, typical: Floats, period: int, level: float) -> tuple[State, Three]:
    """The mean is a running sum; the mean deviation from it has no such form, so its window is read again."""
    total, carry, count, trend = state
    value = typical[i, s]
    if value != value:
        return (0.0, 0.0, 0.0, 0.0), (NAN, NAN, NAN)
    if count >= period:
        total, carry = swap_exact_nb(total, carry, value, typical[i - period, s])
    else:
        count += 1.0
        total, carry = add_exact_nb(total, carry, value)
        if count < period:
            return (total, carry, count, 0.0), (NAN, NAN, NAN)
    mean = (total + carry) / period
    # two sums: measured, a third of the time of one
    away = 0.0
    other = 0.0
    for k in range(0, period - 1, 2):
        away += abs(typical[i - k, s] - mean)
        other += abs(typical[i - k - 1, s] - mean)
    if period % 2 == 1:
        away += abs(typical[i - period + 1, s] - mean)
    away = (away + other) / period
    # the mean of equal values may miss them by a rounding, which the ratio would blow up
    index = ratio_nb(value - mean, 0.015 * away) if away > _STILL * abs(mean) else 0.0
    if index > level:
        trend = 1.0
    elif index < -level:
        trend = -1.0
    elif index * trend <= 0.0:
        trend = 0.0
    return (total, carry, count, trend), (index, 1.0 if abs(index) > level else 0.0, trend)


FEATURE = Feature(
    Spec(
        name="cci",
        summary="Distance of the typical price from its mean in mean deviations times 0.015, 0 where nothing moved; "
        "`extreme` is 1 beyond +-level; `trend` is +1 BULLISH from above +level until the index is back at 0, "
        "-1 BEARISH from below -level until it is back, else 0 NEUTRAL.",
        inputs=("typical",),
        params=(period(20, low=2), ParamSpec("level", 100.0, low=1.0, high=1000.0, unit="index points")),
        outputs=("current", "extreme", "trend"),
        warm_up="period - 1 bars",
        convention="Lambert; TA-Lib CCI",
        source="https://ta-lib.org/functions/cci/",
        family="momentum",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0),
    lookback=lambda period, _level: period,
    warm_up=lambda period, _level: period - 1,
    scale=0,
)
