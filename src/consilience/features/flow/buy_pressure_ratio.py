"""Share of the order flow that buys."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period
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
        inputs=("bid", "bid_size", "ask", "ask_size", "time"),
        params=(
            ParamSpec("seconds", 1.0, low=0.001, high=86_400.0, unit="seconds"),
            period(4096, high=1_000_000, name="events", text="the most that a window may hold: it ends there"),
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
