"""Wilder's moving average."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Floats, period
from consilience.features.smoothing import START, Smooth, smooth_nb


def step(state: Smooth, i: int, s: int, x: Floats, period: int, seed: int) -> tuple[Smooth, float]:
    """Exponential smoothing with alpha = 1 / period."""
    return smooth_nb(state, x[i, s], 1.0 / period, period, seed)


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
    initial=START,
    warm_up=lambda period, _seed: period - 1,
    scale=1,
    shift=True,
)
