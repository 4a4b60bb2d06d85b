"""Takes intents to the broker, in their order, and turns what goes wrong into evidence.

A refusal is a report; a call without an answer is a doubt, and is asked after until the venue tells. An intent is sent
again only under the same client order id, and only when the venue says that it never came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from consilience.core.codes import OrderStatus, Reason
from consilience.core.errors import NotFound, RefuseOrder, RetryLater, TimedOut
from consilience.core.events import OrderReport
from consilience.core.orders import OrderAmendment, OrderRequest
from consilience.core.ports import Broker, Clock
from consilience.runtime.entries import Doubt, Intents
from consilience.runtime.trader import refused

FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 30.0

Tell = Callable[[OrderReport | Doubt], Awaitable[None]]


class Sender:
    """tell: takes reports and doubts to the trader, by way of the journal. wanted: whether an order is still wanted."""

    def __init__(self, broker: Broker, clock: Clock, tell: Tell, wanted: Callable[[str], bool]) -> None:
        self._broker, self._clock, self._tell, self._wanted = broker, clock, tell, wanted
        self.retries = 0

    async def send(self, intents: Intents) -> None:
        """Cancellations first: they free what the new orders need."""
        for client_id in intents.cancels:
            await self._cancel(client_id)
        for change in intents.amends:
            await self._amend(change)
        for request in intents.submits:
            await self.submit(request)

    async def submit(self, request: OrderRequest) -> None:
        """Send one order until the venue has it, has refused it, or it is not wanted any more."""
        wait = FIRST_WAIT_S
        while True:
            try:
                await self._broker.submit(request)
            except RefuseOrder as refusal:
                await self._refuse(request.client_order_id, refusal.reason or int(Reason.NOT_SUPPORTED), str(refusal))
                return
            except TimedOut:
                await self._tell(Doubt(client_order_id=request.client_order_id, what="submit"))
                if await self._came(request.client_order_id):
                    return
            except RetryLater:
                pass
            else:
                return
            if not self._wanted(request.client_order_id):
                await self._refuse(request.client_order_id, int(Reason.SIGNAL_FADED), "never reached the venue")
                return
            self.retries += 1
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_S)

    async def _came(self, client_id: str) -> bool:
        """Ask until the venue tells whether it has an order; what it tells of it becomes a report."""
        wait = FIRST_WAIT_S
        while True:
            try:
                held = await self._broker.order(client_id)
            except (RetryLater, TimedOut):
                self.retries += 1
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
                continue
            if held is None:
                return False
            now = self._clock.now_ns()
            status = int(OrderStatus.ACCEPTED) if held.status == OrderStatus.FILLED else held.status
            await self._tell(
                OrderReport(
                    ts_event=now, ts_known=now, client_order_id=client_id, venue_order_id=held.venue_order_id,
                    status=status,
                )
            )  # fmt: skip
            return True

    async def _amend(self, change: OrderAmendment) -> None:
        try:
            await self._broker.amend(change)
        except NotFound:
            return  # it ended meanwhile, which its own report tells
        except (TimedOut, RetryLater):
            await self._tell(Doubt(client_order_id=change.client_order_id, what="amend"))

    async def _cancel(self, client_id: str) -> None:
        wait = FIRST_WAIT_S
        while True:
            try:
                await self._broker.cancel(client_id)
            except NotFound:
                return
            except (TimedOut, RetryLater):
                await self._tell(Doubt(client_order_id=client_id, what="cancel"))
                self.retries += 1
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
            else:
                return

    async def _refuse(self, client_id: str, reason: int, words: str) -> None:
        await self._tell(refused(client_id, reason, self._clock.now_ns(), words))
