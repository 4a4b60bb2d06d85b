"""Exponential moving average."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Floats, period
from consilience.features.smoothing import START, Smooth, smooth_nb


def step(state: Smooth, i: int, s: int, x: Floats, period: int, seed: int) -> tuple[Smooth, float]:
    """Exponential smoothing with alpha = 2 / (period + 1)."""
    return smooth_nb(state, x[i, s], 2.0 / (period + 1), period, seed)


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
    initial=START,
    warm_up=lambda period, _seed: period - 1,
    scale=1,
    shift=True,
)
