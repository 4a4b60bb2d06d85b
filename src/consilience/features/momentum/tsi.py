"""True strength index."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, slow: int, fast: int, signal: int, seed: str) -> Any:
    """Changes averaged twice, over their sizes averaged twice."""
    change = x - x[1]
    sizes = ta.ema(ta.ema(abs(change), slow, seed), fast, seed)
    index = ta.where(sizes > 0.0, 100.0 * (ta.ema(ta.ema(change, slow, seed), fast, seed) / sizes), 0.0)
    return index, ta.ema(index, signal, seed)


FEATURE = Feature(
    Spec(
        name="tsi",
        summary="Twice smoothed change over twice smoothed size of the change, -100..100, 0 where nothing ever moved, "
        "with a signal EMA.",
        inputs=("x",),
        params=(
            period(25, name="slow", text="first smoothing"),
            period(13, name="fast", text="second smoothing"),
            period(13, name="signal"),
            ParamSpec("seed", "sma", unit="choice", choices=("sma", "first"), text="how the averages start, see ema"),
        ),
        outputs=("tsi", "signal"),
        warm_up="slow + fast - 1 bars for tsi, signal - 1 more for signal",
        convention="Blau; seed 'first' is pandas ewm(adjust=False)",
        source="Blau, Momentum, Direction and Divergence (1995); "
        "https://chartschool.stockcharts.com/table-of-contents/technical-indicators-and-overlays/"
        "technical-indicators/true-strength-index",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
