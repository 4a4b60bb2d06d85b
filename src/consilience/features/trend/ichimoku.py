"""Ichimoku cloud, as it can be known at the bar."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, conversion: int, base: int, span: int, displacement: int) -> Any:
    """The spans that a chart draws ahead are lagged, so that the cloud of a bar is the one drawn at it."""
    tenkan, kijun = ta.midprice(bar, conversion), ta.midprice(bar, base)
    ahead = (tenkan + kijun) / 2.0
    return tenkan, kijun, ahead[displacement], ta.midprice(bar, span)[displacement], bar.close


FEATURE = Feature(
    Spec(
        name="ichimoku",
        summary="Middles of three windows. tenkan and kijun are those of this bar; senkou_a and senkou_b, the edges of "
        "the cloud at this bar, were computed `displacement` bars ago; chikou is the close itself, which charts draw "
        "`displacement` bars back: compare it with bar.close[displacement].",
        inputs=("high", "low", "close"),
        params=(
            period(9, name="conversion", text="tenkan"),
            period(26, name="base", text="kijun"),
            period(52, name="span", text="senkou b"),
            period(26, name="displacement", text="TradingView counts the bar itself: 25 gives its cloud"),
        ),
        outputs=("tenkan", "kijun", "senkou_a", "senkou_b", "chikou"),
        warm_up="window - 1 bars, displacement more for the senkou spans",
        convention="Hosoda; nothing of the future is shown",
        source="https://chartschool.stockcharts.com/table-of-contents/technical-indicators-and-overlays/"
        "technical-overlays/ichimoku-cloud",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
