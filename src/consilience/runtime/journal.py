"""The journal's writer: numbers, chains and keeps what enters, many records at once, and says when they are durable.

Records wait at most ``hold_s``; whoever needs one durable (intents before they leave) asks for it and is served with
everything that waits: one commit for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from consilience.core.errors import DataError, HaltTrading
from consilience.core.journal import JournalRecord, follows, sealed
from consilience.core.ports import Clock, JournalStore

HOLD_S = 0.05
MOST_WAITING = 100_000  # records; whoever adds more has to wait for the store

Runner = Callable[[Callable[[], None]], Awaitable[None]]


async def in_thread(work: Callable[[], None]) -> None:
    """Run ``work`` where it may block."""
    await asyncio.to_thread(work)


async def at_once(work: Callable[[], None]) -> None:
    """Run ``work`` here, for stores that do not block and for simulations that must not vary."""
    work()


class Journal:
    """One session's record. clock: stamps the records. runner: where the store is called."""

    def __init__(
        self, store: JournalStore, clock: Clock, *, runner: Runner = in_thread, hold_s: float = HOLD_S
    ) -> None:
        self._store, self._clock, self._runner, self._hold = store, clock, runner, hold_s
        self._last = store.last()
        self.durable = 0 if self._last is None else self._last.sequence
        self._waiting: list[JournalRecord] = []
        self._asked = asyncio.Event()
        self._flushed = asyncio.Condition()
        self._broken: Exception | None = None
        self.commits = 0

    @property
    def sequence(self) -> int:
        """Number of the newest record, durable or not; 0 in an empty journal."""
        return 0 if self._last is None else self._last.sequence

    def add(self, kind: int, payload: bytes) -> int:
        """Append a record; returns its number. Raises HaltTrading once the store has failed."""
        self._require_whole()
        record = sealed(self._last, self._clock.now_ns(), kind, payload)
        self._last = record
        self._waiting.append(record)
        if len(self._waiting) == 1 or len(self._waiting) >= MOST_WAITING:
            self._asked.set()
        return record.sequence

    async def settle(self, sequence: int | None = None) -> None:
        """Return once ``sequence`` (all that was added, by default) is durable. Raises HaltTrading when it can't be."""
        wanted = self.sequence if sequence is None else sequence
        while self.durable < wanted:
            await self._flush()

    async def run(self) -> None:
        """Keep what waits, again and again, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await asyncio.sleep(self._hold)
            await self._flush()

    async def _flush(self) -> None:
        async with self._flushed:  # one commit at a time; who waits for it finds its records kept
            self._require_whole()
            batch, self._waiting = self._waiting, []
            if not batch:
                return
            try:
                await self._runner(lambda: self._store.append(batch))
            except Exception as error:
                self._broken = error
                raise HaltTrading(f"the journal cannot be written, trading stops here: {error}") from error
            self.durable = batch[-1].sequence
            self.commits += 1

    def _require_whole(self) -> None:
        if self._broken is not None:
            raise HaltTrading(f"the journal cannot be written, trading stops here: {self._broken}") from self._broken


def verified(records: Iterator[JournalRecord], previous: JournalRecord | None = None) -> Iterator[JournalRecord]:
    """The records, each checked against the one before. Raises DataError that names the first that was altered.

    previous: the record before the first, None where the first one begins the journal.
    """
    for record in records:
        if not follows(record, previous):
            raise DataError(
                f"journal record {record.sequence} was altered, or one before it is missing; what comes before is whole"
            )
        yield record
        previous = record


class MemoryStore:
    """A store that forgets when the process ends: for tests and simulations."""

    def __init__(self) -> None:
        self.records: list[JournalRecord] = []
        self.snapshots: dict[int, tuple[int, bytes]] = {}

    def append(self, records: Sequence[JournalRecord]) -> None:
        """See ``JournalStore.append``."""
        self.records += records

    def read(self, first: int = 1, last: int | None = None) -> Iterator[JournalRecord]:
        """See ``JournalStore.read``."""
        return (r for r in list(self.records) if r.sequence >= first and (last is None or r.sequence <= last))

    def last(self) -> JournalRecord | None:
        """See ``JournalStore.last``."""
        return self.records[-1] if self.records else None

    def drop_before(self, sequence: int) -> int:
        """See ``JournalStore.drop_before``."""
        before = len(self.records)
        self.records = [r for r in self.records if r.sequence >= sequence]
        return before - len(self.records)

    def save_snapshot(self, sequence: int, ts: int, payload: bytes) -> None:
        """See ``JournalStore.save_snapshot``."""
        self.snapshots[sequence] = (ts, payload)

    def newest_snapshot(self, up_to: int | None = None) -> tuple[int, bytes] | None:
        """See ``JournalStore.newest_snapshot``."""
        found = [s for s in self.snapshots if up_to is None or s <= up_to]
        return (max(found), self.snapshots[max(found)][1]) if found else None
