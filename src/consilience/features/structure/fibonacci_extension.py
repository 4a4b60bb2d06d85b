"""Fibonacci extension levels of the last swing leg."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind
from consilience.features.structure.fibonacci_retracement import PARAMS

RATIOS = (1.272, 1.414, 1.618, 2.0, 2.618)


def compose(ta: Any, bar: Any, left: int, right: int, basis: str) -> Any:
    """The leg's length, times each ratio, laid on from its start or from where its retracement ended so far."""
    leg = ta.fibonacci_retracement(bar, left, right)
    swing = ta.swing(bar, left, right)
    length = leg.end - leg.start
    # after a rise the retracement ends at the low since the end of the leg; after a fall all is upside down
    since = ta.minimum(swing.bars_since_high, swing.bars_since_low)
    low, high = ta.lowest_since(bar.low, since, right), -ta.lowest_since(-bar.high, since, right)
    turn = ta.where(leg.direction > 0, low, high)
    origin = turn if basis == "projection" else leg.start
    return *(origin + ratio * length for ratio in RATIOS), turn


FEATURE = Feature(
    Spec(
        name="fibonacci_extension",
        summary="Targets beyond the last swing leg (as of ta.fibonacci_retracement) at 1.272, 1.414, 1.618, 2 and "
        "2.618 of its length; above it after a rise, below it after a fall. `turn` is where the retracement ended so "
        "far: the lowest low since the end of a rise, or the highest high since the end of a fall. NaN until both "
        "swings exist.",
        inputs=("high", "low"),
        params=(
            *PARAMS,
            ParamSpec(
                "basis",
                "leg",
                unit="choice",
                choices=("leg", "projection"),
                text="'leg': from the start of the leg; 'projection': from `turn` (three points, A-B-C)",
            ),
        ),
        outputs=("level_1272", "level_1414", "level_1618", "level_2000", "level_2618", "turn"),
        warm_up="left + right bars, and the first swing of each side",
        convention="'leg': start + ratio (end - start); 'projection': turn + ratio (end - start), TradingView's "
        "trend-based extension",
        source="https://www.tradingview.com/support/solutions/43000518158-drawing-tools-fib-retracement/",
        family="structure",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
