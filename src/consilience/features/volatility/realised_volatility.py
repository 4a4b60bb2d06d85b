"""Realised volatility from closes or from whole bars."""

from __future__ import annotations

import math
from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period

_LOG_TWO = math.log(2.0)


def rogers_satchell(ta: Any, bar: Any) -> Any:
    """Variance of one bar from the distances of its extremes to open and close; a trend adds nothing."""
    above = ta.log(bar.high / bar.close) * ta.log(bar.high / bar.open)
    return above + ta.log(bar.low / bar.close) * ta.log(bar.low / bar.open)


def compose(ta: Any, bar: Any, period: int, method: str, periods_per_year: float) -> Any:
    """Root of the variance a bar times the bars of a year."""
    if method == "close":
        variance = ta.rolling_variance(ta.log_return(bar.close, 1), period, "sample")
    elif method == "parkinson":
        span = ta.log(bar.high / bar.low)
        variance = ta.sma(span * span, period) / (4.0 * _LOG_TWO)
    elif method == "garman_klass":
        span, body = ta.log(bar.high / bar.low), ta.log(bar.close / bar.open)
        variance = ta.sma(0.5 * (span * span) - (2.0 * _LOG_TWO - 1.0) * (body * body), period)
    elif method == "rogers_satchell":
        variance = ta.sma(rogers_satchell(ta, bar), period)
    else:
        weight = 0.34 / (1.34 + (period + 1) / (period - 1))
        overnight = ta.rolling_variance(ta.log(bar.open / bar.close[1]), period, "sample")
        day = ta.rolling_variance(ta.log(bar.close / bar.open), period, "sample")
        variance = overnight + weight * day + (1.0 - weight) * ta.sma(rogers_satchell(ta, bar), period)
    # rounding may leave a variance of nothing a little below it
    return ta.sqrt(periods_per_year * ta.maximum(variance, 0.0))


FEATURE = Feature(
    Spec(
        name="realised_volatility",
        summary="Volatility of the last `period` bars a year, a fraction (0.2 is 20 %); 0 where nothing moved, NaN "
        "where a price is not above 0.",
        inputs=("open", "high", "low", "close"),
        params=(
            period(20, low=2),
            ParamSpec(
                "method",
                "close",
                unit="choice",
                choices=("close", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"),
                text="'close': deviation of log returns; 'parkinson': high and low; 'garman_klass': with open and "
                "close, no trend, no gaps; 'rogers_satchell': with a trend, no gaps; 'yang_zhang': with both",
            ),
            ParamSpec(
                "periods_per_year",
                252.0,
                low=1.0,
                high=40_000_000.0,
                unit="bars a year",
                text="252 for exchange days, 365 for days of a market that never closes, 1 for no annualising",
            ),
        ),
        warm_up="period bars for 'close' and 'yang_zhang', which need the close before; else period - 1",
        convention="'garman_klass' without the overnight term, 'yang_zhang' with k = 0.34 / (1.34 + (n + 1) / (n - 1))",
        source="Parkinson (1980), Garman and Klass (1980), Rogers and Satchell (1991), Yang and Zhang (2000), Drift-"
        "independent volatility estimation, Journal of Business 73",
        family="volatility",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
