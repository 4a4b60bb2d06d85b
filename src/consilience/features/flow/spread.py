"""Distance between bid and ask."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind


def compose(_: Any, bar: Any) -> tuple[Any, Any]:
    """In price, and of the middle."""
    width = bar.ask - bar.bid
    return width, width / ((bar.ask + bar.bid) * 0.5)


FEATURE = Feature(
    Spec(
        name="spread",
        summary="Ask less bid: `absolute` in price, `relative` as a fraction of the middle.",
        inputs=("bid", "ask"),
        outputs=("absolute", "relative"),
        warm_up="none",
        convention="quoted spread",
        source="Harris, Trading and Exchanges (2003), chapter 14",
        family="flow",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
