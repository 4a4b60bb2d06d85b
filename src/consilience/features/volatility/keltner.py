"""Keltner channels."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, atr_period: int, width: float, basis: str) -> Any:
    """An average of typical prices, and bands in average true ranges round it."""
    prices = bar.typical if basis == "typical" else bar.close
    middle = ta.ema(prices, period)
    reach = width * ta.atr(bar, atr_period)
    return middle + reach, middle, middle - reach, 2.0 * reach / middle


FEATURE = Feature(
    Spec(
        name="keltner",
        summary="EMA of price with bands of `width` average true ranges; `channel_width` is their distance / middle.",
        inputs=("high", "low", "close"),
        params=(
            period(20),
            period(10, name="atr_period"),
            ParamSpec("width", 2.0, low=0.1, high=20.0, unit="x ATR"),
            ParamSpec("basis", "close", unit="choice", choices=("close", "typical"), text="the price that is averaged"),
        ),
        outputs=("upper", "middle", "lower", "channel_width"),
        warm_up="the longer of period - 1 and atr_period bars",
        convention="Raschke: EMA of the close, Wilder's ATR; 'typical' averages (high + low + close) / 3",
        source="https://chartschool.stockcharts.com/table-of-contents/technical-indicators-and-overlays/"
        "technical-overlays/keltner-channels",
        family="volatility",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
