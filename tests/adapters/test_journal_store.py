"""The journal's store: what was appended is there, once, in its order; one process at a time."""

from __future__ import annotations

import pytest

from consilience.adapters.storage.journal_store import AT_ONCE, FILE, SqlJournalStore
from consilience.core.errors import DataError, RetryLater
from consilience.core.journal import follows, sealed
from consilience.runtime.journal import MemoryStore, verified


def chain(count, previous=None):
    found = []
    for k in range(count):
        previous = sealed(previous, 10 * k, 3, bytes([k % 251]) * (k % 7))
        found.append(previous)
    return found


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
        return
    with SqlJournalStore(tmp_path / "state") as opened:
        yield opened


def test_what_is_appended_is_read(store):
    assert store.last() is None and list(store.read()) == []
    records = chain(50)
    store.append(records[:20])
    store.append(records[20:])
    assert list(store.read()) == records and store.last() == records[-1]
    assert list(store.read(11, 13)) == records[10:13]
    assert list(verified(store.read())) == records
    assert store.drop_before(41) == 40
    assert list(store.read()) == records[40:] and store.last() == records[-1]


def test_snapshots(store):
    assert store.newest_snapshot() is None
    for sequence in (5, 9):
        store.save_snapshot(sequence, 1, bytes([sequence]))
    store.save_snapshot(9, 2, b"again")
    assert store.newest_snapshot() == (9, b"again")
    assert store.newest_snapshot(8) == (5, bytes([5])) and store.newest_snapshot(4) is None


def test_it_is_there_after_the_process(tmp_path):
    records = chain(AT_ONCE + 3)
    with SqlJournalStore(tmp_path) as first:
        first.append(records)
        with pytest.raises(RetryLater, match="another process is writing to the session state"):
            SqlJournalStore(tmp_path)
    with SqlJournalStore(tmp_path) as second:
        assert list(second.read()) == records
        assert follows(sealed(second.last(), 1, 1, b""), records[-1])


def test_all_or_none(tmp_path):
    records = chain(5)
    with SqlJournalStore(tmp_path) as store:
        store.append(records[:2])
        with pytest.raises(DataError, match="UNIQUE"):
            store.append([records[2], records[1]])
        assert list(store.read()) == records[:2]


def test_a_folder_that_is_no_place_for_it(tmp_path):
    (tmp_path / FILE).write_text("this is no database at all, and long enough to be taken for a header of one" * 20)
    with pytest.raises(DataError, match="cannot be written: file is not a database"):
        SqlJournalStore(tmp_path)
