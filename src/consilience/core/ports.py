"""Ports: what the core asks of the world, as protocols. Adapters implement them; wiring hands them in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from consilience.core.columns import RawBars
from consilience.core.events import AnyEvent, Bar, BidAskBar, OrderReport
from consilience.core.instruments import Instrument
from consilience.core.panel import Panel
from consilience.core.views import AccountView, CapabilityProfile


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
    """A venue that takes orders and reports on them."""

    @property
    def capabilities(self) -> CapabilityProfile:
        """What it accepts."""
        ...

    async def submit(self, client_order_id: str, order: Mapping[str, Any]) -> None:
        """Send an order; safe to repeat with the same id. A time-out leaves the order UNKNOWN."""
        ...

    async def cancel(self, client_order_id: str) -> None:
        """Ask for a cancellation."""
        ...

    def reports(self) -> AsyncIterator[OrderReport]:
        """Reports in venue order, fills included."""
        ...

    async def account(self) -> AccountView:
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


class Journal(Protocol):
    """The append-only record of what entered the core."""

    def append(self, event: AnyEvent) -> int:
        """Sequence number given to ``event``."""
        ...

    def replay(self, from_sequence: int = 0) -> Iterator[tuple[int, AnyEvent]]:
        """Events from ``from_sequence`` on, in order."""
        ...

    def sync(self) -> None:
        """Return once everything appended is durable."""
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
