"""Decision records: what became of each signal, also when the answer was no."""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.codes import Gate, RecordLevel
from consilience.core.jit import njit_bare, njit_inline
from consilience.engine.book import Book

FULL, NO_RECORDS, PASSED = int(RecordLevel.FULL), int(RecordLevel.NONE), int(Gate.PASSED)


class Outcome(NamedTuple):
    """Where a decision ended. score equals contribution: one source, weight 1."""

    gate: int
    reason: int
    direction: float
    confidence: float
    score: float
    wanted: int
    approved: int
    order: int


@njit_inline
def record_nb(book: Book, lane: int, outcome: Outcome) -> None:
    """Note an outcome. Level ``events`` keeps what passed and what changed gate; ``full`` keeps everything."""
    if book.config[0]["record_level"] == NO_RECORDS:
        book.lanes[lane]["last_gate"] = outcome.gate
        book.lanes[lane]["last_reason"] = outcome.reason
    else:
        write_record_nb(book, lane, outcome)


@njit_bare
def write_record_nb(book: Book, lane: int, outcome: Outcome) -> None:
    """``record_nb`` where records are kept."""
    position, config = book.lanes[lane], book.config[0]
    level = config["record_level"]
    same = position["last_gate"] == outcome.gate and position["last_reason"] == outcome.reason
    position["last_gate"] = outcome.gate
    position["last_reason"] = outcome.reason
    if level != FULL and same and outcome.gate != PASSED:
        return
    account = book.account[0]
    record = book.records[account["records"]]
    account["records"] += 1
    record["row"] = config["slice"]
    record["lane"] = lane
    record["gate"] = outcome.gate
    record["reason"] = outcome.reason
    record["direction"] = outcome.direction
    record["value"] = outcome.direction
    record["confidence"] = outcome.confidence
    record["weight"] = 1.0
    record["contribution"] = outcome.score
    record["score"] = outcome.score
    record["lots_wanted"] = outcome.wanted
    record["lots_approved"] = outcome.approved
    record["order"] = outcome.order
