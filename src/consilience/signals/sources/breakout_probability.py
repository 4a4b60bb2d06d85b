"""How likely price leaves its range soon, and on which side."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.composite.volatility_breakout import LEAST
from consilience.features.feature import period
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import known, nothing, speak

FEW = 50.0  # samples that give half of the confidence
UNTESTED = 0.5  # calibration of a forecast that was never checked


def define(bar: Bar, period: int, horizon: int, history: int, memory: int, lean: float) -> Voice:
    """Probability with a side; samples and past calibration make it surer."""
    said = ta.volatility_breakout(bar, period, horizon, history, memory, lean)
    calibrated = ta.coalesce(1.0 - abs(said.mean_forecast - said.realised), UNTESTED)
    confidence = said.samples / (said.samples + FEW) * calibrated
    sided = ta.where(said.direction != 0.0, said.direction * said.probability, nothing(bar))
    numbers = {
        "probability": said.probability,
        "direction": said.direction,
        "samples": said.samples,
        "bars": said.expected_bars,
        "calibration": calibrated,
    }
    return speak(sided, confidence, numbers)


def words(_value: float, numbers: Numbers) -> str:
    """Probability, side and samples."""
    way = "upwards" if numbers["direction"] > 0.0 else "downwards"
    when = f", after {numbers['bars']:.1f} bars on average" if known(numbers, "bars") else ""
    return (
        f"a break out of its range is {100 * numbers['probability']:.0f} % likely, mostly {way}{when} "
        f"({numbers['samples']:.0f} earlier ranges as wide)"
    )


def silence(numbers: Numbers) -> str:
    """Too few samples, or no side."""
    if not known(numbers, "samples"):
        return "too few bars to compare its range with"
    if numbers["samples"] < LEAST:
        return f"only {numbers['samples']:.0f} earlier ranges were as wide, {LEAST} are needed"
    if numbers["probability"] == 0.0:
        return f"none of {numbers['samples']:.0f} earlier ranges as wide was left in time"
    return "such ranges broke either way"


SOURCE = Source(
    Spec(
        name="breakout_probability",
        summary="Side x probability that the close leaves the range of the last `period` bars within `horizon` bars, "
        "as often as ranges of that width did (ta.volatility_breakout). Confidence: n / (n + 50) for n samples, "
        "times 1 - |mean forecast - what came| of the past (0.5 before the first check). Abstains with fewer than 20 "
        "samples and where neither side had the share `lean` of the breaks.",
        inputs=("high", "low", "close"),
        params=(
            period(20, low=2),
            period(10, high=1000, name="horizon", text="bars within which the break counts"),
            period(100, low=2, high=5000, name="history", text="bars that today's width is ranked among"),
            period(1000, high=10_000, name="memory", text="bars with known outcome that are counted"),
            ParamSpec("lean", 0.6, low=0.5, high=1.0, unit="fraction"),
        ),
        outputs=("value", "confidence"),
        warm_up="period + history - 2 bars, then 20 samples of one width",
        nan_rule="abstains",
        convention="relative frequency by fifth of width, direction by majority of the first exits",
        source="document 002, stage 2: breakoutProbability; ta.volatility_breakout",
        family="technical",
    ),
    define,
    words,
    horizon=10,
    silence=silence,
)
