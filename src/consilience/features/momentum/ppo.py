"""Percentage price oscillator."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, fast: int, slow: int, signal: int, average: str) -> Any:
    """The fast average against the slow one in percent, with its EMA."""
    smooth = ta.ema if average == "ema" else ta.sma
    base = smooth(x, slow)
    line = 100.0 * ((smooth(x, fast) - base) / base)
    trail = ta.ema(line, signal)
    return line, trail, line - trail


FEATURE = Feature(
    Spec(
        name="ppo",
        summary="Fast minus slow average in percent of the slow one, its signal EMA, and their difference; NaN where "
        "the slow average is 0.",
        inputs=("x",),
        params=(
            period(12, name="fast"),
            period(26, low=2, name="slow"),
            period(9, name="signal"),
            ParamSpec("average", "ema", unit="choice", choices=("ema", "sma"), text="TA-Lib's own default is 'sma'"),
        ),
        outputs=("ppo", "signal", "histogram"),
        warm_up="slow - 1 bars for ppo, signal - 1 more for the others",
        convention="Appel; TA-Lib PPO (matype 1 is 'ema', 0 is 'sma'), each average starting on its own first bars",
        source="https://ta-lib.org/functions/ppo/",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    check=lambda fast, slow, _signal, _average: None if fast < slow else f"fast={fast} must be below slow={slow}",
)
