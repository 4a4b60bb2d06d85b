"""Parabolic stop and reverse."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN, inlined
from consilience.features.feature import Feature, Floats

State = tuple[float, float, float, float, float, float]
Two = tuple[float, float]
Three = tuple[float, float, float]


@inlined
def held_nb(level: float, trend: float, bar: Two, before: Two) -> float:
    """The level kept outside the highs and lows of this bar and the one before."""
    if trend > 0.0:
        bottom = bar[1] if bar[1] < before[1] else before[1]
        return level if level < bottom else bottom
    top = bar[0] if bar[0] > before[0] else before[0]
    return level if level > top else top


def step(
    state: State, i: int, s: int, high: Floats, low: Floats, acceleration: float, maximum: float
) -> tuple[State, Three]:
    """The level of this bar was set on the one before; a bar that touches it turns the trend at the extreme."""
    level, extreme, speed, trend, before_high, before_low = state
    h = high[i, s]
    l = low[i, s]  # noqa: E741  (high, low in their usual letters)
    known = h + l
    if known != known:
        return (0.0, 0.0, 0.0, 0.0, NAN, NAN), (NAN, NAN, NAN)
    if before_high != before_high:
        return (0.0, 0.0, 0.0, 0.0, h, l), (NAN, NAN, NAN)
    first = acceleration if acceleration < maximum else maximum
    if trend == 0.0:
        # Wilder leaves the first trend open; as TA-Lib, the larger move of the second bar decides
        fell = before_low - l
        trend = -1.0 if fell > 0.0 and fell > h - before_high else 1.0
        level = before_low if trend > 0.0 else before_high
        extreme = h if trend > 0.0 else l
        speed = first
        before_high, before_low = h, l
    turned = l <= level if trend > 0.0 else h >= level
    if turned:
        trend = -trend
        level = extreme
        extreme = h if trend > 0.0 else l
        speed = first
        level = held_nb(level, trend, (h, l), (before_high, before_low))
    shown = level
    if not turned:
        further = h > extreme if trend > 0.0 else l < extreme
        if further:
            extreme = h if trend > 0.0 else l
            speed += first
            if speed > maximum:
                speed = maximum
    level = held_nb(level + speed * (extreme - level), trend, (h, l), (before_high, before_low))
    return (level, extreme, speed, trend, h, l), (shown, trend, speed)


FEATURE = Feature(
    Spec(
        name="parabolic_sar",
        summary="Stop that follows the trend faster with each new extreme: its level at this bar, `trend` +1 UP (level "
        "below the price) or -1 DOWN, and the acceleration in force after this bar.",
        inputs=("high", "low"),
        params=(
            ParamSpec("acceleration", 0.02, low=0.0, high=1.0, unit="fraction", text="start and gain a new extreme"),
            ParamSpec("maximum", 0.2, low=0.0, high=1.0, unit="fraction"),
        ),
        outputs=("level", "trend", "acceleration"),
        warm_up="1 bar",
        convention="TA-Lib SAR: down at first only where the second bar's fall of the low exceeds its rise of the high",
        source="Wilder, New Concepts in Technical Trading Systems (1978); https://ta-lib.org/functions/sar/",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, NAN, NAN),
    warm_up=lambda _acceleration, _maximum: 1,
)
