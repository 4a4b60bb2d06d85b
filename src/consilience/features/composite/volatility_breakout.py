"""How likely price is to leave its range soon, from how often it did."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period

LEAST = 20  # samples below which nothing is claimed


def compose(ta: Any, bar: Any, period: int, horizon: int, history: int, memory: int, lean: float) -> Any:
    """The share of past bars with a range as wide as today's that were left within the horizon."""
    upper, lower = ta.highest(bar.high, period), ta.lowest(bar.low, period)
    bucket = ta.quantile_bucket((upper - lower) / abs(bar.close), history)
    outcome = ta.range_exit(bar.close, upper, lower, horizon)
    past = ta.exit_frequency(bucket, outcome, horizon, memory)
    enough = past.samples >= LEAST  # 0 makes NaN of what is divided by it
    probability = past.share / enough
    up = ta.coalesce(past.up, 0.5)
    direction = ((up >= lean) - (up <= 1.0 - lean)) / enough
    said = ta.calibration(probability[horizon], outcome != 0)
    return probability, direction, past.bars / enough, past.samples, said.mean_forecast, said.mean_outcome


FEATURE = Feature(
    Spec(
        name="volatility_breakout",
        summary="Probability (0..1) that a close leaves the range of the last `period` bars within `horizon` bars: "
        "among the last `memory` bars whose horizon has passed, those whose range / close was in the same fifth of its "
        "last `history` values as today's, the share that did. `direction` 1 UP or -1 DOWN where at least `lean` of "
        "those exits went that way first, else 0 UNKNOWN; `expected_bars` mean bars to the exit, of those that left; "
        "`samples` how many bars that is: below 20 nothing is claimed (NaN). `mean_forecast` and `realised`: the mean "
        "of all forecasts so far whose horizon has passed and how often it happened; a calibrated forecast has them "
        "equal.",
        inputs=("high", "low", "close"),
        params=(
            period(20, low=2),
            period(10, high=1000, name="horizon", text="bars within which the exit counts"),
            period(100, low=2, high=5000, name="history", text="bars that today's width is ranked among"),
            period(
                1000,
                high=10_000,
                name="memory",
                text="bars with known outcome that are counted; with few samples forecasts are too extreme",
            ),
            ParamSpec("lean", 0.6, low=0.5, high=1.0, unit="fraction"),
        ),
        outputs=("probability", "direction", "expected_bars", "samples", "mean_forecast", "realised"),
        warm_up="period + history - 2 bars for samples, then 20 samples of one bucket",
        convention="rolling relative frequency by bucket of width; expected time in bars, times the bar's length in "
        "minutes",
        source="ours: ta.quantile_bucket, ta.range_exit, ta.exit_frequency, ta.calibration",
        family="composite",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
