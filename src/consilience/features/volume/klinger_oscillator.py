"""Klinger volume oscillator."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def check(fast: int, slow: int, _signal: int) -> str | None:
    """The fast average must be the shorter one."""
    return None if fast < slow else f"fast={fast} must be below slow={slow}"


def compose(ta: Any, bar: Any, fast: int, slow: int, signal: int) -> tuple[Any, Any]:
    """Fast less slow average of the signed volume, and the average of that."""
    change = bar.typical - bar.typical[1]
    force = ta.where(change > 0.0, bar.volume, -bar.volume)
    oscillator = ta.ema(force, fast) - ta.ema(force, slow)
    return oscillator, ta.ema(oscillator, signal)


FEATURE = Feature(
    Spec(
        name="klinger_oscillator",
        summary="EMA(fast) - EMA(slow) of the volume, which counts against where the typical price did not rise, and "
        "the `signal` EMA of that; in units of volume.",
        inputs=("high", "low", "close", "volume"),
        params=(period(34, name="fast"), period(55, low=2, name="slow"), period(13, name="signal")),
        outputs=("oscillator", "signal"),
        warm_up="slow bars for oscillator, slow + signal - 1 bars for signal",
        convention="CQG (volume by its sign alone, no cumulative measure), with EMAs that start from a plain average",
        source="https://help.cqg.com/cqgic/24/Documents/klingervolumeoscillatorkvo.htm",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    check=check,
)
