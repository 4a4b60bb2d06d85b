"""Share of the order flow that buys."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind
from consilience.features.flow._window import INPUTS, SOURCE, WARM_UP, window_params
from consilience.features.rolling.time_window_sum import MICROSECONDS


def compose(ta: Any, bar: Any, seconds: float, events: int) -> Any:
    """The positive flow is half of all flow and its balance."""
    flow = ta.span_sum(ta.order_flow_imbalance(bar), bar.time, seconds * MICROSECONDS, events)
    return (flow.size + flow.total) * 0.5 / flow.size


FEATURE = Feature(
    Spec(
        name="buy_pressure_ratio",
        summary="Sum of the positive e_n of the last `seconds` over the sum of all their sizes: 1 all buying, 0 all "
        "selling. NaN where nothing flowed.",
        inputs=INPUTS,
        params=window_params(),
        warm_up=WARM_UP,
        convention="ours: founding document 004 names it and gives no formula",
        source=f"{SOURCE}, for the flow",
        family="flow",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
