"""Fibonacci retracements that meet support or resistance."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period
from consilience.features.structure.level_cluster import MOST


def compose(ta: Any, bar: Any, swing: int, pivots: int, tolerance: float) -> Any:
    """Each retracement is asked for the levels next to it."""
    found = ta.swing(bar, swing, swing)
    pivot = ta.swing_sequence(found.high, found.high_confirmed, found.low, found.low_confirmed).pivot
    reach = (tolerance / 100.0) * abs(bar.close)
    count, touches = 0.0, 0.0
    for fibonacci in tuple(ta.fibonacci_retracement(bar, swing, swing))[3:]:
        level = ta.level_cluster(fibonacci, pivot, reach, pivots)
        any_met, sizes = 0.0, 0.0
        for near, size in ((level.below, level.below_touches), (level.above, level.above_touches)):
            met = ta.coalesce(abs(fibonacci - near) < (tolerance / 100.0) * abs(near), 0.0)
            any_met, sizes = met | any_met, sizes + ta.where(met, size, 0.0)
        known = fibonacci == fibonacci  # NaN while there is no leg
        count, touches = count + ta.where(known, any_met, 0.0), touches + ta.where(known, sizes, 0.0)
    return count, touches


FEATURE = Feature(
    Spec(
        name="fibonacci_confluence",
        summary="How many of the five retracements of ta.fibonacci_retracement lie within `tolerance` percent of a "
        "level of ta.support_resistance (0 to 5), and how many swings touch those levels. Swings within the same "
        "tolerance are one level. NaN until both swings exist.",
        inputs=("high", "low", "close"),
        params=(
            period(5, high=500, name="swing", text="bars to each side of a swing"),
            ParamSpec(
                "pivots", 12, low=1, high=MOST, unit="pivots", text="how many of the last confirmed swings count"
            ),
            ParamSpec("tolerance", 0.5, low=0.0, high=10.0, unit="percent"),
        ),
        outputs=("count", "touches"),
        warm_up="2 swing bars, and the first swing of each side",
        convention="|retracement - level| / level < tolerance; each retracement counts once",
        source="Brown, Fibonacci Analysis (2008): confluence of levels",
        family="structure",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
