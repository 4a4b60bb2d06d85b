"""Chaikin's volatility."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, change: int) -> Any:
    """Rate of change of the smoothed range."""
    return ta.roc(ta.ema(bar.high - bar.low, period), change)


FEATURE = Feature(
    Spec(
        name="chaikin_volatility",
        summary="Change over `change` bars, in percent, of the EMA of high - low: above 0 where ranges widen; NaN "
        "where the earlier average is 0.",
        inputs=("high", "low"),
        params=(period(10), period(10, name="change")),
        warm_up="period + change - 1 bars",
        convention="Chaikin, with an EMA that starts from a plain average",
        source="Achelis, Technical Analysis from A to Z (2001), Volatility, Chaikin's",
        family="volatility",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
