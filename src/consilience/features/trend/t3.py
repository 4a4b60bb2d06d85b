"""Tillson's T3 moving average."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int, volume_factor: float) -> Any:
    """The generalised double average (1 + v) EMA - v EMA(EMA), taken three times and multiplied out."""
    averages = [x]
    for _ in range(6):
        averages.append(ta.ema(averages[-1], period))
    v = volume_factor
    weights = (-v * v * v, 3.0 * v * v * (1.0 + v), -3.0 * v * (1.0 + v) * (1.0 + v), (1.0 + v) * (1.0 + v) * (1.0 + v))
    third, fourth, fifth, sixth = averages[3:]
    return ((weights[0] * sixth + weights[1] * fifth) + weights[2] * fourth) + weights[3] * third


FEATURE = Feature(
    Spec(
        name="t3",
        summary="Tillson's T3: a smooth average of six chained EMAs that leads by its volume factor.",
        inputs=("x",),
        params=(
            period(5),
            ParamSpec("volume_factor", 0.7, low=0.0, high=1.0, unit="fraction", text="0 is EMA(EMA(EMA)), 1 is DEMA's"),
        ),
        warm_up="6 (period - 1) bars",
        convention="Tillson; TA-Lib T3",
        source="https://ta-lib.org/functions/t3/",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
