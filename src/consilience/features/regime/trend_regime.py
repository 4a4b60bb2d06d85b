"""Trending, ranging or volatile: what a symbol's moves are like, whatever their direction."""

from __future__ import annotations

from typing import Any

from consilience.core.codes import Regime
from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(
    ta: Any, bar: Any, period: int, window: int, volatile: float, trending: float, ranging: float
) -> tuple[Any, ...]:
    """Volatility goes before trend, as it does for the market as a whole."""
    percentile = ta.atr_percentile(bar, period, window, "percent")
    adx = ta.adx(bar, period).adx
    calm = ta.where(adx >= trending, float(Regime.TRENDING), float(Regime.RANGING) * (adx < ranging))
    return ta.where(percentile >= volatile, float(Regime.VOLATILE), calm), adx, percentile


FEATURE = Feature(
    Spec(
        name="trend_regime",
        summary="`regime`: 3 VOLATILE where the average true range, in percent of the price, ranks at `volatile` or "
        "above within its `window`; else 1 TRENDING where ADX is at `trending` or above, 2 RANGING where it is below "
        "`ranging`, else 0 DEFAULT. `adx` and `percentile` are what it was told from.",
        inputs=("high", "low", "close"),
        params=(
            period(14, low=2),
            period(100, low=2, name="window"),
            ParamSpec("volatile", 80.0, low=1.0, high=100.0, unit="percentile"),
            ParamSpec("trending", 25.0, low=0.0, high=100.0, unit="ADX"),
            ParamSpec("ranging", 20.0, low=0.0, high=100.0, unit="ADX"),
        ),
        outputs=("regime", "adx", "percentile"),
        warm_up="period + window - 1 bars, or 2 period - 1 where that is longer; adx and percentile each on its own",
        convention="ours; the bounds are those of the universe's regime",
        source="Wilder, New Concepts in Technical Trading Systems (1978) for ADX and the range; names of the regimes: "
        "Consilience founding document 002",
        family="regime",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
