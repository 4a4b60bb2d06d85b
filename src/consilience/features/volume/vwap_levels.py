"""The session's volume-weighted average price as support and resistance."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, atr_period: int, reach: float) -> tuple[Any, Any, Any]:
    """A touch from one side that closes on the same side."""
    vwap, atr = ta.vwap(bar), ta.atr(bar, atr_period)
    near = reach * atr
    before = bar.close[1]
    support = (before > vwap) & (bar.low <= vwap + near) & (bar.close >= vwap)
    resistance = (before < vwap) & (bar.high >= vwap - near) & (bar.close <= vwap)
    return support, resistance, (bar.close - vwap) / atr


FEATURE = Feature(
    Spec(
        name="vwap_levels",
        summary="`support` is 1 where price came from above and held: the previous close was above the VWAP, the low "
        "came within `reach` ATR of it or below, and the close is not below; `resistance` is the mirror image; "
        "`distance` is (close - VWAP) / ATR.",
        inputs=("high", "low", "close", "volume", "session"),
        params=(
            period(14, name="atr_period"),
            ParamSpec("reach", 0.25, low=0.0, high=10.0, unit="x ATR"),
        ),
        outputs=("support", "resistance", "distance"),
        warm_up="atr_period bars; NaN until something traded in the session",
        convention="ours; the VWAP is that of the bar at hand, the ATR Wilder's",
        source="this text is the definition; vwap and atr name theirs",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
