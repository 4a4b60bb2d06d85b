"""Accumulation/distribution line."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """Everything that flowed in, less everything that flowed out."""
    return ta.cumulative_sum(ta.money_flow_volume(bar))


FEATURE = Feature(
    Spec(
        name="accumulation_distribution",
        summary="Running sum of money_flow_volume. Its level depends on where the data begins; use its changes. "
        "Divergence from the price and who is buying: smart_money.",
        inputs=("high", "low", "close", "volume"),
        warm_up="none",
        convention="TA-Lib AD (Chaikin)",
        source="https://ta-lib.org/functions/ad/",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
