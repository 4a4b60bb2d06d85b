"""Absolute price oscillator."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, fast: int, slow: int, average: str) -> Any:
    """Difference of two averages."""
    smooth = ta.ema if average == "ema" else ta.sma
    return smooth(x, fast) - smooth(x, slow)


FEATURE = Feature(
    Spec(
        name="apo",
        summary="Fast minus slow average, in units of the series.",
        inputs=("x",),
        params=(
            period(12, name="fast"),
            period(26, low=2, name="slow"),
            ParamSpec("average", "ema", unit="choice", choices=("ema", "sma"), text="TA-Lib's own default is 'sma'"),
        ),
        warm_up="slow - 1 bars",
        convention="TA-Lib APO (matype 1 is 'ema', 0 is 'sma'), each average starting on its own first bars",
        source="https://ta-lib.org/functions/apo/",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    check=lambda fast, slow, _average: None if fast < slow else f"fast={fast} must be below slow={slow}",
)
