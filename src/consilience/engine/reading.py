"""What the decision columns say of a lane, and which of it could change anything."""

from __future__ import annotations

from consilience.core.codes import Reason, RecordLevel
from consilience.core.jit import njit_inline
from consilience.engine.book import Book, Columns
from consilience.engine.intent import Intent

NAN = float("nan")
ALREADY, FULL = int(Reason.ALREADY_IN_POSITION), int(RecordLevel.FULL)


@njit_inline
def read_intent_nb(book: Book, columns: Columns, j: int, lane: int) -> Intent:
    """What the columns of block row ``j`` say of a lane; conditions are true above 0.5, so NaN is false."""
    rules = book.strategies[book.lanes[lane]["strategy"]]
    return Intent(
        columns.long[j, lane] > 0.5,
        rules["has_short"] == 1 and columns.short[j, lane] > 0.5,
        rules["has_exit_long"] == 1 and columns.exit_long[j, lane] > 0.5,
        rules["has_exit_short"] == 1 and columns.exit_short[j, lane] > 0.5,
        columns.limit[j, lane] if rules["has_limit"] == 1 else NAN,
        columns.stop[j, lane] if rules["has_stop"] == 1 else NAN,
        columns.stop_loss[j, lane] if rules["has_stop_loss"] == 1 else NAN,
        columns.take_profit[j, lane] if rules["has_take_profit"] == 1 else NAN,
        columns.trail[j, lane] if rules["has_trail"] == 1 else NAN,
        columns.size[j, lane] if rules["has_size"] == 1 else NAN,
        columns.confidence[j, lane] if rules["has_confidence"] == 1 else 1.0,
    )


@njit_inline
def interest_nb(book: Book, lane: int) -> int:
    """Which conditions could change anything while no order waits: bits 1 long, 2 short, 4 exit long, 8 exit short.

    An entry that would only be told ALREADY_IN_POSITION again is of no interest, except at record level ``full``.
    """
    position = book.lanes[lane]
    rules = book.strategies[book.lanes[lane]["strategy"]]
    if rules["speaks"] == 0:
        return 0
    lots = position["lots"]
    told = position["last_reason"] == ALREADY and book.config[0]["record_level"] != FULL
    told = told and position["entries"] > rules["pyramid"]
    bits = 0
    if not (told and lots > 0):
        bits |= 1
    if rules["has_short"] == 1 and not (told and lots < 0):
        bits |= 2
    if rules["has_exit_long"] == 1 and (lots > 0 or position["working_entry"] >= 0):
        bits |= 4
    if rules["has_exit_short"] == 1 and (lots < 0 or position["working_entry"] >= 0):
        bits |= 8
    return bits


@njit_inline
def speaks_nb(columns: Columns, j: int, lane: int, bits: int) -> bool:
    """Whether a condition of interest is true in block row ``j``."""
    if bits & 1 and columns.long[j, lane] > 0.5:
        return True
    if bits & 4 and columns.exit_long[j, lane] > 0.5:
        return True
    if bits & 2 and columns.short[j, lane] > 0.5:
        return True
    return bits & 8 != 0 and columns.exit_short[j, lane] > 0.5
