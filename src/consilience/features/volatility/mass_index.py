"""Mass index."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, smooth: int, period: int) -> Any:
    """Sum of the smoothed range over itself smoothed again."""
    average = ta.ema(bar.high - bar.low, smooth)
    return ta.rolling_sum(average / ta.ema(average, smooth), period)


FEATURE = Feature(
    Spec(
        name="mass_index",
        summary="Sum over `period` bars of EMA(high - low) / EMA of that EMA: near `period` while ranges keep their "
        "size, higher where they widen (a bulge above 27, then below 26.5, of 25 bars is the classic sign of a turn); "
        "NaN where bars have no range.",
        inputs=("high", "low"),
        params=(period(9, name="smooth"), period(25)),
        warm_up="2 smooth + period - 3 bars",
        convention="Dorsey, with EMAs that start from a plain average",
        source="Dorsey, Technical Analysis of Stocks and Commodities (June 1992); https://chartschool.stockcharts.com/"
        "table-of-contents/technical-indicators-and-overlays/technical-indicators/mass-index",
        family="volatility",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
