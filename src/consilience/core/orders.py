"""Orders as they travel between us and a venue, and what a venue says that it holds."""

from __future__ import annotations

import msgspec


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An order to send. Prices in ticks, 0 for none; lots as whole numbers.

    client_order_id: ours, the same for the same intent however often it is sent. strategy: label of who asked for it;
    venues that keep one position a symbol ignore it. parent: client id of the entry that must fill before it works;
    group: client id of the first order of its one-cancels-other group; both empty for none. reference: price at the
    decision. type, time_in_force, role, flags, reason: codes of ``core.codes``. trail: ticks, or parts per million with
    the flag TRAIL_PERCENT. priority: which of our orders is served first where they compete.
    """

    client_order_id: str
    symbol: str
    strategy: str
    side: int
    type: int
    time_in_force: int
    lots: int
    limit: int = 0
    stop: int = 0
    trail: int = 0
    role: int = 0
    flags: int = 0
    reason: int = 0
    priority: int = 0
    parent: str = ""
    group: str = ""
    reference: int = 0


class OrderAmendment(msgspec.Struct, frozen=True, kw_only=True):
    """New terms of an order that works: its whole lots, what filled included, and its prices in ticks."""

    client_order_id: str
    lots: int
    limit: int
    stop: int


class VenueOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the venue holds it. status: OrderStatus."""

    client_order_id: str
    venue_order_id: str
    symbol: str
    side: int
    lots: int
    filled: int
    status: int
    limit: int = 0
    stop: int = 0


class VenuePosition(msgspec.Struct, frozen=True, kw_only=True):
    """Signed lots that the venue holds for us. strategy: empty where it keeps one position a symbol."""

    symbol: str
    lots: int
    strategy: str = ""


class VenueState(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue believes at one instant: orders that work, positions that are not flat, cash in ledger units."""

    ts_ns: int
    cash_units: int
    currency: str
    orders: tuple[VenueOrder, ...] = ()
    positions: tuple[VenuePosition, ...] = ()
