"""Order flow imbalance of one update."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any, levels: int) -> Any:
    """The best level of the bar, the deeper ones of the book's slots."""
    total = ta.level_flow(bar.bid, bar.bid_size, bar.ask, bar.ask_size)
    for level in range(2, levels + 1):
        sides = [bar.slot(f"book.{name}_{level}") for name in ("bid", "bid_size", "ask", "ask_size")]
        total = total + ta.level_flow(*sides)
    return total


FEATURE = Feature(
    Spec(
        name="order_flow_imbalance",
        summary="e_n of each update of the best quote, in units: positive where buyers came or sellers went. With "
        "`levels` above 1 the sum over so many levels; those below the best are the slots book.bid_2, book.bid_size_2, "
        "book.ask_2, book.ask_size_2 and so on. NaN where a level is not known.",
        inputs=("bid", "bid_size", "ask", "ask_size"),
        params=(ParamSpec("levels", 1, low=1, high=50, unit="levels", text="of the book, the best one included"),),
        warm_up="1 update",
        convention="founding document 004; every level as the best one",
        source="Cont, Kukanov and Stoikov (2014), https://arxiv.org/abs/1011.6402; levels: Xu, Gould and Howison, "
        "Multi-level order-flow imbalance in a limit order book (2018), https://arxiv.org/abs/1907.06230",
        family="flow",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
