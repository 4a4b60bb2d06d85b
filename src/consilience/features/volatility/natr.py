"""Normalised average true range."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int) -> Any:
    """Average true range in percent of the close."""
    return 100.0 * (ta.atr(bar, period) / bar.close)


FEATURE = Feature(
    Spec(
        name="natr",
        summary="Average true range in percent of the close; NaN where the close is 0.",
        inputs=("high", "low", "close"),
        params=(period(14),),
        warm_up="period bars",
        convention="TA-Lib NATR",
        source="https://ta-lib.org/functions/natr/",
        family="volatility",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
