"""One record of the journal, and the chain of hashes that shows when one was altered, dropped or put elsewhere."""

from __future__ import annotations

import hashlib
import struct
from typing import NamedTuple

HASH_BYTES = 16
FIRST_HASH = bytes(HASH_BYTES)  # what the first record follows
_HEAD = struct.Struct("<qqi")


class JournalRecord(NamedTuple):
    """sequence: counts from 1 without gaps. ts: UTC nanoseconds at which it was written. kind: what the payload is
    (``runtime.entries``). hash: over this record and the one before."""

    sequence: int
    ts: int
    kind: int
    payload: bytes
    hash: bytes


def record_hash(previous: bytes, sequence: int, ts: int, kind: int, payload: bytes) -> bytes:
    """Hash of a record that follows one with hash ``previous``."""
    digest = hashlib.blake2b(previous, digest_size=HASH_BYTES)
    digest.update(_HEAD.pack(sequence, ts, kind))
    digest.update(payload)
    return digest.digest()


def sealed(previous: JournalRecord | None, ts: int, kind: int, payload: bytes) -> JournalRecord:
    """The record that comes after ``previous``, or the first one."""
    sequence = 1 if previous is None else previous.sequence + 1
    before = FIRST_HASH if previous is None else previous.hash
    return JournalRecord(sequence, ts, kind, payload, record_hash(before, sequence, ts, kind, payload))


def follows(record: JournalRecord, previous: JournalRecord | None) -> bool:
    """Whether ``record`` is what was written after ``previous``, bit for bit."""
    return record == sealed(previous, record.ts, record.kind, record.payload)
