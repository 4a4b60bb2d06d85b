"""Market regime by rule: nothing is fitted."""

from __future__ import annotations

from typing import Any

from consilience.core.codes import MarketRegime
from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period

BANDS = 2.0  # standard deviations of the bands whose width tells a squeeze


def compose(ta: Any, bar: Any, period: int, trend: int, window: int, wild: float, tight: float) -> tuple[Any, ...]:
    """Ranks of volatility and band width within their own past, and the side of the average that price is on."""
    volatility = ta.percent_rank(ta.rolling_std(ta.log_return(bar.close, 1), period), window)
    width = ta.percent_rank(ta.bandwidth(bar.close, period, BANDS), window)
    rising = bar.close >= ta.sma(bar.close, trend)

    bearish = (volatility >= wild) & ~rising
    squeeze = ~bearish & (width <= tight)
    bullish = ~bearish & ~squeeze & rising & (volatility < wild)
    regime = (
        float(MarketRegime.BULLISH_CALM) * bullish
        + float(MarketRegime.BEARISH_VOLATILE) * bearish
        + float(MarketRegime.SQUEEZE) * squeeze
    )
    beyond = ta.where(
        bearish,
        (volatility - wild) / (100.0 - wild),
        ta.where(squeeze, (tight - width) / tight, (wild - volatility) / wild),
    )
    return regime, ta.where(regime > 0, 0.5 + 0.5 * beyond, 0.0)


FEATURE = Feature(
    Spec(
        name="rule_regime",
        summary="`regime`: 2 BEARISH_VOLATILE where volatility (deviation of log returns over `period`) ranks at "
        "`wild` or above within its `window` and the close is below its average of `trend` bars; else 3 SQUEEZE where "
        "the width of the Bollinger bands ranks at `tight` or below; else 1 BULLISH_CALM where the close is at or "
        "above its average and volatility ranks below `wild`; else 0 UNKNOWN (a calm decline, a wild rise). "
        "`confidence`: 0.5 at the bound of the rank that decided .. 1 at its end; 0 where UNKNOWN.",
        inputs=("close",),
        params=(
            period(20, low=2),
            period(200, low=2, name="trend"),
            period(252, low=2, name="window"),
            ParamSpec("wild", 75.0, low=1.0, high=99.0, unit="percentile"),
            ParamSpec("tight", 15.0, low=1.0, high=99.0, unit="percentile"),
        ),
        outputs=("regime", "confidence"),
        warm_up="period + window - 1 bars, or trend - 1 where that is longer",
        convention="ours: the regimes of document 004 told from ranks, equal values count half",
        source="the rule above; regimes: Consilience founding document 004; bands: Bollinger (2001)",
        family="regime",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
