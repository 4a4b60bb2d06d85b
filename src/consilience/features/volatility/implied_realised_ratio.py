"""Implied against realised volatility."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, implied: Any, x: Any, period: int, periods_per_year: float) -> tuple[Any, Any]:
    """Quotient and difference of what options price and what the series did."""
    variance = ta.rolling_variance(ta.log_return(x, 1), period, "sample")
    realised = ta.sqrt(periods_per_year * ta.maximum(variance, 0.0))
    return implied / realised, implied - realised


FEATURE = Feature(
    Spec(
        name="implied_realised_ratio",
        summary="`ratio` is implied / realised volatility, above 1 where options price more than was seen, NaN where "
        "nothing moved; `premium` is implied - realised. Call it with an external series of implied volatility, a "
        "fraction a year: ta.implied_realised_ratio(bar.slot('implied_volatility'), bar.close).",
        inputs=("implied", "x"),
        params=(
            period(20, low=2),
            ParamSpec("periods_per_year", 252.0, low=1.0, high=40_000_000.0, unit="bars a year"),
        ),
        outputs=("ratio", "premium"),
        warm_up="period bars",
        nan_rule="NaN while there is no implied volatility; the realised side goes on",
        convention="realised_volatility(method 'close') of `x`",
        source="Sinclair, Volatility Trading (2013), chapter 3",
        family="volatility",
    ),
    compose,
    kind=Kind.COMPOSED,
)
