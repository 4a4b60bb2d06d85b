"""A paper session over recorded bars that keeps its state: stopped at any moment, it goes on where it was."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from consilience.apps import wiring
from consilience.apps.clock import SystemClock
from consilience.apps.runner import source_of, terms_of
from consilience.core.errors import DataError
from consilience.core.ids import text_digest
from consilience.core.ports import JournalStore
from consilience.core.time import format_time
from consilience.engine.live import LiveSession
from consilience.engine.simulated_venue import SimulatedVenue
from consilience.research.decisions import Decision, decisions_of
from consilience.research.manifest import strategy_note
from consilience.research.result import BacktestResult, Prepared, Terms, finish, prepare_as
from consilience.runtime.entries import Begin
from consilience.runtime.journal import Journal
from consilience.runtime.shell import Recovered, Shell
from consilience.runtime.simulated_broker import SimulatedBroker
from consilience.runtime.slices import Slice
from consilience.runtime.trader import Trader

if TYPE_CHECKING:
    from consilience.apps.prepare import Prepared as Asked
    from consilience.market.pipeline import BuiltPanel

NAME = "paper"


@dataclass(frozen=True)
class PaperEnd:
    """How a session stands when its process ends. result: None before the last bar. positions: signed lots by
    (strategy, symbol)."""

    found: Recovered
    slices: int
    of: int
    positions: dict[tuple[str, str], int]
    result: BacktestResult | None


def run_session(
    asked: Asked,
    built: BuiltPanel,
    folder: Path,
    *,
    speed: float = 0.0,
    on_decision: Callable[[Decision], None] | None = None,
    on_found: Callable[[Recovered, Shell], None] | None = None,
) -> PaperEnd:
    """Trade the recorded bars from where the journal in ``folder`` ends.

    speed: bars pass so many times faster than they did; 0 for as fast as can be. Ctrl-C and a termination signal end
    the process after the slice at hand, in good order. Raises DataError for a journal of another configuration.
    """
    terms = Terms(mode="paper", **terms_of(asked, True))
    prepared, session = prepare_as(LiveSession, built, asked.strategies, terms)
    with wiring.open_journal(folder) as store:
        return asyncio.run(_Run(asked, prepared, session, store, speed, on_decision).main(on_found))


class _Run:
    # many parameters: what one process has, all made above
    def __init__(
        self,
        asked: Asked,
        prepared: Prepared,
        session: LiveSession,
        store: JournalStore,
        speed: float,
        on_decision: Callable[[Decision], None] | None,
    ) -> None:
        self.prepared, self.session, self.store, self.speed = prepared, session, store, speed
        self.panel, self.session_open, _ = prepared.data
        self.on_decision = on_decision
        self.told = 0
        broker = SimulatedBroker(
            SimulatedVenue(self.panel, prepared.terms.settings, len(prepared.labels)), session.labels
        )
        clock = SystemClock()
        self.journal = Journal(store, clock)
        begin = Begin(
            session=NAME, mode="paper", digest=_digest(asked, prepared), symbols=self.panel.symbols,
            strategies=session.labels,
        )  # fmt: skip
        self.shell = Shell(
            Trader(session, NAME), begin, self.journal, broker, clock, exchange=broker, listen=self._tell
        )

    async def main(self, on_found: Callable[[Recovered, Shell], None] | None) -> PaperEnd:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(one, stopping.set)
        process = f"process {os.getpid()}"
        found = await self.shell.recover(self.store.read(), process)
        self._require_same_bars()
        self.told = int(self.session.book.account["records"][0])
        if on_found is not None:
            on_found(found, self.shell)
        rows = self.panel.shape[0]
        flusher = asyncio.create_task(self.journal.run())
        try:
            while self.shell.slices < rows and not stopping.is_set():
                await self._pace(stopping)
                if stopping.is_set():
                    break
                row = self.shell.slices
                opens = None if self.session_open is None else self.session_open[row : row + 1]
                await self.shell.take(Slice(self.panel.rows(row, row + 1), opens))
            ended = self.shell.slices == rows
            await self.shell.stop(process, "the bars have ended" if ended else "asked to stop")
        finally:  # a journal that failed in the background says so to whoever writes next
            flusher.cancel()
            await asyncio.gather(flusher, return_exceptions=True)
        if ended:
            self.session.stop()
        return PaperEnd(
            found, self.shell.slices, rows, self.shell.trader.positions(),
            finish(self.prepared, self.session) if ended else None,
        )  # fmt: skip

    async def _pace(self, stopping: asyncio.Event) -> None:
        """Wait as long as the bar took, at the speed that was asked for; always let others have their turn."""
        row, wait = self.shell.slices, 0.0
        if self.speed > 0.0 and row > 0:
            wait = float(self.panel.ts[row] - self.panel.ts[row - 1]) / 1e9 / self.speed
        try:
            async with asyncio.timeout(wait):
                await stopping.wait()
        except TimeoutError:
            return

    def _tell(self, trader: Trader) -> None:
        known = int(trader.session.book.account["records"][0])
        if self.on_decision is not None:
            for decision in decisions_of(
                trader.session.book.records[self.told : known], self.session.labels, self.panel
            ):
                self.on_decision(decision)
        self.told = known

    def _require_same_bars(self) -> None:
        done = self.shell.slices
        if done and int(self.session.panel.ts[0]) != int(self.panel.ts[done - 1]):
            raise DataError(
                f"bar {done} of the data closes at {format_time(int(self.panel.ts[done - 1]))}, the journal's at "
                f"{format_time(int(self.session.panel.ts[0]))}; give the data that the session began with"
            )


def _digest(asked: Asked, prepared: Prepared) -> str:
    """Of all that decisions follow from but the bars and our own code, which recovery checks against the journal."""
    parts = [
        msgspec.json.encode(prepared.terms.settings).decode(),
        repr(sorted(source_of(asked.config).items())),
        *(msgspec.json.encode(strategy_note(s, "")).decode() for s in asked.strategies),
        str(prepared.first_row),
        repr(prepared.data.panel.instruments),
    ]
    return text_digest("\n".join(parts))
