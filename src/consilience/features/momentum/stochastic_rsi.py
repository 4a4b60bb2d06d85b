"""Stochastic oscillator of the relative strength index."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period

_STILL = 1e-9  # an RSI that moves less, in its own points, moves by rounding alone


def compose(ta: Any, x: Any, period: int, window: int, smooth: int, *settings: Any) -> Any:
    """Place of the RSI in its own window; the momentum is up or down only where k leads d and moves its way."""
    signal, quiet = settings
    rsi = ta.rsi(x, period)
    lowest = ta.lowest(rsi, window)
    span = ta.highest(rsi, window) - lowest
    k = ta.sma(ta.where(span > _STILL, 100.0 * ((rsi - lowest) / span), 50.0), smooth)
    d = ta.sma(k, signal)
    change = k - k[1]
    rising = (k > d) & (change > quiet)
    falling = (k < d) & (change < -quiet)
    return k, d, rising - falling


FEATURE = Feature(
    Spec(
        name="stochastic_rsi",
        summary="Place of the RSI within its own window, 0..100, 50 where it did not move; `momentum` is +1 RISING "
        "(k above d and up by more than `quiet`), -1 FALLING (below d and down by more), else 0 SIDEWAYS.",
        inputs=("x",),
        params=(
            period(14, low=2, text="of the RSI"),
            period(14, low=2, name="window", text="of the RSI's range"),
            period(3, name="smooth", text="average of k; 1 gives TA-Lib's fast k"),
            period(3, name="signal", text="average of k that is d"),
            ParamSpec("quiet", 1.0, low=0.0, high=100.0, unit="points of k", text="a smaller change is sideways"),
        ),
        outputs=("k", "d", "momentum"),
        warm_up="period + window + smooth - 2 bars for k; signal - 1 more for d; the later of d and k[1] for momentum",
        convention="TradingView Stoch RSI; TA-Lib STOCHRSI with smooth 1 (TA-Lib says 0 where the range is 0)",
        source="Chande and Kroll, The New Technical Trader (1994); https://ta-lib.org/functions/stochrsi/",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
