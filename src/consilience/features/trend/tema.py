"""Triple exponential moving average."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int) -> Any:
    """Three averages in a row, weighed 3, -3, 1."""
    once = ta.ema(x, period)
    twice = ta.ema(once, period)
    return (3.0 * once - 3.0 * twice) + ta.ema(twice, period)


FEATURE = Feature(
    Spec(
        name="tema",
        summary="Triple exponential moving average: 3 EMA - 3 EMA(EMA) + EMA(EMA(EMA)).",
        inputs=("x",),
        params=(period(20),),
        warm_up="3 (period - 1) bars",
        convention="Mulloy; TA-Lib TEMA",
        source="https://ta-lib.org/functions/tema/",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
