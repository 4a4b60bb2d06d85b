"""Ports: what the core asks of the world, as protocols. Adapters implement them; wiring hands them in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from consilience.core.columns import RawBars
from consilience.core.events import AnyEvent, Bar, BidAskBar, OrderReport
from consilience.core.instruments import Instrument
from consilience.core.journal import JournalRecord
from consilience.core.orders import OrderAmendment, OrderRequest, VenueOrder, VenueState
from consilience.core.panel import Panel
from consilience.core.views import CapabilityProfile


@runtime_checkable
class Clock(Protocol):
    """The only source of time."""

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        ...


class Feed(Protocol):
    """A stream of market events in the order in which they became known."""

    def events(self, symbols: Sequence[str]) -> AsyncIterator[AnyEvent]:
        """Events of ``symbols`` until the feed ends."""
        ...


class Broker(Protocol):
    """A venue that takes orders and reports on them.

    Every call raises RetryLater when the venue was surely not reached, and TimedOut when nobody knows: then an order is
    UNKNOWN until ``order`` or a report tells.
    """

    @property
    def capabilities(self) -> CapabilityProfile:
        """What it accepts."""
        ...

    async def submit(self, order: OrderRequest) -> None:
        """Send an order; the same client id is never taken twice. Raises RefuseOrder when it was not taken."""
        ...

    async def amend(self, change: OrderAmendment) -> None:
        """Ask for new terms. Raises NotFound when the order does not work any more."""
        ...

    async def cancel(self, client_order_id: str) -> None:
        """Ask for a cancellation; the report tells whether it came in time."""
        ...

    def reports(self) -> AsyncIterator[OrderReport]:
        """Reports in venue order, fills included, from now on. Ends or raises RetryLater when the line breaks."""
        ...

    async def order(self, client_order_id: str) -> VenueOrder | None:
        """An order as the venue holds it, whole or ended; None when it never arrived."""
        ...

    async def executions(self, since_ns: int) -> Sequence[OrderReport]:
        """Every fill from ``since_ns`` on, with the same execution ids as ``reports`` gives."""
        ...

    async def state(self) -> VenueState:
        """What the venue believes, for reconciliation."""
        ...


class MarketStore(Protocol):
    """A catalogue of recorded market data."""

    def instruments(self) -> Sequence[Instrument]:
        """Everything it holds."""
        ...

    def bars(self, symbols: Sequence[str], timeframe: str, start_ns: int, end_ns: int) -> Sequence[RawBars]:
        """Columns as stored, one entry a symbol, in that order. Raises NotFound for an unknown symbol."""
        ...


class BarSource(Protocol):
    """Recorded bars, one at a time, for imports."""

    def bars(self) -> Iterator[Bar | BidAskBar]:
        """Bars in file order."""
        ...


class JournalStore(Protocol):
    """Where the append-only record of what entered the core lies. One process writes; who writes, holds its lock."""

    def append(self, records: Sequence[JournalRecord]) -> None:
        """Keep records that follow the last one; durable, all or none, when it returns."""
        ...

    def read(self, first: int = 1, last: int | None = None) -> Iterator[JournalRecord]:
        """Records by sequence number, as kept, ``last`` included."""
        ...

    def last(self) -> JournalRecord | None:
        """The newest record; None in an empty journal."""
        ...

    def drop_before(self, sequence: int) -> int:
        """Forget older records (compaction); returns how many went."""
        ...

    def save_snapshot(self, sequence: int, ts: int, payload: bytes) -> None:
        """Keep the state after record ``sequence``; durable when it returns."""
        ...

    def newest_snapshot(self, up_to: int | None = None) -> tuple[int, bytes] | None:
        """(sequence, payload) of the newest snapshot, at or before ``up_to``; None where there is none."""
        ...


class Bus(Protocol):
    """Publish and subscribe at the rim, never between stages."""

    async def publish(self, topic: str, payload: bytes) -> None:
        """Hand ``payload`` to the subscribers of ``topic``."""
        ...

    def subscribe(self, topic: str) -> AsyncIterator[bytes]:
        """Payloads of ``topic`` from now on."""
        ...


class Notifier(Protocol):
    """Tells a person."""

    async def notify(self, title: str, text: str, severity: str) -> None:
        """Deliver or raise RetryLater."""
        ...


class Model(Protocol):
    """A slow or random model outside the core; its answers are journaled as events."""

    async def ask(self, prompt: str) -> str:
        """The answer's text."""
        ...


class Fitter(Protocol):
    """Fits parameters on the past only; handed to research by wiring."""

    def fit(self, panel: Panel, training_end_ns: int, seed: int) -> Mapping[str, Any]:
        """Parameters from data known by ``training_end_ns``."""
        ...
