"""The asyncio shell: one loop writes; feed, broker and people only put things before it.

Each thing that enters is journaled, then applied; intents are durable before they leave. What is not in the journal has
not happened.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from consilience.core.codes import FIRST_FINAL_STATUS
from consilience.core.errors import ConsilienceError, DataError, NotFound, RefuseOrder
from consilience.core.events import Command, OrderReport
from consilience.core.journal import JournalRecord
from consilience.core.orders import OrderAmendment, OrderRequest
from consilience.core.panel import Panel
from consilience.core.ports import Broker, Clock
from consilience.runtime.entries import Begin, Doubt, Intents, Kind, Note, decode, encode
from consilience.runtime.journal import Journal, verified
from consilience.runtime.sender import Sender
from consilience.runtime.slices import Slice, decode_slice, encode_slice
from consilience.runtime.trader import Trader


class Exchange(Protocol):
    """A broker in this process that fills against the slices it is shown: the simulated one."""

    def show(self, panel: Panel) -> None:
        """Let the orders meet a slice."""
        ...

    def drain(self) -> list[OrderReport]:
        """What happened since the last call."""
        ...

    def take(self, order: OrderRequest) -> None:
        """Take an order."""
        ...

    def change(self, change: OrderAmendment) -> None:
        """New terms of an order."""
        ...

    def withdraw(self, client_order_id: str) -> None:
        """End an order."""
        ...


@dataclass
class Recovered:
    """What a session found in its journal. stopped: the last process ended in good order."""

    records: int = 0
    slices: int = 0
    stopped: bool = True
    owed: deque[OrderReport] = field(default_factory=deque)  # the exchange made them, the journal has them not yet
    unsent: deque[Intents] = field(default_factory=deque)  # made, but not in the journal: they never left
    inside: bool = False  # the last slice was taken in, but not decided on


class Shell:
    """One session as a process runs it. exchange: the broker itself, where it lives in this process.

    listen: hears the trader after each slice's decisions.
    """

    # many parameters: a session's parts, all made elsewhere
    def __init__(
        self,
        trader: Trader,
        begin: Begin,
        journal: Journal,
        broker: Broker,
        clock: Clock,
        *,
        exchange: Exchange | None = None,
        listen: Callable[[Trader], None] | None = None,
    ) -> None:
        self.trader, self.begin, self.journal = trader, begin, journal
        self.slices = 0  # taken in since the session began
        self._exchange, self._listen = exchange, listen
        self._sender = Sender(broker, clock, self._tell, self._wanted)
        self._one_writer = asyncio.Lock()

    # ---- recovery ------------------------------------------------------------------------------------------------
    async def recover(self, records: Iterable[JournalRecord], process: str) -> Recovered:
        """Bring trader and exchange to where the journal ends, and finish what the last process was at.

        Raises DataError for an altered record, for a journal of another session or configuration, and where this code
        makes other intents of the same entries.
        """
        found = Recovered()
        for record in verified(iter(records)):
            found.records += 1
            self._replay(Kind(record.kind), record, found)
        if found.records == 0:
            self.journal.add(Kind.BEGIN, encode(self.begin))
            return found
        self.journal.add(Kind.RESUME, encode(Note(process=process)))
        for report in found.owed:
            await self._tell(report)
        if found.inside:
            await self._close()
        for intents in found.unsent:
            await self._leave(intents)
        return found

    def _replay(self, kind: Kind, record: JournalRecord, found: Recovered) -> None:
        payload = record.payload
        found.stopped = kind is Kind.STOP
        if kind is Kind.BEGIN:
            self._require_same(decode(kind, payload))
        elif kind is Kind.SLICE:
            one = decode_slice(payload, self.trader.session.panel)
            self.trader.slice(one)
            found.inside = True
            found.slices += 1
            self.slices += 1
            if self._exchange is not None:
                self._exchange.show(one.panel)
                found.owed.extend(self._exchange.drain())
        elif kind is Kind.CLOSE:
            self._expect(self.trader.close(), found)
            found.inside = False
        elif kind is Kind.REPORT:
            report = decode(kind, payload)
            if found.owed and found.owed[0] == report:
                found.owed.popleft()
            self._expect(self.trader.report(report)[1], found)
        elif kind is Kind.COMMAND:
            with suppress(ConsilienceError):  # it was refused then, for the same reason
                self._expect(self.trader.command(decode(kind, payload))[1], found)
        elif kind is Kind.DOUBT:
            self.trader.doubt(decode(kind, payload))
        elif kind is Kind.INTENTS:
            intents = decode(kind, payload)
            if not found.unsent or found.unsent.popleft() != intents:
                raise DataError(
                    f"journal record {record.sequence}: this code makes other intents of the same entries; run the "
                    "version that wrote the journal"
                )
            if self._exchange is not None:
                self._hand_over(self._exchange, intents)
                found.owed.extend(self._exchange.drain())

    @staticmethod
    def _expect(intents: Intents, found: Recovered) -> None:
        if intents:
            found.unsent.append(intents)

    @staticmethod
    def _hand_over(exchange: Exchange, intents: Intents) -> None:
        """What the sender did, once more, to an exchange that began anew; refusals are in the journal."""
        for client_id in intents.cancels:
            with suppress(NotFound):
                exchange.withdraw(client_id)
        for change in intents.amends:
            with suppress(NotFound):
                exchange.change(change)
        for request in intents.submits:
            with suppress(RefuseOrder):
                exchange.take(request)

    def _require_same(self, begun: Begin) -> None:
        if begun != self.begin:
            raise DataError(
                f"the journal is of session {begun.session} ({begun.mode}, configuration {begun.digest[:8]}), this is "
                f"{self.begin.session} ({self.begin.mode}, {self.begin.digest[:8]}); use the same configuration, or "
                "another state folder"
            )

    # ---- running -------------------------------------------------------------------------------------------------
    async def take(self, one: Slice) -> None:
        """One slice, its reports where the exchange is here, its decisions, and what leaves."""
        async with self._one_writer:
            self.journal.add(Kind.SLICE, encode_slice(one.panel, one.session_open))
            self.trader.slice(one)
            self.slices += 1
        if self._exchange is not None:
            self._exchange.show(one.panel)
            for report in self._exchange.drain():
                await self._tell(report)
        await self._close()
        if self._listen is not None:
            self._listen(self.trader)

    async def _close(self) -> None:
        async with self._one_writer:
            self.journal.add(Kind.CLOSE, b"")
            intents = self.trader.close()
        await self._leave(intents)

    async def command(self, command: Command) -> str:
        """A person's act; the answer in words. Raises ConfigError or NotFound, and then nothing has changed."""
        async with self._one_writer:
            self.journal.add(Kind.COMMAND, encode(command))
            answer, intents = self.trader.command(command)
        await self.journal.settle()
        await self._leave(intents)
        return answer

    async def stop(self, process: str, words: str) -> None:
        """The process ends in good order: what left is answered for, and the journal is durable."""
        self.journal.add(Kind.STOP, encode(Note(process=process, words=words)))
        await self.journal.settle()

    async def _tell(self, entry: OrderReport | Doubt) -> None:
        intents = Intents()
        async with self._one_writer:
            if isinstance(entry, Doubt):
                self.journal.add(Kind.DOUBT, encode(entry))
                self.trader.doubt(entry)
            else:
                self.journal.add(Kind.REPORT, encode(entry))
                intents = self.trader.report(entry)[1]
        await self._leave(intents)

    async def _leave(self, intents: Intents) -> None:
        """Make intents durable, then send them; with the exchange here, what it says at once is taken in too."""
        if not intents:
            return
        await self.journal.settle(self.journal.add(Kind.INTENTS, encode(intents)))
        await self._sender.send(intents)
        if self._exchange is not None:
            for report in self._exchange.drain():
                await self._tell(report)

    def _wanted(self, client_id: str) -> bool:
        number = self.trader.numbers[client_id]
        return int(self.trader.session.book.orders[number]["status"]) < FIRST_FINAL_STATUS
