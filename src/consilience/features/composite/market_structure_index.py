"""Trending, ranging or breaking out: one score from trend strength, straightness and the order of averages."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period

BANDS, FULL_ADX, BORDER = 2.0, 50.0, 50.0


def compose(ta: Any, bar: Any, period: int, adx_period: int, expansion: float) -> Any:
    """Three views of a trend, equally weighted; wide bands that price has left are a breakout whatever the score."""
    strength = ta.clip(ta.adx(bar, adx_period).adx / FULL_ADX, 0.0, 1.0)
    ribbon = ta.ribbon_alignment(bar.close, period, period, 4, "ema")
    straight = ta.efficiency_ratio(bar.close, period)
    score = 100.0 * ((strength + straight + abs(ribbon)) / 3.0)

    bands = ta.bollinger(bar.close, 2 * period, BANDS)
    width = ta.bandwidth(bar.close, 2 * period, BANDS)
    usual = ta.sma(width, 2 * period)
    growth = ta.where(usual > 0, width / usual, 1.0)
    breakout = ((bar.close > bands.upper) | (bar.close < bands.lower)) & (growth >= expansion)

    beyond = (score - BORDER) / (100.0 - BORDER)
    confidence = ta.where(breakout, ta.clip(growth - 1.0, 0.0, 1.0), abs(beyond))
    regime = ta.where(breakout, 2.0, score >= BORDER)
    return score, regime, confidence, (ribbon > 0) - (ribbon < 0)


FEATURE = Feature(
    Spec(
        name="market_structure_index",
        summary="`score` 0..100: the mean of ADX / 50 (at most 1), the efficiency ratio over `period`, and how many of "
        "the three neighbours in a ribbon of EMAs (1, 2, 3 and 4 times `period`) stand in one order (|ups - downs| / "
        "3). `regime`: 2 BREAKOUT where the close is outside the Bollinger bands (2 x period, 2) and their width is at "
        "least `expansion` times its average of 2 x period bars, else 1 TRENDING from 50 on, else 0 RANGING. "
        "`confidence` 0..1: |score - 50| / 50, in a breakout the width's excess over its average (at most 1). "
        "`direction` 1, -1, 0: the ribbon's.",
        inputs=("high", "low", "close"),
        params=(
            period(10, low=2, high=500),
            period(14, low=2, name="adx_period"),
            ParamSpec("expansion", 1.2, low=1.0, high=10.0, unit="x average width"),
        ),
        outputs=("score", "regime", "confidence", "direction"),
        warm_up="the longest of 4 period - 1 and 2 adx_period - 1 bars",
        convention="ours; its parts are those of Wilder (ADX), Kaufman (efficiency ratio) and Bollinger",
        source="the formula above; parts: Wilder (1978), Kaufman (1995), Bollinger (2001)",
        family="composite",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
