"""What one change of the best quote says about supply and demand: one formula for features and bars alike."""

from __future__ import annotations

from consilience.core.jit import njit_inline

Quote = tuple[float, float, float, float]  # bid, bid size, ask, ask size


@njit_inline
def event_flow_nb(before: Quote, now: Quote) -> float:
    """e_n of Cont, Kukanov and Stoikov (2014), in units of size: what came to the bid less what came to the ask.

    A price that is kept counts the change of its size, a better one the whole size that came, a worse one the whole
    size that went.
    """
    bid, bid_size, ask, ask_size = now
    old_bid, old_bid_size, old_ask, old_ask_size = before
    flow = 0.0
    if bid >= old_bid:
        flow += bid_size
    if bid <= old_bid:
        flow -= old_bid_size
    if ask <= old_ask:
        flow -= ask_size
    if ask >= old_ask:
        flow += old_ask_size
    return flow
