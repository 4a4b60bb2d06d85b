"""Whether the order flow gains or turns."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind
from consilience.features.flow._window import INPUTS, SOURCE, WARM_UP, window_params


def compose(ta: Any, bar: Any, seconds: float, events: int) -> Any:
    """The window before is what the double window has more."""
    flow = ta.order_flow_imbalance(bar)
    newest = ta.time_window_sum(flow, bar.time, seconds, events)
    return newest - (ta.time_window_sum(flow, bar.time, 2.0 * seconds, 2 * events) - newest)


FEATURE = Feature(
    Spec(
        name="ofi_trend",
        summary="Order flow imbalance of the last `seconds` less that of the `seconds` before, in units: positive "
        "where buying gains.",
        inputs=INPUTS,
        params=window_params(2),
        warm_up=WARM_UP,
        convention="ours: founding document 004 names it and gives no formula",
        source=f"{SOURCE}, for the flow",
        family="flow",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
