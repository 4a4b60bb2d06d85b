"""Stochastic oscillator."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, smooth: int, signal: int) -> Any:
    """Place of the close in the range of the window, averaged once for k and again for d."""
    lowest = ta.lowest(bar.low, period)
    span = ta.highest(bar.high, period) - lowest
    place = ta.where(span > 0.0, 100.0 * ((bar.close - lowest) / span), 50.0)
    k = ta.sma(place, smooth)
    return k, ta.sma(k, signal)


FEATURE = Feature(
    Spec(
        name="stochastic",
        summary="Place of the close between the lowest low and the highest high, 0..100; 50 where they are equal.",
        inputs=("high", "low", "close"),
        params=(
            period(14, low=2),
            period(3, name="smooth", text="average of k; 1 gives the fast stochastic"),
            period(3, name="signal", text="average of k that is d"),
        ),
        outputs=("k", "d"),
        warm_up="period + smooth - 2 bars for k, signal - 1 more for d",
        convention="Lane; TA-Lib STOCH with simple averages, STOCHF with smooth 1 (TA-Lib says 0 where the range is 0)",
        source="https://ta-lib.org/functions/stoch/",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
