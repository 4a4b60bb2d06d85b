"""Deviation bands of the session's volume-weighted average price."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any, width: float) -> tuple[Any, Any, Any, Any]:
    """The first bar of each session is the anchor."""
    vwap = ta.anchored_vwap(bar.typical, bar.volume, ta.changed(bar.session))
    reach = width * vwap.deviation
    return vwap.vwap + reach, vwap.vwap, vwap.vwap - reach, (bar.close - vwap.vwap) / vwap.deviation


FEATURE = Feature(
    Spec(
        name="vwap_bands",
        summary="The session's VWAP with bands `width` volume-weighted standard deviations of typical price to either "
        "side; `score` is (close - VWAP) in such deviations, NaN where there is none, as on a session's first bar.",
        inputs=("high", "low", "close", "volume", "session"),
        params=(ParamSpec("width", 2.0, low=0.0, high=100.0, unit="standard deviations"),),
        outputs=("upper", "middle", "lower", "score"),
        warm_up="none; starts again with each session",
        convention="TradingView VWAP bands, anchored to the session",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.vwap",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
