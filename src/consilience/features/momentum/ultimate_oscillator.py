"""Ultimate oscillator."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, fast: int, middle: int, slow: int) -> Any:
    """Share of the true range that lies below the close, over three windows."""
    below = bar.close - ta.minimum(bar.low, bar.close[1])
    ranges = ta.true_range(bar)

    def share(bars: int) -> Any:
        whole = ta.rolling_sum(ranges, bars)
        return ta.where(whole > 0.0, ta.rolling_sum(below, bars) / whole, 0.5)

    return 100.0 * ((4.0 * share(fast) + 2.0 * share(middle) + share(slow)) / 7.0)


FEATURE = Feature(
    Spec(
        name="ultimate_oscillator",
        summary="Buying pressure over true range, of three windows weighted 4, 2, 1, 0..100; a window without range "
        "counts 50 (TA-Lib says 0).",
        inputs=("high", "low", "close"),
        params=(period(7, name="fast"), period(14, name="middle"), period(28, name="slow")),
        warm_up="the longest window",
        convention="Larry Williams; TA-Lib ULTOSC (which sorts the windows; here they must be in order)",
        source="https://ta-lib.org/functions/ultosc/",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    check=lambda fast, middle, slow: (
        None if fast < middle < slow else f"fast={fast}, middle={middle}, slow={slow} must rise"
    ),
)
