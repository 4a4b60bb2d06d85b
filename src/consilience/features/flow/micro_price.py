"""Price between bid and ask, nearer to the side that will give way."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import ratio_nb
from consilience.features.feature import Feature, Floats


# many parameters: two sides with price and size
def step(i: int, s: int, bid: Floats, bid_size: Floats, ask: Floats, ask_size: Floats) -> float:
    """Each price weighted by the size that stands against it."""
    bids, asks = bid_size[i, s], ask_size[i, s]
    return ratio_nb(bid[i, s] * asks + ask[i, s] * bids, bids + asks)


FEATURE = Feature(
    Spec(
        name="micro_price",
        summary="(bid x ask size + ask x bid size) / (bid size + ask size): the middle, pulled to the thinner side. "
        "NaN where a size is not known.",
        inputs=("bid", "bid_size", "ask", "ask_size"),
        warm_up="none",
        convention="the weighted mid-price; Stoikov's micro-price adds a fitted correction",
        source="Stoikov, The micro-price, Quantitative Finance 18 (2018)",
        family="flow",
    ),
    step,
    scale=1,
    shift=True,
)
