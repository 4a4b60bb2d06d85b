"""Capital slices: several strategies share one account, each with its own part of the equity.

A slice grows and shrinks with the account, not with its strategy's profit. Sizing, position limit and gross limit of
a strategy with a slice are of its slice; the account's own limits hold too, and the harshest wins. Entries that wait
count as if they were filled, at the price they were decided at: at the fill the slice may be passed by no more than
the price has moved since.
"""

from __future__ import annotations

from collections.abc import Sequence

from consilience.core.codes import OrderRole, OrderStatus, Reason
from consilience.core.errors import ConfigError, nearest
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.units import MILLION, OVERFLOW, notional_nb
from consilience.engine.book import Book
from consilience.engine.fills import base_units_nb, margin_units_nb
from consilience.engine.settings import Settings
from consilience.risk.catalog import verdict_nb
from consilience.risk.request import RiskLimits, RiskRequest, Verdict, share_of_equity_nb

ENTRY, FREE = int(OrderRole.ENTRY), int(OrderRole.FREE)
FIRST_FINAL = int(OrderStatus.FILLED)
SLICE_USED, NO_CASH = int(Reason.CAPITAL_SLICE), int(Reason.INSUFFICIENT_CASH)


def capital_shares(settings: Settings, labels: Sequence[str]) -> tuple[float, ...]:
    """Each strategy's share of equity, 0 .. 1, in the order of ``labels``; 1 for all where no slice is set.

    Strategies without a slice of their own share what the others leave, in equal parts. Raises ConfigError for a
    label that no strategy has, a share out of range, a sum above 1, and for nothing left to those that share.
    """
    given = settings.capital
    if not given:
        return (1.0,) * len(labels)
    for name, share in given.items():
        if name not in labels:
            near = nearest(name, labels)
            hint = f"did you mean '{near}'?" if near else f"the run has {', '.join(labels)}"
            raise ConfigError(f"capital: no strategy of this run is called '{name}'; {hint}")
        if not 0.0 < share <= 1.0:
            raise ConfigError(f"capital: {name}={share:g} must lie between 0 and 1, such as 0.3")
    total = 0.0
    for share in given.values():
        total += share
    if total > 1.0 + 1e-9:
        raise ConfigError(f"capital: the slices come to {total:g} of equity; lower them to 1 or less")
    others = len(labels) - len(given)
    rest = (1.0 - total) / others if others else 0.0
    if others and rest < 1e-6:
        idle = next(label for label in labels if label not in given)
        raise ConfigError(f"capital: nothing is left for {idle}; lower a slice, or give {idle} one")
    return tuple(given.get(label, rest) for label in labels)


@njit_inline
def slice_equity_nb(equity: int, capital_ppm: int) -> int:
    """The part of ``equity`` that a strategy may use, base units."""
    return equity if capital_ppm == MILLION else share_of_equity_nb(equity, capital_ppm)


@njit_bare
def used_nb(book: Book, strategy: int) -> tuple[int, int]:
    """(gross, margin) of a strategy: its positions, and its waiting orders that increase one."""
    symbols = len(book.symbols)
    gross, margin = 0, 0
    for lane in range(strategy * symbols, (strategy + 1) * symbols):
        gross += abs(book.lanes[lane]["value"])
        margin += book.lanes[lane]["margin"]
    for k in range(book.account[0]["alive"]):
        order = book.orders[book.alive[k]]
        lane = order["lane"]
        if order["status"] >= FIRST_FINAL or book.lanes[lane]["strategy"] != strategy:
            continue
        if order["role"] not in (ENTRY, FREE):
            continue
        held = book.lanes[lane]["lots"] * order["side"]
        lots = order["lots"] - order["filled"]
        if order["role"] == FREE and held < 0:
            lots = max(lots + held, 0)  # what closes needs no room
        instrument = book.symbols[order["symbol"]]
        value = notional_nb(order["decided_ticks"], lots, instrument["notional_num"], instrument["notional_den"])
        units = OVERFLOW if value == OVERFLOW else base_units_nb(instrument, value)
        if units != OVERFLOW:
            gross += abs(units)
            margin += margin_units_nb(instrument, abs(units))
    return gross, margin


@njit_bare
def slice_verdict_nb(book: Book, lane: int, request: RiskRequest, verdict: Verdict, freed: int) -> Verdict:
    """``verdict`` of the account made harsher by the lane's slice, where its strategy has one.

    freed: value of the opposite position that this order closes first.
    """
    strategy, config = book.lanes[lane]["strategy"], book.config[0]
    capital = book.strategies[strategy]["capital_ppm"]
    if capital == MILLION or verdict.lots <= 0:
        return verdict
    gross, margin = used_nb(book, strategy)
    freed_margin = book.lanes[lane]["margin"] if freed > 0 else 0
    own = RiskRequest(
        verdict.lots,
        request.lot_units,
        request.lot_margin,
        request.position_units,
        request.cash,
        slice_equity_nb(request.equity, capital),
        gross - freed,
        margin - freed_margin,
    )
    limits = RiskLimits(config["leverage_ppm"], config["max_position_ppm"], config["max_gross_ppm"])
    within = verdict_nb(own, limits)
    if within.lots >= verdict.lots:
        return verdict
    return Verdict(within.lots, SLICE_USED if within.reason == NO_CASH else within.reason)
