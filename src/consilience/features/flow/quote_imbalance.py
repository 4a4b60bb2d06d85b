"""Which side of the best quote is fuller."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind


def compose(_: Any, bar: Any) -> Any:
    """Difference of the sizes over their sum."""
    return (bar.bid_size - bar.ask_size) / (bar.bid_size + bar.ask_size)


FEATURE = Feature(
    Spec(
        name="quote_imbalance",
        summary="(bid size - ask size) / (bid size + ask size): 1 all bid, -1 all ask. It is the micro-price's "
        "distance from the middle in half spreads.",
        inputs=("bid_size", "ask_size"),
        warm_up="none",
        convention="queue imbalance",
        source="Gould and Bonart, Queue imbalance as a one-tick-ahead price predictor (2015), "
        "https://arxiv.org/abs/1512.03492",
        family="flow",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
