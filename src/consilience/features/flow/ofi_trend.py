"""Whether the order flow gains or turns."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


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
        inputs=("bid", "bid_size", "ask", "ask_size", "time"),
        params=(
            ParamSpec("seconds", 1.0, low=0.001, high=43_200.0, unit="seconds"),
            period(4096, high=500_000, name="events", text="the most that a window may hold: it ends there"),
        ),
        warm_up="1 update; the first windows are shorter",
        convention="ours: founding document 004 names it and gives no formula",
        source="Cont, Kukanov and Stoikov (2014), https://arxiv.org/abs/1011.6402, for the flow",
        family="flow",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
