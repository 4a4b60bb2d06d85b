"""Higher highs, lower lows, and the break of the last swing."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, left: int, right: int) -> Any:
    """Runs of swings, and where the close stands against the last ones."""
    swing = ta.swing(bar, left, right)
    runs = ta.swing_sequence(swing.high, swing.high_confirmed, swing.low, swing.low_confirmed)
    broken = (bar.close > swing.high) - (bar.close < swing.low)
    return runs.higher_highs, runs.lower_highs, runs.higher_lows, runs.lower_lows, runs.trend, broken


FEATURE = Feature(
    Spec(
        name="market_structure",
        summary="Swing highs in a row that were higher or lower than the one before, the same of swing lows; `trend` 1 "
        "UP while the last high and low are both higher, -1 DOWN while both are lower, else 0; `broken` 1 while the "
        "close is above the last swing high, -1 while it is below the last swing low, else 0, NaN until both exist.",
        inputs=("high", "low", "close"),
        params=(period(5, high=500, name="left"), period(5, high=500, name="right")),
        outputs=("higher_highs", "lower_highs", "higher_lows", "lower_lows", "trend", "broken"),
        warm_up="left + right bars; runs begin with the second swing of a side",
        convention="Dow theory: an uptrend makes higher highs and higher lows",
        source="Murphy, Technical Analysis of the Financial Markets (1999), chapter 4",
        family="structure",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
