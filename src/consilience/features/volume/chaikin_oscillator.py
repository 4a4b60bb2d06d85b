"""Chaikin oscillator."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def check(fast: int, slow: int) -> str | None:
    """The fast average must be the shorter one."""
    return None if fast < slow else f"fast={fast} must be below slow={slow}"


def compose(ta: Any, bar: Any, fast: int, slow: int) -> Any:
    """Fast less slow average of the accumulation/distribution line."""
    line = ta.accumulation_distribution(bar)
    return ta.ema(line, fast, "first") - ta.ema(line, slow, "first")


FEATURE = Feature(
    Spec(
        name="chaikin_oscillator",
        summary="EMA(fast) - EMA(slow) of the accumulation/distribution line, in units of volume.",
        inputs=("high", "low", "close", "volume"),
        params=(period(3, name="fast"), period(10, low=2, name="slow")),
        warm_up="slow - 1 bars",
        convention="TA-Lib ADOSC (averages start from the first value)",
        source="https://ta-lib.org/functions/adosc/",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    check=check,
)
