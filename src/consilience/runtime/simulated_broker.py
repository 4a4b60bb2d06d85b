"""The simulated venue as a broker: the port that every broker has, over the backtest's venue step.

It lives in the process that trades. What is asked of it takes effect at once and its reports wait in a queue; whoever
shows it a slice may draw them in the same turn, so that paper over recorded bars equals the backtest.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from consilience.core.codes import FIRST_FINAL_STATUS, OrderFlag, OrderStatus, Reason
from consilience.core.errors import NotFound, RefuseOrder
from consilience.core.events import OrderReport
from consilience.core.orders import OrderAmendment, OrderRequest, VenueOrder, VenuePosition, VenueState
from consilience.core.panel import Panel
from consilience.core.reason_text import REASON_TEXT
from consilience.core.views import SIMULATED_VENUE, CapabilityProfile
from consilience.engine.orders import Draft
from consilience.engine.simulated_venue import ITSELF, SimulatedVenue, VenueEvent

_BITS = int(OrderFlag.REDUCE_ONLY | OrderFlag.POST_ONLY | OrderFlag.TRAIL_PERCENT)


class SimulatedBroker:
    """``venue`` under client order ids. labels: strategies in the order of their lanes.

    Time is that of the slice last shown.
    """

    def __init__(
        self, venue: SimulatedVenue, labels: Sequence[str], capabilities: CapabilityProfile = SIMULATED_VENUE
    ) -> None:
        self.venue = venue
        self._lanes = {
            (label, symbol): k * len(venue.symbols) + s
            for k, label in enumerate(labels)
            for s, symbol in enumerate(venue.symbols)
        }
        self._capabilities = capabilities
        self._numbers: dict[str, int] = {}
        self._ids: dict[int, str] = {}
        self._requests: dict[str, OrderRequest] = {}
        self._executions: list[OrderReport] = []
        self._queue: asyncio.Queue[OrderReport] = asyncio.Queue()
        self._now = 0

    @property
    def capabilities(self) -> CapabilityProfile:
        """What it accepts."""
        return self._capabilities

    # ---- the market ----------------------------------------------------------------------------------------------
    def show(self, panel: Panel) -> None:
        """Let the orders meet a slice; what happened waits in the queue."""
        self._now = int(panel.ts[0])
        self._tell([self._told(event) for event in self.venue.show(panel)])

    def _told(self, event: VenueEvent) -> OrderReport:
        client_id = self._ids[event.number]
        lane = int(self.venue.book.orders[event.number]["lane"])
        return OrderReport(
            ts_event=self._now,
            ts_known=self._now,
            client_order_id=client_id,
            venue_order_id=str(event.number),
            status=event.status,
            execution_id=f"{event.number}-{event.execution}" if event.lots else "",
            fill_lots=event.lots,
            fill_ticks=event.ticks,
            fee_units=event.fee,
            fee_currency=self.venue.currency_of(lane % len(self.venue.symbols)) if event.lots else "",
            reason=event.reason,
            slippage_units=event.slippage,
            maker=event.maker,
            at_open=event.at_open,
        )

    def _tell(self, reports: list[OrderReport]) -> None:
        self._executions += [r for r in reports if r.fill_lots]
        for report in reports:
            self._queue.put_nowait(report)

    # ---- the port ------------------------------------------------------------------------------------------------
    async def submit(self, order: OrderRequest) -> None:
        """Take an order, once for each client id. Raises RefuseOrder for a symbol or strategy it does not know."""
        self.take(order)

    def take(self, order: OrderRequest) -> None:
        """``submit`` without waiting."""
        if order.client_order_id in self._numbers:
            return
        lane = self._lanes.get((order.strategy, order.symbol))
        if lane is None:
            reason = int(Reason.NOT_SUPPORTED)
            raise RefuseOrder(f"{order.symbol} of {order.strategy}: {REASON_TEXT[Reason(reason)]}", reason)
        if order.parent and order.parent not in self._numbers:
            raise RefuseOrder(f"{order.client_order_id}: its entry never came", int(Reason.PARENT_DIED))
        own_group = order.group == order.client_order_id
        number = self.venue.place(
            Draft(
                lane=lane,
                side=order.side,
                type=order.type,
                time_in_force=order.time_in_force,
                role=order.role,
                flags=order.flags & _BITS,
                reason=order.reason,
                priority=order.priority,
                lots=order.lots,
                limit=order.limit,
                stop=order.stop,
                trail=order.trail,
                bars_left=-1,
                parent=self._numbers[order.parent] if order.parent else -1,
                group=ITSELF if own_group else self._numbers.get(order.group, -1),
                decided_ticks=order.reference,
            )
        )
        self._numbers[order.client_order_id] = number
        self._ids[number] = order.client_order_id
        self._requests[order.client_order_id] = order

    async def amend(self, change: OrderAmendment) -> None:
        """New terms. Raises NotFound when the order does not work any more."""
        self.change(change)

    def change(self, change: OrderAmendment) -> None:
        """``amend`` without waiting."""
        number = self._numbers.get(change.client_order_id)
        if number is None or not self.venue.amend(number, change.lots, change.limit, change.stop):
            raise NotFound(f"order {change.client_order_id} does not work at the simulated venue")

    async def cancel(self, client_order_id: str) -> None:
        """End an order; nothing where it is over. Raises NotFound for one that never came."""
        self.withdraw(client_order_id)

    def withdraw(self, client_order_id: str) -> None:
        """``cancel`` without waiting."""
        if client_order_id not in self._numbers:
            raise NotFound(f"order {client_order_id} never came to the simulated venue")
        self._tell([self._told(event) for event in self.venue.cancel(self._numbers[client_order_id])])

    async def reports(self) -> AsyncIterator[OrderReport]:
        """Reports in venue order, without end."""
        while True:
            yield await self._queue.get()

    def drain(self) -> list[OrderReport]:
        """Reports that wait, taken off the queue."""
        found = []
        while not self._queue.empty():
            found.append(self._queue.get_nowait())
        return found

    async def order(self, client_order_id: str) -> VenueOrder | None:
        """An order as it stands, None when it never came."""
        number = self._numbers.get(client_order_id)
        return None if number is None else self._view(number)

    async def executions(self, since_ns: int) -> Sequence[OrderReport]:
        """Every fill from ``since_ns`` on."""
        return [report for report in self._executions if report.ts_event >= since_ns]

    async def state(self) -> VenueState:
        """Orders that work, positions by strategy, cash."""
        book, symbols = self.venue.book, self.venue.symbols
        by_lane = {lane: key for key, lane in self._lanes.items()}
        orders = tuple(self._view(n) for n in sorted(self._ids) if int(book.orders[n]["status"]) < FIRST_FINAL_STATUS)
        positions = tuple(
            VenuePosition(symbol=symbols[lane % len(symbols)], lots=int(lots), strategy=by_lane[lane][0])
            for lane, lots in enumerate(book.lanes["lots"])
            if lots
        )
        return VenueState(
            ts_ns=self._now, cash_units=int(book.account[0]["cash"]), currency=self.venue.base_currency,
            orders=orders, positions=positions,
        )  # fmt: skip

    def _view(self, number: int) -> VenueOrder:
        order = self.venue.book.orders[number]
        waits = order["status"] == OrderStatus.INITIALIZED
        return VenueOrder(
            client_order_id=self._ids[number],
            venue_order_id=str(number),
            symbol=self.venue.symbols[int(order["symbol"])],
            side=int(order["side"]),
            lots=int(order["lots"]),
            filled=int(order["filled"]),
            status=int(OrderStatus.ACCEPTED if waits else order["status"]),
            limit=int(order["limit"]),
            stop=int(order["stop"]),
        )
