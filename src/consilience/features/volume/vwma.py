"""Volume-weighted moving average."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, volume: Any, period: int) -> Any:
    """Worth of the window over its volume."""
    return ta.rolling_sum(x * volume, period) / ta.rolling_sum(volume, period)


FEATURE = Feature(
    Spec(
        name="vwma",
        summary="Average of the last `period` values weighted by volume; NaN where nothing traded.",
        inputs=("x", "volume"),
        params=(period(20),),
        warm_up="period - 1 bars",
        convention="TradingView ta.vwma, with the volume named: ta.vwma(bar.close, bar.volume, 20)",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.vwma",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
