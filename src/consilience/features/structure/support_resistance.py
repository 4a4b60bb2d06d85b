"""Nearest support and resistance."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period
from consilience.features.structure.level_cluster import MOST

ATR_PERIOD = 14


def compose(ta: Any, bar: Any, swing: int, pivots: int, tolerance: float, unit: str) -> Any:
    """Levels from confirmed swings; two touches make a level moderate, three or more strong."""
    found = ta.swing(bar, swing, swing)
    pivot = ta.swing_sequence(found.high, found.high_confirmed, found.low, found.low_confirmed).pivot
    reach = tolerance * ta.atr(bar, ATR_PERIOD) if unit == "atr" else (tolerance / 100.0) * abs(bar.close)
    level = ta.level_cluster(bar.close, pivot, reach, pivots)
    below, above = level.below_touches, level.above_touches
    strengths = tuple((touches >= 2) + (touches >= 3) for touches in (below, above))
    return level.below, level.above, below, above, *strengths


PARAMS = (
    period(5, high=500, name="swing", text="bars to each side of a swing"),
    ParamSpec("pivots", 12, low=1, high=MOST, unit="pivots", text="how many of the last confirmed swings count"),
    ParamSpec("tolerance", 0.5, low=0.0, high=100.0, text="width of a level, in the unit that `unit` names"),
    ParamSpec(
        "unit", "atr", unit="choice", choices=("atr", "percent"), text="'atr': of 14 bars; 'percent': of the close"
    ),
)

FEATURE = Feature(
    Spec(
        name="support_resistance",
        summary="The nearest level at or below the close and above it, from the last confirmed swing highs and lows "
        "together (a broken resistance is a support); swings within `tolerance` are one level, their mean. Touches "
        "count its swings; strength is 0 WEAK (one), 1 MODERATE (two), 2 STRONG (three and more). NaN: no such level.",
        inputs=("high", "low", "close"),
        params=PARAMS,
        outputs=(
            "support",
            "resistance",
            "support_touches",
            "resistance_touches",
            "support_strength",
            "resistance_strength",
        ),
        warm_up="2 swing bars (14 when unit is 'atr' and that is longer), and the first swing",
        convention="clusters from the lowest swing up, each as wide as the tolerance when the last swing was confirmed",
        source="Murphy, Technical Analysis of the Financial Markets (1999), chapter 4: support and resistance",
        family="structure",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
