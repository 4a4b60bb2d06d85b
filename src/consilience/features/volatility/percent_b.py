"""Place of the price within its Bollinger bands."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int, width: float) -> Any:
    """Share of the way from the lower to the upper band."""
    bands = ta.bollinger(x, period, width)
    return (x - bands.lower) / (bands.upper - bands.lower)


FEATURE = Feature(
    Spec(
        name="percent_b",
        summary="0 on the lower Bollinger band, 1 on the upper, outside 0..1 beyond them; NaN where the bands meet.",
        inputs=("x",),
        params=(period(20, low=2), ParamSpec("width", 2.0, low=0.1, high=100.0, unit="standard deviations")),
        warm_up="period - 1 bars",
        convention="Bollinger's %b as a fraction",
        source="Bollinger, Bollinger on Bollinger Bands (2001)",
        family="volatility",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
