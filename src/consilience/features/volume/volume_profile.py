"""Volume profile of a rolling window."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, bins: int, value_area: float, spread: str) -> tuple[Any, ...]:
    """The profile over ranges, or over one price a bar."""
    lower, upper = (bar.low, bar.high) if spread == "range" else (bar.typical, bar.typical)
    return tuple(ta.volume_at_price(lower, upper, bar.volume, period, bins, value_area))


FEATURE = Feature(
    Spec(
        name="volume_profile",
        summary="Point of control, value area and concentration (0 even .. 1 all in one bin) of the volume of the last "
        "`period` bars in `bins` price bins. A bar does not tell at which prices within it was traded: its volume is "
        "spread evenly over its range, or put at its typical price. The volumes themselves: volume_distribution.",
        inputs=("high", "low", "close", "volume"),
        params=(
            period(100),
            ParamSpec("bins", 24, low=2, high=1000, unit="bins"),
            ParamSpec("value_area", 0.7, low=0.01, high=1.0, unit="fraction", text="of the volume"),
            ParamSpec("spread", "range", unit="choice", choices=("range", "typical")),
        ),
        outputs=("poc", "value_area_high", "value_area_low", "concentration"),
        warm_up="period - 1 bars",
        convention="volume_at_price of high and low, or of the typical price, at the same cost",
        source="Steidlmayer and Koy, Markets and Market Logic (1986)",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
