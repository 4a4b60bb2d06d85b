"""Force index."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int) -> Any:
    """Smoothed change of the close times volume."""
    return ta.ema((bar.close - bar.close[1]) * bar.volume, period)


FEATURE = Feature(
    Spec(
        name="force_index",
        summary="EMA of (close - previous close) x volume; `period` 1 is the plain force of each bar.",
        inputs=("close", "volume"),
        params=(period(13),),
        warm_up="period bars",
        convention="Elder, with an EMA that starts from a plain average",
        source="Elder, Trading for a Living (1993)",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
