"""What the full rules see of one wanted order: a scratch record that the engine fills in, and the verdict on it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.jit import njit_bare, njit_inline
from consilience.core.panel import Records
from consilience.risk.request import share_of_equity_nb

NO_EXPIRY = 2**31
NOT_KNOWN = -1

# 8-byte fields only; money in base units. One order reduces or opens: the engine cuts one that does both in two.
REQUEST_DTYPE = np.dtype(
    [
        # the order
        ("side", "i8"),  # 1 buy, -1 sell
        ("lots", "i8"),  # wanted, > 0
        ("reduces", "i8"),  # 1: it only takes exposure away
        ("lot_units", "i8"),  # |value| of one lot at the reference price, > 0
        ("stop_units", "i8"),  # what one lot loses at its stop; 0 without a stop: then the whole value counts
        ("minimum_lots", "i8"),  # of the venue
        ("confidence", "f8"),  # of the signal, 0..1
        ("decided_ticks", "i8"),  # price it was decided at
        ("price_ticks", "i8"),  # price it would pay now: the quote on its side, or its limit where that is worse
        # its symbol
        ("position_units", "i8"),  # |value| of the lane's position that this order adds to
        ("symbol_units", "i8"),  # sum of |values| over the symbol's lanes
        ("sector_units", "i8"),  # sum of |values| over the sector; NOT_KNOWN where the symbol has none
        ("opens", "i8"),  # 1: the symbol is neither held nor waited for yet
        ("volume_lots", "i8"),  # average volume of a recent bar; NOT_KNOWN
        ("days_to_expiry", "i8"),  # whole days, 0 today; NO_EXPIRY, NOT_KNOWN
        ("expiring_units", "i8"),  # sum of |values| that expire today
        ("restricted", "i8"),  # 1: on the restricted list, or blocked by a person
        ("in_session", "i8"),  # 1: the venue is open, 0: shut; NOT_KNOWN
        ("minutes_open", "i8"),  # since trading began
        ("minutes_left", "i8"),  # until it stops
        ("duplicate", "i8"),  # 1: the same order (lane, side, type, lots, prices) is alive or was sent lately
        ("self_match", "i8"),  # 1: it would trade with an own order that rests
        # the account: ``load_account_nb``
        ("equity", "i8"),
        ("gross", "i8"),
        ("net", "i8"),
        ("heat", "i8"),
        ("positions", "i8"),
        ("peak_equity", "i8"),
        ("session_equity", "i8"),
        ("losses", "i8"),
        ("halt_level", "i8"),
        ("window_orders", "i8"),
        ("vix", "f8"),
        # measured: ``risk.portfolio_nb.measure_nb``
        ("correlation", "f8"),  # highest with a holding in the same sense, -1..1; NaN not known
        ("var_before", "i8"),  # one-bar value at risk of what is held; NOT_KNOWN
        ("var_after", "i8"),  # with all wanted lots
        ("shortfall_before", "i8"),
        ("shortfall_after", "i8"),
    ],
    align=True,
)


def new_request() -> Records:
    """REQUEST_DTYPE [1] of nothing: no expiry, in session, unknown what has to be measured."""
    request = np.zeros(1, REQUEST_DTYPE)
    request["side"] = 1
    request["lot_units"] = 1
    request["confidence"] = 1.0
    request["sector_units"] = NOT_KNOWN
    request["volume_lots"] = NOT_KNOWN
    request["days_to_expiry"] = NO_EXPIRY
    request["in_session"] = 1
    request["vix"] = np.nan
    request["correlation"] = np.nan
    for name in ("var_before", "var_after", "shortfall_before", "shortfall_after"):
        request[name] = NOT_KNOWN
    return request


class FullVerdict(NamedTuple):
    """The answer to one order.

    kind: VerdictKind. lots: approved, 0 .. wanted. reason: Reason of the harshest rule, 0 approved whole. rule: its
    place in ``risk.catalog.FULL_RULES``, -1 none. objections: bits by place of all rules that shrank or refused.
    limit_ticks: a reducing market order goes out as a limit at this price; 0 as it is.
    """

    kind: int
    lots: int
    reason: int
    rule: int
    objections: int
    limit_ticks: int


@njit_bare
def load_account_nb(request: np.void, state: np.void) -> None:
    """Copy what the rules need from the account's risk state (RISK_DTYPE) into ``request``."""
    request["equity"] = state["equity"]
    request["gross"] = state["gross"]
    request["net"] = state["net"]
    request["heat"] = state["heat"]
    request["positions"] = state["positions"]
    request["peak_equity"] = state["peak_equity"]
    request["session_equity"] = state["session_equity"]
    request["losses"] = state["losses"]
    request["halt_level"] = state["halt_level"]
    request["window_orders"] = state["window_orders"]
    request["expiring_units"] = state["expiring_units"]
    request["vix"] = state["vix"]


@njit_inline
def lots_within_nb(request: np.void, used: int, limit_ppm: int, lot_cost: int) -> int:
    """Wanted lots, cut so that ``used`` + lots * ``lot_cost`` <= ``limit_ppm`` of equity; all of them for limit 0."""
    if limit_ppm <= 0 or lot_cost <= 0:
        return int(request["lots"])
    room = share_of_equity_nb(request["equity"], limit_ppm) - used
    return int(min(request["lots"], max(room, 0) // lot_cost))


@njit_inline
def lot_risk_nb(request: np.void) -> int:
    """What one lot loses at its stop; without a stop its whole value."""
    return int(request["stop_units"] if request["stop_units"] > 0 else request["lot_units"])


@njit_inline
def floor_share_nb(amount: int, numerator: int, denominator: int) -> int:
    """``amount * numerator / denominator`` rounded down or a little below; 0 <= numerator < denominator, amount >= 0.

    Both are halved until the product fits, the numerator down and the denominator up.
    """
    while denominator >= 2147483648:
        numerator = numerator >> 1
        denominator = (denominator + 1) >> 1
    if numerator <= 0 or amount <= 0:
        return 0
    whole = amount // denominator
    rest = amount - whole * denominator
    return whole * numerator + rest * numerator // denominator


@njit_inline
def lots_within_measure_nb(request: np.void, before: int, after: int, limit: int) -> int:
    """Lots for which a measure that is convex in them stays within ``limit``, or does not rise.

    A convex measure lies below the straight line between its values for no lots and for all, so the line may be used.
    """
    if after <= limit or after <= before:
        return int(request["lots"])
    if before >= limit:
        return 0
    return floor_share_nb(request["lots"], limit - before, after - before)
