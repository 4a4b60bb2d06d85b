"""How far price is from its nearest levels."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind
from consilience.features.structure.support_resistance import PARAMS


def compose(ta: Any, bar: Any, swing: int, pivots: int, tolerance: float, unit: str) -> Any:
    """Distances in percent of the close, and the place between the two levels."""
    level = ta.support_resistance(bar, swing, pivots, tolerance, unit)
    down, up = bar.close - level.support, level.resistance - bar.close
    size = abs(bar.close)
    return 100.0 * down / size, 100.0 * up / size, down / (down + up)


FEATURE = Feature(
    Spec(
        name="level_distance",
        summary="Distance of the close to the nearest support and to the nearest resistance in percent of the close "
        "(both 0 or more), and its place between them, 0 at support to 1 at resistance. NaN where there is no such "
        "level or the close is 0. Levels as of ta.support_resistance.",
        inputs=("high", "low", "close"),
        params=PARAMS,
        outputs=("to_support", "to_resistance", "place"),
        warm_up="as ta.support_resistance",
        convention="percent of the close",
        source="Murphy, Technical Analysis of the Financial Markets (1999), chapter 4: support and resistance",
        family="structure",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
