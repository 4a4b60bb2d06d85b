"""Squeeze and expansion of the Bollinger bands."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period

_DECILE = 10.0


def compose(
    ta: Any, bar: Any, period: int, width: float, rule: str, window: int, keltner_width: float
) -> tuple[Any, Any]:
    """Flags of narrow and of wide bands by the chosen rule."""
    if rule == "keltner":
        bands = ta.bollinger(bar.close, period, width)
        channel = ta.keltner(bar, period, period, keltner_width)
        inside = (bands.upper < channel.upper) & (bands.lower > channel.lower)
        return inside, (bands.upper > channel.upper) & (bands.lower < channel.lower)
    spread = ta.bandwidth(bar.close, period, width)
    if rule == "decile":
        place = ta.percent_rank(spread, window)
        return place <= _DECILE, place >= 100.0 - _DECILE
    least = ta.lowest(spread, window)
    # bands of one width all through the window are narrow, not wide
    return spread <= least, (spread >= ta.highest(spread, window)) & (spread > least)


FEATURE = Feature(
    Spec(
        name="bollinger_squeeze",
        summary="`squeeze` is 1 while the Bollinger bands are narrow, `expansion` 1 while they are wide; else 0.",
        inputs=("high", "low", "close"),
        params=(
            period(20, low=2),
            ParamSpec("width", 2.0, low=0.1, high=100.0, unit="standard deviations"),
            ParamSpec(
                "rule",
                "lowest",
                unit="choice",
                choices=("lowest", "decile", "keltner"),
                text="'lowest': bandwidth at its lowest (highest) of `window` bars; 'decile': in the lowest (highest) "
                "tenth of them; 'keltner': both bands inside (outside) the Keltner channels of the same period",
            ),
            period(125, low=2, name="window", text="ignored by the rule 'keltner'"),
            ParamSpec("keltner_width", 1.5, low=0.1, high=20.0, unit="x ATR", text="of the rule 'keltner'"),
        ),
        outputs=("squeeze", "expansion"),
        warm_up="period + window - 2 bars; with the rule 'keltner' period bars",
        convention="Bollinger's Squeeze is bandwidth at its low of six months, 125 days; 'keltner' is Carter's TTM "
        "squeeze with our Keltner channels (EMA, Wilder's ATR)",
        source="Bollinger, Bollinger on Bollinger Bands (2001), chapter 15; Carter, Mastering the Trade (2005), "
        "chapter 11",
        family="volatility",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
