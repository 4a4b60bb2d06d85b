"""Where price stands among the Fibonacci retracements."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind
from consilience.features.structure.fibonacci_retracement import PARAMS, RATIOS


def compose(ta: Any, bar: Any, left: int, right: int) -> Any:
    """The nearest level, one comparison after the other; at equal distance the smaller ratio."""
    leg = ta.fibonacci_retracement(bar, left, right)
    levels = tuple(leg)[3:]
    nearest, ratio = levels[0], RATIOS[0]
    away = abs(bar.close - nearest)
    for other, its_ratio in zip(levels[1:], RATIOS[1:], strict=True):
        distance = abs(bar.close - other)
        closer = distance < away
        nearest, ratio = ta.where(closer, other, nearest), ta.where(closer, its_ratio, ratio)
        away = ta.minimum(distance, away)
    retraced = (leg.end - bar.close) / (leg.end - leg.start)
    return 100.0 * (bar.close - nearest) / abs(bar.close), ratio, nearest, retraced


FEATURE = Feature(
    Spec(
        name="fibonacci_distance",
        summary="Distance of the close from the nearest retracement level in percent of the close (positive above it), "
        "that level's ratio (0.236 to 0.786) and price, and how much of the leg is taken back now (0 at its end, 1 at "
        "its start, below 0 beyond its end). NaN until both swings exist or where the leg has no length.",
        inputs=("high", "low", "close"),
        params=PARAMS,
        outputs=("distance", "ratio", "level", "retraced"),
        warm_up="left + right bars, and the first swing of each side",
        convention="levels of ta.fibonacci_retracement",
        source="Murphy, Technical Analysis of the Financial Markets (1999), chapter 13",
        family="structure",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
