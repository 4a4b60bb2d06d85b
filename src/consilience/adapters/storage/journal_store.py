"""A session's journal and snapshots in an SQLite file: one process writes, a commit is on the disk when it returns."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError

from consilience.adapters.storage.atomic_files import single_writer
from consilience.core.errors import DataError, NotFound, RetryLater
from consilience.core.journal import JournalRecord

FILE = "journal.db"
AT_ONCE = 10_000  # records read at a time
_WHOLE = BigInteger().with_variant(Integer, "sqlite")
_META = MetaData()
RECORDS = Table(
    "journal",
    _META,
    Column("sequence", _WHOLE, primary_key=True, autoincrement=False),
    Column("ts", _WHOLE, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
SNAPSHOTS = Table(
    "snapshots",
    _META,
    Column("sequence", _WHOLE, primary_key=True, autoincrement=False),
    Column("ts", _WHOLE, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)


def _durable(connection: Any, _: Any) -> None:
    """SQLite with a write-ahead log that is forced out at every commit."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=2000")


class SqlJournalStore:
    """The journal in ``folder``.

    write: False reads beside the process that writes, and makes nothing. Raises RetryLater while another process
    writes, DataError where it is not writable, NotFound where there is nothing to read.
    """

    def __init__(self, folder: Path, *, write: bool = True) -> None:
        self._stack = contextlib.ExitStack()
        if not write and not (folder / FILE).is_file():
            raise NotFound(f"there is no session state in '{folder}'; 'consilience paper --state {folder}' makes one")
        try:
            if write:
                self._stack.enter_context(single_writer(folder, "session state"))
            self._engine = create_engine(f"sqlite+pysqlite:///{folder / FILE}")
            self._stack.callback(self._engine.dispose)
            if write:
                event.listen(self._engine, "connect", _durable)
                _META.create_all(self._engine)
        except RetryLater:
            self.close()
            raise
        except OSError as error:
            self.close()
            taken = isinstance(error, (FileExistsError, NotADirectoryError))
            why = "a file stands where a folder is wanted" if taken else f"cannot be written ({error.strerror})"
            raise DataError(f"the session state '{folder}': {why}; name another folder") from error
        except DBAPIError as error:
            self.close()
            why = f"cannot be written: {_words(error)}"
            raise DataError(f"the session state '{folder}' {why}; name another folder") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let another process have it."""
        self._stack.close()

    def append(self, records: Sequence[JournalRecord]) -> None:
        """See ``JournalStore.append``. Raises DataError when the disk or the file does not take them."""
        try:
            with self._engine.begin() as connection:
                connection.execute(RECORDS.insert(), [record._asdict() for record in records])
        except DBAPIError as error:
            raise DataError(_words(error)) from error

    def read(self, first: int = 1, last: int | None = None) -> Iterator[JournalRecord]:
        """See ``JournalStore.read``."""
        with _readable(), self._engine.connect() as connection:
            while True:
                asked = select(RECORDS).where(RECORDS.c.sequence >= first).order_by(RECORDS.c.sequence).limit(AT_ONCE)
                if last is not None:
                    asked = asked.where(RECORDS.c.sequence <= last)
                rows = connection.execute(asked).all()
                yield from (JournalRecord(*row) for row in rows)
                if len(rows) < AT_ONCE:
                    return
                first = rows[-1].sequence + 1

    def last(self) -> JournalRecord | None:
        """See ``JournalStore.last``."""
        with self._engine.connect() as connection:
            row = connection.execute(select(RECORDS).order_by(RECORDS.c.sequence.desc()).limit(1)).first()
        return None if row is None else JournalRecord(*row)

    def drop_before(self, sequence: int) -> int:
        """See ``JournalStore.drop_before``."""
        with self._engine.begin() as connection:
            gone = connection.execute(select(func.count()).where(RECORDS.c.sequence < sequence)).scalar_one()
            connection.execute(RECORDS.delete().where(RECORDS.c.sequence < sequence))
        return int(gone)

    def save_snapshot(self, sequence: int, ts: int, payload: bytes) -> None:
        """See ``JournalStore.save_snapshot``."""
        with self._engine.begin() as connection:
            connection.execute(SNAPSHOTS.delete().where(SNAPSHOTS.c.sequence == sequence))
            connection.execute(SNAPSHOTS.insert(), {"sequence": sequence, "ts": ts, "payload": payload})

    def newest_snapshot(self, up_to: int | None = None) -> tuple[int, bytes] | None:
        """See ``JournalStore.newest_snapshot``."""
        asked = select(SNAPSHOTS.c.sequence, SNAPSHOTS.c.payload).order_by(SNAPSHOTS.c.sequence.desc()).limit(1)
        if up_to is not None:
            asked = asked.where(SNAPSHOTS.c.sequence <= up_to)
        with self._engine.connect() as connection:
            row = connection.execute(asked).first()
        return None if row is None else (int(row.sequence), bytes(row.payload))


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Raises DataError for a file that is no database, or that the disk does not give."""
    try:
        yield
    except DBAPIError as error:
        raise DataError(f"the session state cannot be read: {_words(error)}") from error


def _words(error: Exception) -> str:
    """The driver's own line, without the statement."""
    return str(getattr(error, "orig", None) or error)
