"""Wilder's moving average."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float]


def step(state: State, i: int, s: int, x: Floats, period: int, seed: int) -> tuple[State, float]:
    """As the EMA, with the share 1 / period of the newest value."""
    average, count = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0), NAN
    share = 1.0 / period
    if count >= period:
        average = share * value + (1.0 - share) * average
        return (average, count), average
    count += 1.0
    if seed == 0:
        average += value  # a plain sum until the first average
        if count >= period:
            average = average / period
    elif count == 1.0:
        average = value
    else:
        average = share * value + (1.0 - share) * average
    return (average, count), average if count >= period else NAN


FEATURE = Feature(
    Spec(
        name="rma",
        summary="Wilder's moving average: an exponential one with alpha = 1 / period.",
        inputs=("x",),
        params=(
            period(14),
            ParamSpec(
                "seed",
                "sma",
                unit="choice",
                choices=("sma", "first"),
                text="'sma': starts from the average of the first `period` values; 'first': from the first value",
            ),
        ),
        warm_up="period - 1 bars",
        convention="Wilder, TradingView ta.rma (seed 'sma'); pandas ewm(alpha=1/period, adjust=False) (seed 'first')",
        source="Wilder, New Concepts in Technical Trading Systems (1978); "
        "https://www.tradingview.com/pine-script-reference/v5/#fun_ta.rma",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0),
    warm_up=lambda period, _seed: period - 1,
    scale=1,
    shift=True,
)
