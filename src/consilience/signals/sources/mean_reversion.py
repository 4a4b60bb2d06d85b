"""How stretched price is, spoken against."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.feature import period
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import known, side, speak

BAND = 2.0  # standard deviations of the Bollinger bands: full confidence from there


def define(bar: Bar, period: int, reach: float, efficiency: int) -> Voice:
    """Against the stretch; a straight run takes the confidence away."""
    score = ta.rolling_zscore(bar.close, period)
    straight = ta.efficiency_ratio(bar.close, efficiency)
    confidence = (1.0 - straight) * ta.minimum(abs(score) / BAND, 1.0)
    numbers = {
        "score": score,
        "percent_b": ta.percent_b(bar.close, period, BAND),
        "efficiency": straight,
        "spread": ta.rolling_std(bar.close, period),
    }
    return speak(-score / reach, confidence, numbers)


def words(value: float, numbers: Numbers) -> str:
    """Stretch, and how straight the way there was."""
    verdict = side(value, "stretched down, a return is up", "stretched up, a return is down", "near its mean")
    return (
        f"{verdict}: {numbers['score']:+.1f} standard deviations, %B {numbers['percent_b']:.2f}, "
        f"efficiency {numbers['efficiency']:.2f}"
    )


def silence(numbers: Numbers) -> str:
    """A price that stands still has no deviation."""
    if known(numbers, "spread") and numbers["spread"] == 0.0:
        return "the price stands still, nothing to return from"
    return "too few bars yet"


SOURCE = Source(
    Spec(
        name="mean_reversion",
        summary="Contrarian: minus the z-score of the close over `period` bars / `reach`, held to -1..1. Confidence: "
        "(1 - efficiency ratio) x |z| / 2 (at most 1): sure outside the Bollinger bands, and only where price came "
        "there by going back and forth; a straight run is a trend. Abstains where the price stands still.",
        inputs=("close",),
        params=(
            period(20, low=3),
            ParamSpec("reach", 3.0, low=0.5, high=10.0, unit="standard deviations", text="where the value is full"),
            period(20, low=2, name="efficiency"),
        ),
        outputs=("value", "confidence"),
        warm_up="the longer of period - 1 and efficiency bars",
        nan_rule="abstains",
        convention="population standard deviation; %B = 0.5 + z / 4",
        source="Bollinger, Bollinger on Bollinger Bands (2001); Kaufman, Smarter Trading (1995)",
        family="technical",
    ),
    define,
    words,
    horizon=5,
    silence=silence,
)
