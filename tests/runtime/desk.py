"""A running session in one function: seeded market, simulated venue, journal in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from consilience.core.journal import JournalRecord
from consilience.core.panel import Panel
from consilience.engine.live import LiveSession
from consilience.engine.settings import Settings
from consilience.engine.simulated_venue import SimulatedVenue
from consilience.runtime.entries import Begin
from consilience.runtime.journal import Journal, MemoryStore, at_once
from consilience.runtime.shell import Recovered, Shell
from consilience.runtime.simulated_broker import SimulatedBroker
from consilience.runtime.slices import Slice
from consilience.runtime.trader import Trader
from consilience.strategies.base import Strategy


class Ticking:
    """A clock that goes on by one with every look."""

    def __init__(self) -> None:
        self.now = 0

    def now_ns(self) -> int:
        """The next number."""
        self.now += 1
        return self.now


def begin(panel: Panel, session: LiveSession, name: str = "test") -> Begin:
    """What the journal begins with."""
    return Begin(session=name, mode="paper", digest="0" * 32, symbols=panel.symbols, strategies=session.labels)


def desk(
    panel: Panel, strategies: Sequence[Strategy], settings: Settings, store: MemoryStore
) -> tuple[Shell, SimulatedBroker]:
    """A new process over a journal."""
    session = LiveSession(panel, strategies, settings)
    broker = SimulatedBroker(SimulatedVenue(panel, settings, len(strategies)), session.labels)
    clock = Ticking()
    journal = Journal(store, clock, runner=at_once)
    shell = Shell(Trader(session, "test"), begin(panel, session), journal, broker, clock, exchange=broker)
    return shell, broker


def run(
    panel: Panel,
    strategies: Sequence[Strategy],
    settings: Settings,
    records: Sequence[JournalRecord] = (),
    stop: int | None = None,
) -> tuple[Shell, MemoryStore, Recovered]:
    """Take the session up where ``records`` end and run it to slice ``stop``, or the end."""
    store = MemoryStore()
    store.append(records)

    async def main() -> tuple[Shell, Recovered]:
        shell, _ = desk(panel, strategies, settings, store)
        found = await shell.recover(store.read(), "test process")
        for row in range(shell.slices, panel.shape[0] if stop is None else stop):
            await shell.take(Slice(panel.rows(row, row + 1)))
        await shell.journal.settle()
        return shell, found

    shell, found = asyncio.run(main())
    return shell, store, found
