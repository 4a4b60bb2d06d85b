"""Price-volume trend."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """Volume in proportion to the return of each bar, summed."""
    return ta.cumulative_sum(bar.volume * (bar.close / bar.close[1] - 1.0))


FEATURE = Feature(
    Spec(
        name="price_volume_trend",
        summary="Running sum of volume x return of the close. Its level depends on where the data begins; use its "
        "changes.",
        inputs=("close", "volume"),
        warm_up="1 bar",
        convention="TradingView ta.pvt",
        source="https://www.tradingview.com/pine-script-reference/v5/#var_ta.pvt",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
