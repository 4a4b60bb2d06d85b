"""What we know of each order that was sent, from evidence alone: acknowledgements, fills, ends, doubts.

A fill counts once, by its execution id, however often, late or out of order it is told, and also after the order's end.
A time-out makes an order UNKNOWN, never rejected. Nothing here guesses: what contradicts what is known is refused with
its reason and counted, and the trader halts where money is concerned.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

import msgspec

from consilience.core.codes import FIRST_FINAL_STATUS, OrderStatus
from consilience.core.events import OrderReport
from consilience.core.orders import OrderAmendment, OrderRequest

FINAL = FIRST_FINAL_STATUS
_ALIVE = (OrderStatus.SUBMITTED, OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED, OrderStatus.PENDING_CANCEL)


class Verdict(StrEnum):
    """What a report was worth."""

    NEWS = "news"
    DUPLICATE = "duplicate"  # this execution, or this state, is known
    STALE = "stale"  # an older state than the one that is known
    FOREIGN = "foreign"  # of an order that is not ours
    NEGATIVE = "negative fill"
    UNPRICED = "fill without a price"
    OVERFILLED = "more than was ordered"
    UNNAMED = "fill without an execution id"


REFUSED = frozenset({Verdict.NEGATIVE, Verdict.UNPRICED, Verdict.UNNAMED})
ALARMING = frozenset({Verdict.FOREIGN, Verdict.OVERFILLED, *REFUSED})


class Tracked(msgspec.Struct, kw_only=True):
    """One order. status: of the venue as far as known. lots: what it may fill in all, 0 for a child that waits."""

    request: OrderRequest
    status: int = int(OrderStatus.SUBMITTED)
    filled: int = 0
    lots: int = 0
    venue_order_id: str = ""
    executions: set[str] = msgspec.field(default_factory=set)

    @property
    def is_open(self) -> bool:
        """Whether it may still fill, as far as known."""
        return self.status < FINAL


class OrderTracker:
    """Orders by client order id, oldest first."""

    def __init__(self) -> None:
        self.orders: dict[str, Tracked] = {}
        self.counts: Counter[str] = Counter()  # reports by verdict

    # ---- what we do ----------------------------------------------------------------------------------------------
    def sent(self, request: OrderRequest) -> bool:
        """An order is about to leave; False where this id left before (it is not to be sent as a new one)."""
        if request.client_order_id in self.orders:
            return False
        self.orders[request.client_order_id] = Tracked(request=request, lots=request.lots)
        return True

    def amended(self, change: OrderAmendment) -> None:
        """New terms are about to leave."""
        self.orders[change.client_order_id].lots = change.lots

    def doubted(self, client_order_id: str) -> None:
        """A call about this order ended without an answer."""
        tracked = self.orders.get(client_order_id)
        if tracked is not None and tracked.is_open:
            tracked.status = int(OrderStatus.UNKNOWN)

    # ---- what we are told ----------------------------------------------------------------------------------------
    def report(self, report: OrderReport) -> Verdict:
        """Take a report in. NEWS and OVERFILLED have to reach the book; the rest changes nothing."""
        verdict = self._judge(report)
        self.counts[verdict] += 1
        return verdict

    def _judge(self, report: OrderReport) -> Verdict:
        tracked = self.orders.get(report.client_order_id)
        if tracked is None:
            return Verdict.FOREIGN
        if report.venue_order_id:
            tracked.venue_order_id = report.venue_order_id
        if report.fill_lots != 0 or report.execution_id:
            return self._fill(tracked, report)
        return self._state(tracked, report.status)

    def _fill(self, tracked: Tracked, report: OrderReport) -> Verdict:
        if report.fill_lots <= 0:
            return Verdict.NEGATIVE
        if report.fill_ticks <= 0:
            return Verdict.UNPRICED
        if not report.execution_id:
            return Verdict.UNNAMED
        if report.execution_id in tracked.executions:
            return Verdict.DUPLICATE
        tracked.executions.add(report.execution_id)
        tracked.filled += report.fill_lots
        whole = tracked.filled >= max(tracked.lots, 1) and tracked.lots > 0
        if tracked.is_open:
            ended = report.status >= FINAL and report.status != OrderStatus.FILLED
            tracked.status = int(OrderStatus.FILLED if whole else OrderStatus.PARTIALLY_FILLED)
            if ended and not whole:
                tracked.status = report.status
        return Verdict.OVERFILLED if tracked.lots > 0 and tracked.filled > tracked.lots else Verdict.NEWS

    def _state(self, tracked: Tracked, status: int) -> Verdict:
        if not tracked.is_open:
            return Verdict.DUPLICATE if status == tracked.status else Verdict.STALE
        if status == tracked.status:
            return Verdict.DUPLICATE
        if status >= FINAL:
            if status == OrderStatus.FILLED and tracked.filled < tracked.lots:
                return Verdict.STALE  # its fills are still on their way, and they are what counts
            tracked.status = status
            return Verdict.NEWS
        if status not in _ALIVE or (tracked.filled and status in (OrderStatus.SUBMITTED, OrderStatus.ACCEPTED)):
            if tracked.status == OrderStatus.UNKNOWN and tracked.filled:
                tracked.status = int(OrderStatus.PARTIALLY_FILLED)
                return Verdict.NEWS
            return Verdict.STALE
        if tracked.status == OrderStatus.ACCEPTED and status == OrderStatus.SUBMITTED:
            return Verdict.STALE
        tracked.status = status
        return Verdict.NEWS

    # ---- reading -------------------------------------------------------------------------------------------------
    def open_orders(self) -> list[Tracked]:
        """Orders that may still fill."""
        return [t for t in self.orders.values() if t.is_open]
