"""Aroon."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.extremes import highest_nb, lowest_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float, float]
Three = tuple[float, float, float]


def step(state: State, i: int, s: int, high: Floats, low: Floats, period: int) -> tuple[State, Three]:
    """Ages of the extremes of the last ``period + 1`` bars."""
    top, top_age, bottom, bottom_age, count = state
    known = high[i, s] + low[i, s]
    if known != known:
        return (0.0, 0.0, 0.0, 0.0, 0.0), (NAN, NAN, NAN)
    top, top_age = highest_nb((top, top_age), count, high, i, s, period + 1)
    bottom, bottom_age = lowest_nb((bottom, bottom_age), count, low, i, s, period + 1)
    if count <= period:
        count += 1.0
    new = (top, top_age, bottom, bottom_age, count)
    if count <= period:
        return new, (NAN, NAN, NAN)
    up = 100.0 * (period - top_age) / period
    down = 100.0 * (period - bottom_age) / period
    return new, (up, down, 100.0 * (bottom_age - top_age) / period)


FEATURE = Feature(
    Spec(
        name="aroon",
        summary="How recent the highest high and the lowest low of the last `period` + 1 bars are, 100 now, 0 at the "
        "window's far end (of equal ones the newest), and their difference, -100..100.",
        inputs=("high", "low"),
        params=(period(14),),
        outputs=("up", "down", "oscillator"),
        warm_up="period bars",
        convention="Chande; TA-Lib AROON and AROONOSC",
        source="https://ta-lib.org/functions/aroon/",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0),
    lookback=lambda period: period,
    warm_up=lambda period: period,
    scale=0,
)
