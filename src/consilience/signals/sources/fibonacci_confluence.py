"""Fibonacci retracements that old swings confirm, and whether they hold."""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.spec import ParamSpec, Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node, lift
from consilience.features.feature import period
from consilience.features.structure.fibonacci_retracement import RATIOS
from consilience.features.structure.level_cluster import MOST
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import known, nothing, price, side, speak

FAR = 4.0  # tolerances away from the level at which half of it is left
DOUBT = 2.0  # confirmations that give a confidence of a half


class Nearest(NamedTuple):
    """The confluent retracement next to the close: its price, its ratio, and how many swings are at it."""

    level: Node
    ratio: Node
    touches: Node


def nearest(bar: Bar, levels: tuple[Node, ...], pivot: Node, pivots: int, tolerance: float) -> Nearest:
    """As ta.fibonacci_confluence finds them, one after the other; at equal distance the smaller ratio."""
    reach, band = (tolerance / 100.0) * abs(bar.close), tolerance / 100.0
    away = nothing(bar)
    best = Nearest(away, away, away)
    for fibonacci, ratio in zip(levels, RATIOS, strict=True):
        near = ta.level_cluster(fibonacci, pivot, reach, pivots)
        swings = lift(0.0)
        for level, touches in ((near.below, near.below_touches), (near.above, near.above_touches)):
            met = ta.coalesce(abs(fibonacci - level) < band * abs(level), 0.0)
            swings = swings + ta.where(met, touches, 0.0)
        distance = abs(bar.close - fibonacci)
        closer = (swings > 0.0) & ~ta.coalesce(distance >= away, 0.0)
        away = ta.where(closer, distance, away)
        best = Nearest(
            ta.where(closer, fibonacci, best.level),
            ta.where(closer, ratio, best.ratio),
            ta.where(closer, swings, best.touches),
        )
    return best


def define(bar: Bar, swing: int, pivots: int, tolerance: float) -> Voice:
    """A confluent level that holds speaks for the leg, one that is broken against it."""
    found = ta.swing(bar, swing, swing)
    pivot = ta.swing_sequence(found.high, found.high_confirmed, found.low, found.low_confirmed).pivot
    leg = ta.fibonacci_retracement(bar, swing, swing)
    count = ta.fibonacci_confluence(bar, swing, pivots, tolerance).count
    best = nearest(bar, tuple(leg)[3:], pivot, pivots, tolerance)
    distance = 100.0 * (bar.close - best.level) / abs(bar.close)
    held = leg.direction * distance / tolerance
    value = leg.direction * ta.clip(1.0 + 2.0 * held, -1.0, 1.0) / (1.0 + abs(held) / FAR)
    confirmations = best.touches + count - 1.0
    numbers = {
        "level": best.level,
        "ratio": best.ratio,
        "distance": distance,
        "touches": best.touches,
        "count": count,
        "direction": leg.direction,
        "tolerance": lift(tolerance),
    }
    return speak(value, confirmations / (confirmations + DOUBT), numbers, prices=("level",))


def words(value: float, numbers: Numbers) -> str:
    """Level, distance and what confirms it."""
    touches, distance = numbers["touches"], numbers["distance"]
    leg = "up" if numbers["direction"] > 0.0 else "down"
    verdict = side(value * numbers["direction"], "holds", "is broken", "is being tested")
    return (
        f"the {100 * numbers['ratio']:.1f} % retracement of the leg {leg} at {price(numbers['level'])} {verdict}: the "
        f"close is {abs(distance):.2f} % {'above' if distance >= 0.0 else 'below'} it, "
        f"confirmed by {touches:.0f} swing{'' if touches == 1.0 else 's'}"
    )


def silence(numbers: Numbers) -> str:
    """No leg, or no level that swings confirm."""
    if known(numbers, "count") and numbers["count"] == 0.0:
        return f"no retracement lies within {numbers['tolerance']:g} % of an old swing"
    return "there is no swing leg yet"


SOURCE = Source(
    Spec(
        name="fibonacci_confluence",
        summary="Speaks of the retracement next to the close among those that support or resistance confirm within "
        "`tolerance` percent (ta.fibonacci_confluence). h: how far the close is on the leg's side of it, in tolerances "
        "(above it after a leg up). Value: leg's direction x clip(1 + 2 h, -1, 1) / (1 + |h| / 4): a level that holds "
        "speaks for the leg, one broken by a tolerance against it, less the further away. Confidence: n / (n + 2), "
        "n the swings at the level and each other confluent retracement. Abstains without confluence.",
        inputs=("high", "low", "close"),
        params=(
            period(5, high=500, name="swing", text="bars to each side of a swing"),
            ParamSpec("pivots", 12, low=1, high=MOST, unit="pivots", text="how many of the last swings count"),
            ParamSpec("tolerance", 0.5, low=0.01, high=10.0, unit="percent", text="0.5 in document 001"),
        ),
        outputs=("value", "confidence"),
        warm_up="2 swing bars, the first swing of each side and the first confluence",
        nan_rule="abstains",
        convention="ours; levels and tolerance as ta.fibonacci_confluence",
        source="document 001: confluence zones, tolerance 0.005; document 000: fibConfluence",
        family="technical",
    ),
    define,
    words,
    horizon=10,
    silence=silence,
)
