"""Straight line through a window."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb, bare, halves_nb
from consilience.features.feature import Feature, Floats, period
from consilience.features.moments import moments_nb

State = tuple[float, float, float, float, float, float, float, float]
Three = tuple[float, float, float]


@bare
def weighted_nb(x: Floats, i: int, s: int, anchor: float, bars: int) -> tuple[float, float]:
    """Sum of the last ``bars`` distances from ``anchor``, the oldest times 1, the newest times ``bars``."""
    total, carry = 0.0, 0.0
    for k in range(bars):
        high, low = halves_nb(x[i - k, s] - anchor)
        total, carry = add_exact_nb(total, carry + (bars - k) * low, (bars - k) * high)
    return total, carry


def step(state: State, i: int, s: int, x: Floats, period: int) -> tuple[State, Three]:
    """Sums about the anchor of the moments; a bar takes the plain sum off the weighted one, as in the WMA."""
    anchor, total, carry, squares, squares_carry, count, weighted, weighted_carry = state
    before = (anchor, total, carry, squares, squares_carry, count)
    moments, mean, deviation = moments_nb(before, x, i, s, period)
    now_anchor, now_total, now_carry, now_squares, now_squares_carry, now_count = moments
    if now_count == 0.0:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (NAN, NAN, NAN)
    if now_anchor != anchor:
        weighted, weighted_carry = weighted_nb(x, i, s, now_anchor, int(now_count))
    else:
        high, low = halves_nb(x[i, s] - anchor)
        # in a full window every weight falls by one; before that none does
        gone, gone_carry = (total, carry) if count >= period else (0.0, 0.0)
        change, error = add_exact_nb(now_count * high, now_count * low - gone_carry, -gone)
        weighted, weighted_carry = add_exact_nb(weighted, weighted_carry + error, change)
    new = (
        now_anchor, now_total, now_carry, now_squares, now_squares_carry, now_count, weighted, weighted_carry
    )  # fmt: skip
    if now_count < period:
        return new, (NAN, NAN, NAN)
    half = 0.5 * (period + 1)
    together = ((weighted - half * now_total) + (weighted_carry - half * now_carry)) / period
    variance = (1.0 * period * period - 1.0) / 12.0  # of the bar numbers
    slope = together / variance
    explained = 0.0
    if deviation > 0.0:
        share = (together / deviation) * (together / deviation) / variance
        explained = share if share < 1.0 else 1.0
    return new, (mean + slope * (0.5 * (period - 1)), slope, explained)


FEATURE = Feature(
    Spec(
        name="linear_regression",
        summary="Least squares line through the last `period` values: its value at this bar, its slope in units of the "
        "series a bar, and r squared, 0..1 (0 where the values are all equal).",
        inputs=("x",),
        params=(period(14, low=2),),
        outputs=("value", "slope", "r_squared"),
        warm_up="period - 1 bars",
        convention="TA-Lib LINEARREG and LINEARREG_SLOPE; r squared is TA-Lib CORREL with the bar number, squared",
        source="https://ta-lib.org/functions/linearreg/",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    lookback=lambda period: period,
    warm_up=lambda period: period - 1,
)
