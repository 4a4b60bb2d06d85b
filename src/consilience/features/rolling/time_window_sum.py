"""Sum over a window of time."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period

MICROSECONDS = 1e6


# many parameters: those of the feature
def compose(ta: Any, x: Any, time: Any, seconds: float, events: int) -> Any:
    """The clock is the slices' close time."""
    return ta.span_sum(x, time, seconds * MICROSECONDS, events).total


FEATURE = Feature(
    Spec(
        name="time_window_sum",
        summary="Sum of `x` over the slices that closed in the last `seconds`, both ends included, at most the last "
        "`events` of them: ta.time_window_sum(x, bar.time, 5.0). What is over leaves when the next slice of the symbol "
        "closes; time is told to the microsecond.",
        inputs=("x", "time"),
        params=(
            ParamSpec("seconds", 60.0, low=1e-6, high=1e9, unit="seconds"),
            period(4096, high=1_000_000, name="events", text="the most that the window may hold: it ends there"),
        ),
        warm_up="none; the first windows are shorter",
        convention="pandas rolling with a time offset and closed='both'",
        source="https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.rolling.html",
        family="rolling",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
