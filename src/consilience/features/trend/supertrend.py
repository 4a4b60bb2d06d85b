"""Supertrend."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN, inlined
from consilience.features.feature import Feature, Floats, period
from consilience.features.volatility.atr import step as _average_range

State = tuple[float, float, float, float, float, float]
Two = tuple[float, float]

average_range_nb = inlined(_average_range)


def step(state: State, i: int, s: int, high: Floats, low: Floats, close: Floats, *settings: float) -> tuple[State, Two]:
    """Each band only ever tightens until the close before was beyond it; the trend turns when the close breaks it."""
    period, multiplier = int(settings[0]), settings[1]
    before, average, count, upper, lower, direction = state
    (c, average, count), reach = average_range_nb((before, average, count), i, s, high, low, close, period)
    if reach != reach:
        return (c, average, count, 0.0, 0.0, 0.0), (NAN, NAN)
    middle = (high[i, s] + low[i, s]) / 2.0
    top = middle + multiplier * reach
    bottom = middle - multiplier * reach
    if direction == 0.0:
        direction = -1.0
    else:
        if top >= upper and before <= upper:
            top = upper
        if bottom <= lower and before >= lower:
            bottom = lower
        if direction < 0.0:
            direction = 1.0 if c > top else -1.0
        else:
            direction = -1.0 if c < bottom else 1.0
    return (c, average, count, top, bottom, direction), (bottom if direction > 0.0 else top, direction)


FEATURE = Feature(
    Spec(
        name="supertrend",
        summary="Trailing line of `multiplier` average true ranges from the bar's middle; `direction` is +1 UP, with "
        "the line below the price, or -1 DOWN, with the line above.",
        inputs=("high", "low", "close"),
        params=(period(10), ParamSpec("multiplier", 3.0, low=0.1, high=50.0, unit="x ATR")),
        outputs=("line", "direction"),
        warm_up="period bars",
        convention="TradingView ta.supertrend with the sign of its direction turned (there -1 is up); it starts DOWN; "
        "the range is TA-Lib's ATR, which leaves out the first bar",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.supertrend",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    warm_up=lambda period, _multiplier: period,
)
