"""Local tops, known when enough bars have followed."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float, float, float]
Three = tuple[float, float, float]


def step(state: State, i: int, s: int, x: Floats, left: int, right: int, ties: int) -> tuple[State, Three]:
    """Keep the highest of the window, the first of equal ones: it is a top when it stands ``right`` bars from the end.

    State: best, its age, whether it was equalled since, bars, the last top, bars since it.
    """
    best, age, equalled, count, top, since = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0, 0.0, 0.0, NAN, NAN), (NAN, NAN, NAN)
    window = left + right + 1
    age += 1.0
    if count == 0.0 or value > best:
        best, age, equalled = value, 0.0, 0.0
    elif age >= window:
        best, age, equalled = value, 0.0, 0.0
        for k in range(1, window):
            earlier = x[i - k, s]
            if earlier >= best:
                equalled = 1.0 if earlier == best else 0.0
                best, age = earlier, 1.0 * k
    elif value == best:
        equalled = 1.0
    if count < window:
        count += 1.0
    if count < window:
        return (best, age, equalled, count, NAN, NAN), (NAN, NAN, NAN)
    since += 1.0
    confirmed = 1.0 if age == right and (ties == 0 or equalled == 0.0) else 0.0
    if confirmed == 1.0:
        top, since = best, 1.0 * right
    return (best, age, equalled, count, top, since), (top, since, confirmed)


PARAMS = (
    period(5, high=500, name="left"),
    period(5, high=500, name="right"),
    ParamSpec(
        "ties",
        "first",
        unit="choice",
        choices=("first", "none"),
        text="'first': of equal values in one window the first is the pivot; 'none': no pivot then",
    ),
)

FEATURE = Feature(
    Spec(
        name="pivot_high",
        summary="The last confirmed local top of a series, bars since it, and 1 on the bar that confirms it (else 0). "
        "A top is higher than the `left` bars before it and not lower than the `right` bars after it, so it is known, "
        "and appears, `right` bars late. `value` and `bars_since` are NaN until the first one.",
        inputs=("x",),
        params=PARAMS,
        outputs=("value", "bars_since", "confirmed"),
        warm_up="left + right bars, and for value and bars_since the first top",
        convention="TradingView ta.pivothigh, held until the next; ties 'none' with 2 and 2 bars is the fractal of "
        "Williams",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.pivothigh; Williams, Trading Chaos (1995)",
        family="structure",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, NAN, NAN),
    lookback=lambda left, right, _ties: left + right,
    warm_up=lambda left, right, _ties: left + right,
    sparse=True,
    scale=None,
)
