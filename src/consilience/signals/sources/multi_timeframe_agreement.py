"""Whether three timeframes point the same way."""

from __future__ import annotations

from consilience.core.errors import ConfigError
from consilience.core.spec import ParamSpec, Spec
from consilience.core.time import Timeframe
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.features.feature import period
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import (
    LEVEL,
    average_gap,
    average_lag,
    coherence,
    in_walks,
    mean,
    require_order,
    side,
    speak,
)

FRAMES = ("base", "middle", "higher")


def pointing(bar: Bar, measure: str, fast: int, slow: int) -> Node:
    """Where one timeframe points, -1..1."""
    if measure == "rsi":
        rsi: Node = (ta.rsi(bar.close, slow) - 50.0) / 50.0
        return rsi
    return in_walks(average_gap(bar, fast, slow), bar, average_lag(fast, slow))


def define(bar: Bar, measure: str, middle: str, higher: str, fast: int, slow: int) -> Voice:
    """Mean and coherence of three."""
    require_order("multi_timeframe_agreement", fast, slow)
    try:
        frames = [Timeframe.parse(text) for text in (middle, higher)]
    except ConfigError as error:
        raise ConfigError(f"source multi_timeframe_agreement: {error}") from None
    if frames[0] >= frames[1]:
        raise ConfigError(f"source multi_timeframe_agreement: middle={middle} must be below higher={higher}")
    bars = (bar, bar.at(middle), bar.at(higher))
    parts = tuple(pointing(each, measure, fast, slow) for each in bars)
    return speak(mean(parts), coherence(parts), dict(zip(FRAMES, parts, strict=True)))


def words(value: float, numbers: Numbers) -> str:
    """How many agree, and what each says."""
    each = [numbers[name] for name in FRAMES]
    agree = sum(1 for part in each if part * value > 0.0 and abs(part) >= LEVEL)
    head = f"{agree} of 3 timeframes point {side(value, 'up', 'down', '')}" if abs(value) >= LEVEL else "no side leads"
    return f"{head}: {each[0]:+.2f} on the bars, {each[1]:+.2f} and {each[2]:+.2f} above them"


def silence(_numbers: Numbers) -> str:
    """The slowest timeframe decides."""
    return "not all three timeframes have enough closed bars yet"


SOURCE = Source(
    Spec(
        name="multi_timeframe_agreement",
        summary="Mean of where three timeframes point, the bars themselves and the last closed bar of two higher "
        "ones. 'trend': the gap g between two EMAs as in trend_composite; 'rsi': (RSI of `slow` bars "
        "- 50) / 50. Confidence: |sum| / sum of the sizes (at least 1.5), 1 where all three agree. Abstains until "
        "all three are known; a timeframe may not be shorter than the bars.",
        inputs=("high", "low", "close"),
        params=(
            ParamSpec("measure", "trend", unit="choice", choices=("trend", "rsi")),
            ParamSpec(
                "middle", "1d", unit="timeframe", text="such as 1h; the default is the bars themselves, if daily"
            ),
            ParamSpec("higher", "1w", unit="timeframe", text="such as 4h"),
            period(10, name="fast"),
            period(20, low=2, name="slow"),
        ),
        outputs=("value", "confidence"),
        warm_up="slow closed bars of the highest timeframe, at least 15",
        nan_rule="abstains",
        convention="ours: equal weights",
        source="after Elder, Trading for a Living (1993): the longer timeframe first; the formula above",
        family="technical",
    ),
    define,
    words,
    horizon=20,
    silence=silence,
)
