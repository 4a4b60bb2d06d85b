"""Order flow at one level of the book."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats
from consilience.market.event_flow import event_flow_nb

State = tuple[float, float, float, float]


# many parameters: two sides with price and size
def step(
    state: State, i: int, s: int, bid_price: Floats, bid_quantity: Floats, ask_price: Floats, ask_quantity: Floats
) -> tuple[State, float]:
    """The formula of one event; the state is the quote before."""
    now = (bid_price[i, s], bid_quantity[i, s], ask_price[i, s], ask_quantity[i, s])
    known = (now[0] + now[1]) + (now[2] + now[3])
    if known != known:
        return (NAN, NAN, NAN, NAN), NAN
    if state[0] != state[0]:
        return now, NAN
    return now, event_flow_nb(state, now)


FEATURE = Feature(
    Spec(
        name="level_flow",
        summary="e_n of one level: what came to its bid less what came to its ask since the update before, in units. "
        "A price that is kept counts the change of its size, a better one the whole size that came, a worse one the "
        "whole size that went.",
        inputs=("bid_price", "bid_quantity", "ask_price", "ask_quantity"),
        warm_up="1 update",
        convention="Cont, Kukanov and Stoikov, equation (2)",
        source="Cont, Kukanov and Stoikov, The price impact of order book events, Journal of Financial Econometrics 12 "
        "(2014), https://arxiv.org/abs/1011.6402",
        family="flow",
    ),
    step,
    initial=(NAN, NAN, NAN, NAN),
    warm_up=lambda: 1,
    scale=1,
    shift=False,
)
