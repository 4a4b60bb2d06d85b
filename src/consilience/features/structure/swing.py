"""Swing highs and swing lows of price."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind
from consilience.features.structure.pivot_high import PARAMS


def compose(ta: Any, bar: Any, left: int, right: int, ties: str) -> Any:
    """Tops of the highs and bottoms of the lows."""
    top = ta.pivot_high(bar.high, left, right, ties)
    bottom = ta.pivot_low(bar.low, left, right, ties)
    return top.value, bottom.value, top.bars_since, bottom.bars_since, top.confirmed, bottom.confirmed


FEATURE = Feature(
    Spec(
        name="swing",
        summary="Last confirmed swing high and swing low (prices), bars since each, and 1 on the bar that confirms one "
        "(else 0). A swing is known, and appears, `right` bars after it happened; prices and counts are NaN until the "
        "first of their side.",
        inputs=("high", "low"),
        params=PARAMS,
        outputs=("high", "low", "bars_since_high", "bars_since_low", "high_confirmed", "low_confirmed"),
        warm_up="left + right bars, and for prices and counts the first swing",
        convention="TradingView ta.pivothigh(high) and ta.pivotlow(low), held until the next",
        source="https://www.tradingview.com/support/solutions/43000589195-pivot-points-high-low/",
        family="structure",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
