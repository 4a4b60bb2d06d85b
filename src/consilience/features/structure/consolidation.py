"""How long price has stayed in a narrow range."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, width: float, atr_period: int, least: int) -> Any:
    """The box of as many average true ranges."""
    atr = ta.atr(bar, atr_period)
    box = ta.price_box(bar.high, bar.low, width * atr)
    height = box.top - box.bottom
    return box.bars, box.top, box.bottom, height / atr, box.bars >= least


FEATURE = Feature(
    Spec(
        name="consolidation",
        summary="Consolidation time: bars in a row, this one last, that lie within `width` average true ranges from "
        "highest high to lowest low; the range they fill, its height in average true ranges, and `active` 1 from "
        "`least` bars on, else 0. A single taller bar counts 0.",
        inputs=("high", "low", "close"),
        params=(
            ParamSpec("width", 2.0, low=0.1, high=100.0, unit="x ATR"),
            period(14, name="atr_period"),
            period(10, name="least", text="bars from which a consolidation is called one"),
        ),
        outputs=("bars", "top", "bottom", "height", "active"),
        warm_up="atr_period bars",
        convention="ta.price_box of width x Wilder's ATR of the bar at hand",
        source="Darvas, How I Made 2,000,000 Dollars in the Stock Market (1960): the box; the height is ours",
        family="structure",
        nan_rule="as in its parts; `height` is NaN where nothing moved",
    ),
    compose,
    kind=Kind.COMPOSED,
)
