"""Arnaud Legoux moving average."""

from __future__ import annotations

import math

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Floats, period


def step(i: int, s: int, x: Floats, period: int, offset: float, sigma: float) -> float:
    """Gaussian weights about ``offset`` of the window: each follows from its neighbour by two products."""
    width = period / sigma
    unit = 1.0 / (2.0 * width * width)
    away = (1.0 - offset) * (period - 1)  # from the newest value back to the peak
    weight = math.exp(-away * away * unit)
    ratio = math.exp((2.0 * away - 1.0) * unit)
    bend = math.exp(-2.0 * unit)
    newest = float(x[i, s])
    total = 0.0
    weights = 0.0
    for k in range(period):
        total += weight * (x[i - k, s] - newest)
        weights += weight
        weight *= ratio
        ratio *= bend
    return newest + total / weights


FEATURE = Feature(
    Spec(
        name="alma",
        summary="Arnaud Legoux moving average: Gaussian weights that peak at `offset` of the window, 1 is the newest.",
        inputs=("x",),
        params=(
            period(9),
            ParamSpec("offset", 0.85, low=0.0, high=1.0, unit="fraction"),
            ParamSpec("sigma", 6.0, low=0.5, high=20.0, text="the window in standard deviations of the weights"),
        ),
        warm_up="period - 1 bars",
        convention="TradingView ta.alma (the peak is not rounded to a bar)",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.alma",
        family="trend",
    ),
    step,
    lookback=lambda period, _offset, _sigma: period - 1,
    warm_up=lambda period, _offset, _sigma: period - 1,
    scale=1,
    shift=True,
)
