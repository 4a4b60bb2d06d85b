"""Triangular moving average."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int) -> Any:
    """A simple average of a simple average; the two windows share the period."""
    half = (period + 1) // 2
    return ta.sma(ta.sma(x, half), period + 1 - half)


FEATURE = Feature(
    Spec(
        name="trima",
        summary="Triangular moving average: the middle of the window weighs most.",
        inputs=("x",),
        params=(period(20),),
        warm_up="period - 1 bars",
        convention="TA-Lib TRIMA",
        source="https://ta-lib.org/functions/trima/",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
