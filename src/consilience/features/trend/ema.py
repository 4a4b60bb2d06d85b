"""Exponential moving average."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float]


def step(state: State, i: int, s: int, x: Floats, period: int, seed: int) -> tuple[State, float]:
    """``alpha x + (1 - alpha) ema``: the running value waits for one product and one sum."""
    average, count = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0), NAN
    alpha = 2.0 / (period + 1)
    if count >= period:
        average = alpha * value + (1.0 - alpha) * average
        return (average, count), average
    count += 1.0
    if seed == 0:
        average += value  # a plain sum until the first average
        if count >= period:
            average = average / period
    elif count == 1.0:
        average = value
    else:
        average = alpha * value + (1.0 - alpha) * average
    return (average, count), average if count >= period else NAN


FEATURE = Feature(
    Spec(
        name="ema",
        summary="Exponential moving average with alpha = 2 / (period + 1).",
        inputs=("x",),
        params=(
            period(20),
            ParamSpec(
                "seed",
                "sma",
                unit="choice",
                choices=("sma", "first"),
                text="'sma': starts from the average of the first `period` values; 'first': from the first value",
            ),
        ),
        warm_up="period - 1 bars",
        convention="TA-Lib EMA (seed 'sma'), MetaStock and pandas ewm(adjust=False) (seed 'first')",
        source="https://ta-lib.org/functions/ema/",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0),
    warm_up=lambda period, _seed: period - 1,
    scale=1,
    shift=True,
)
