"""Local bottoms, known when enough bars have followed."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind
from consilience.features.structure.pivot_high import PARAMS


def compose(ta: Any, x: Any, left: int, right: int, ties: str) -> Any:
    """Bottoms are the tops of the series upside down."""
    top = ta.pivot_high(-x, left, right, ties)
    return -top.value, top.bars_since, top.confirmed


FEATURE = Feature(
    Spec(
        name="pivot_low",
        summary="The last confirmed local bottom of a series, bars since it, and 1 on the bar that confirms it (else "
        "0). A bottom is lower than the `left` bars before it and not higher than the `right` bars after it; it "
        "appears `right` bars late. `value` and `bars_since` are NaN until the first one.",
        inputs=("x",),
        params=PARAMS,
        outputs=("value", "bars_since", "confirmed"),
        warm_up="left + right bars, and for value and bars_since the first bottom",
        convention="TradingView ta.pivotlow, held until the next; ties 'none' with 2 and 2 bars is the fractal of "
        "Williams",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.pivotlow; Williams, Trading Chaos (1995)",
        family="structure",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
