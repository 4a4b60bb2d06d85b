"""Chande momentum oscillator."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int, smoothing: str) -> Any:
    """(gains - losses) / (gains + losses); with Wilder's averages that is the RSI on another scale."""
    if smoothing == "wilder":
        return 2.0 * ta.rsi(x, period) - 100.0
    change = x - x[1]
    gains = ta.rolling_sum(ta.maximum(change, 0.0), period)
    losses = ta.rolling_sum(ta.maximum(-change, 0.0), period)
    both = gains + losses
    return ta.where(both > 0.0, ta.clip(100.0 * ((gains - losses) / both), -100.0, 100.0), 0.0)


FEATURE = Feature(
    Spec(
        name="cmo",
        summary="Gains minus losses over gains plus losses, -100..100; 0 where the series has not moved.",
        inputs=("x",),
        params=(
            period(14, low=2),
            ParamSpec(
                "smoothing",
                "wilder",
                unit="choice",
                choices=("wilder", "sum"),
                text="'wilder': Wilder's averages, as TA-Lib; 'sum': sums over the window, as Chande and TradingView",
            ),
        ),
        warm_up="period bars",
        convention="TA-Lib CMO ('wilder'), Chande's original ('sum')",
        source="Chande and Kroll, The New Technical Trader (1994); https://ta-lib.org/functions/cmo/",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
