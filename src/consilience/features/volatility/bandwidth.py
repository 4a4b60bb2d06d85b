"""Width of the Bollinger bands."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int, width: float) -> Any:
    """Distance of the bands against the middle."""
    bands = ta.bollinger(x, period, width)
    return (bands.upper - bands.lower) / bands.middle


FEATURE = Feature(
    Spec(
        name="bandwidth",
        summary="Distance of the Bollinger bands / the middle band, a fraction (0.1 is 10 %); NaN where that is 0.",
        inputs=("x",),
        params=(period(20, low=2), ParamSpec("width", 2.0, low=0.1, high=100.0, unit="standard deviations")),
        warm_up="period - 1 bars",
        convention="Bollinger's BandWidth; charts that show percent have 100 times this",
        source="Bollinger, Bollinger on Bollinger Bands (2001)",
        family="volatility",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
