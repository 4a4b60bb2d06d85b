"""Order and width of a ribbon of moving averages."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.feature import period
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import average_gap, average_lag, in_ranges, in_walks, side, speak


def define(bar: Bar, shortest: int, spacing: int, count: int) -> Voice:
    """Order is the value, width the confidence."""
    longest = shortest + (count - 1) * spacing
    gap = average_gap(bar, shortest, longest)
    width = abs(in_walks(gap, bar, average_lag(shortest, longest)))
    value = ta.ribbon_alignment(bar.close, shortest, spacing, count)
    return speak(value, width, {"alignment": value, "width": abs(in_ranges(gap, bar))})


def words(value: float, numbers: Numbers) -> str:
    """Order and width."""
    order = side(value, "in rising order", "in falling order", "tangled")
    return f"the ribbon is {order} ({numbers['alignment']:+.2f}) and {numbers['width']:.1f} ATR wide"


SOURCE = Source(
    Spec(
        name="ribbon_alignment",
        summary="Value: order of `count` EMAs (ta.ribbon_alignment), 1 where each shorter one is above the longer. "
        "Confidence: 2 w / (1 + 2 w), with w the distance of the shortest from the longest in ATR(14) x sqrt of the "
        "bars that one lags the other: an ordered ribbon that is narrow has only just turned.",
        inputs=("high", "low", "close"),
        params=(
            period(10, high=1000, name="shortest"),
            period(10, high=500, name="spacing", text="each average is this much longer than the one before"),
            ParamSpec("count", 6, low=2, high=20, unit="averages"),
        ),
        outputs=("value", "confidence"),
        warm_up="shortest + (count - 1) spacing - 1 bars, at least 14",
        nan_rule="abstains",
        convention="ours",
        source="document 000: ribbon alignment; the formula above",
        family="technical",
    ),
    define,
    words,
    horizon=20,
)
