"""Awesome oscillator."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, fast: int, slow: int) -> Any:
    """Difference of two averages of the bar's middle."""
    middle = (bar.high + bar.low) / 2.0
    return ta.sma(middle, fast) - ta.sma(middle, slow)


FEATURE = Feature(
    Spec(
        name="awesome",
        summary="Short minus long simple average of (high + low) / 2, in price units.",
        inputs=("high", "low"),
        params=(period(5, name="fast"), period(34, low=2, name="slow")),
        warm_up="slow - 1 bars",
        convention="Bill Williams",
        source="Williams, Trading Chaos (1995); https://www.tradingview.com/support/solutions/43000501826/",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    check=lambda fast, slow: None if fast < slow else f"fast={fast} must be below slow={slow}",
)
