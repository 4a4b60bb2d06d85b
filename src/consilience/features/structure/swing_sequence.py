"""How each swing compares with the one before it."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, NanRule

State = tuple[float, float, float, float, float]
Six = tuple[float, float, float, float, float, float]


def step(
    state: State, i: int, s: int, swing_high: Floats, high_confirmed: Floats, swing_low: Floats, low_confirmed: Floats
) -> tuple[State, Six]:
    """Signed runs: up for each higher swing in a row, down for each lower one.

    State: the last high, its run, the last low, its run, a low that waits for its turn as ``pivot``.
    """
    high, high_run, low, low_run, waiting = state
    new_high = high_confirmed[i, s]
    new_low = low_confirmed[i, s]
    known = new_high + new_low
    if known != known:
        return (NAN, 0.0, NAN, 0.0, NAN), (NAN, NAN, NAN, NAN, NAN, NAN)
    pivot = waiting
    waiting = NAN
    if new_high == 1.0:
        value = swing_high[i, s]
        if value > high:
            high_run = high_run + 1.0 if high_run > 0.0 else 1.0
        elif value < high:
            high_run = high_run - 1.0 if high_run < 0.0 else -1.0
        else:
            high_run = 0.0
        high, pivot = value, value
    if new_low == 1.0:
        value = swing_low[i, s]
        if value > low:
            low_run = low_run + 1.0 if low_run > 0.0 else 1.0
        elif value < low:
            low_run = low_run - 1.0 if low_run < 0.0 else -1.0
        else:
            low_run = 0.0
        low = value
        if new_high == 1.0:
            waiting = value
        else:
            pivot = value
    trend = 0.0
    if high_run > 0.0 and low_run > 0.0:
        trend = 1.0
    elif high_run < 0.0 and low_run < 0.0:
        trend = -1.0
    higher_highs = high_run if high_run > 0.0 else 0.0
    lower_highs = -high_run if high_run < 0.0 else 0.0
    higher_lows = low_run if low_run > 0.0 else 0.0
    lower_lows = -low_run if low_run < 0.0 else 0.0
    new = (high, high_run, low, low_run, waiting)
    return new, (higher_highs, lower_highs, higher_lows, lower_lows, trend, pivot)


FEATURE = Feature(
    Spec(
        name="swing_sequence",
        summary="From swings and their flags (as of ta.swing): how many swing highs in a row were higher or lower than "
        "the one before, the same of swing lows; `trend` 1 UP while the last high and the last low are both higher, -1 "
        "DOWN while both are lower, else 0; an equal swing ends its run. `pivot` is the price of the swing that this "
        "bar confirms, else NaN; where one bar confirms both, the low follows a bar later.",
        inputs=("swing_high", "high_confirmed", "swing_low", "low_confirmed"),
        outputs=("higher_highs", "lower_highs", "higher_lows", "lower_lows", "trend", "pivot"),
        warm_up="none beyond its inputs; runs begin with the second swing of a side",
        nan_rule="NaN in a flag gives NaN out and forgets the swings",
        convention="Dow theory: an uptrend makes higher highs and higher lows",
        source="Murphy, Technical Analysis of the Financial Markets (1999), chapter 4",
        family="structure",
    ),
    step,
    initial=(NAN, 0.0, NAN, 0.0, NAN),
    nan=NanRule.RESTART,
    sparse=True,
)
