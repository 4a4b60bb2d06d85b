"""Order flow imbalance over a window of time."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind
from consilience.features.flow._window import INPUTS, SOURCE, WARM_UP, window_params
from consilience.features.rolling.time_window_sum import MICROSECONDS

SECONDS, EVENTS = window_params()


# many parameters: those of the feature
def compose(ta: Any, bar: Any, seconds: float, lookback: float, levels: int, events: int) -> tuple[Any, ...]:
    """Sums over time; the yardsticks are means over the longer window."""
    flow = ta.order_flow_imbalance(bar, levels)
    now = ta.span_sum(flow, bar.time, seconds * MICROSECONDS, events)
    total, long = now.total, lookback * MICROSECONDS
    standing = ta.span_sum((bar.bid_size + bar.ask_size) * 0.5, bar.time, long, events)
    depth = standing.total / standing.rows
    squares = ta.span_sum(total * total, bar.time, long, events)
    usual = ta.sqrt(squares.total / squares.rows)
    return total, total / (2.0 * depth), total / usual, depth, now.moves


FEATURE = Feature(
    Spec(
        name="ofi_window",
        summary="Order flow imbalance of the last `seconds`: `total` in units; `by_depth`, over twice the mean size at "
        "one side of the best quote in the last `lookback` seconds, which is the price change in ticks that a book of "
        "even depth would make of it; `by_deviation`, over the root mean square of `total` in those seconds (NaN while "
        "nothing flowed); `depth`, that mean size; `updates`, how many updates of the window changed the quote.",
        inputs=INPUTS,
        params=(
            SECONDS,
            ParamSpec("lookback", 60.0, low=0.001, high=86_400.0, unit="seconds", text="of depth and usual flow"),
            ParamSpec("levels", 1, low=1, high=50, unit="levels", text="of the book, the best one included"),
            EVENTS,
        ),
        outputs=("total", "by_depth", "by_deviation", "depth", "updates"),
        warm_up=WARM_UP,
        convention="founding document 004: both ends belong to the window; depth as in Cont, Kukanov and Stoikov",
        source=SOURCE,
        family="flow",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
