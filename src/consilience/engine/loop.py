"""The compiled loop: slices through venue step and decisions without Python in between."""

from __future__ import annotations

from consilience.core.codes import Reason, RecordLevel
from consilience.core.jit import njit_bare, njit_inline, njit_part
from consilience.core.panel import Ints
from consilience.engine.book import Book, Columns, Market
from consilience.engine.decide import Intent, decide_lane_nb
from consilience.engine.free_orders import submit_all_nb
from consilience.engine.venue import SMALL, load_symbol_nb, mark_lanes_nb, venue_row_nb

NAN = float("nan")
ALREADY, FULL = int(Reason.ALREADY_IN_POSITION), int(RecordLevel.FULL)


@njit_inline
def read_intent_nb(book: Book, columns: Columns, j: int, lane: int) -> Intent:
    """What the columns of block row ``j`` say of a lane; conditions are true above 0.5, so NaN is false."""
    rules = book.strategies[lane // len(book.symbols)]
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
    rules = book.strategies[lane // len(book.symbols)]
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


@njit_bare
def quiet_rows_nb(market: Market, book: Book, columns: Columns, curves: Ints, rows: tuple[int, int, int]) -> int:
    """One lane without waiting orders: mark rows until it speaks; returns the first row not yet done."""
    bits = interest_nb(book, 0)
    account, position = book.account[0], book.lanes[0]
    lots, per_tick, cash = position["lots"], position["value_per_tick"], account["cash"]
    row = rows[0]
    if lots == 0:
        equity = account["equity"]
        while row < rows[1] and not speaks_nb(columns, row - rows[2], 0, bits):
            curves[row, 0] = equity
            curves[row, 1] = cash
            curves[row, 2] = 0
            row += 1
        return row
    if per_tick == 0:
        return row
    closes = market.bid_close if lots > 0 else market.ask_close
    value = position["value"]
    base = account["equity"] - value
    while row < rows[1] and closes[row, 0] < SMALL and not speaks_nb(columns, row - rows[2], 0, bits):
        if market.valid[row, 0]:
            value = closes[row, 0] * per_tick
            position["mark"] = closes[row, 0]
        curves[row, 0] = base + value
        curves[row, 1] = cash
        curves[row, 2] = abs(value)
        row += 1
    account["equity"] = base + value
    account["gross"] = abs(value)
    account["margin"] = abs(value)
    position["value"] = value
    position["margin"] = abs(value)
    return row


@njit_part
def decide_row_nb(market: Market, book: Book, columns: Columns, row: int, j: int) -> None:
    """Decisions of one slice: most lanes are silent or repeat themselves, and are left at once."""
    symbols = len(book.symbols)
    config = book.config[0]
    for lane in range(len(book.lanes)):
        if speaks_nb(columns, j, lane, interest_nb(book, lane)):
            config["slice"] = config["first_slice"] + row
            load_symbol_nb(market, book, row, lane % symbols)
            decide_lane_nb(book, lane, read_intent_nb(book, columns, j, lane))


@njit_inline
def lacks_room_nb(book: Book) -> bool:
    """Whether the next slice might need more room than some array has (``book.with_room`` makes it)."""
    account = book.account[0]
    need = 8 * len(book.lanes) + account["requests"] + 16
    alive = account["alive"]
    return bool(
        account["orders"] + need > len(book.orders)
        or alive + need > len(book.alive)
        or account["fills"] + alive + need > len(book.fills)
        or account["records"] + need > len(book.records)
    )


# long kernel: the loop over slices; what it calls is merged into it, so each further storey would compile twice
@njit_bare
def run_block_nb(market: Market, book: Book, columns: Columns, curves: Ints, rows: tuple[int, int, int, int]) -> int:
    """Run market rows ``rows[0]`` to ``rows[1]``; column row 0 is market row ``rows[2]``.

    Waiting requests of callbacks are added as orders when row ``rows[3]`` is reached.
    curves: int64 [T, 3], equity, cash and gross after the marks of each slice, base units.
    Returns the row reached: less than ``rows[1]``, or requests left, when the book needs more room or has a fault.
    """
    config, account = book.config[0], book.account[0]
    actions = len(market.actions)
    first_decision = config["first_decision"] - config["first_slice"]
    row, stop, split = rows[0], rows[1], rows[3]
    while account["fault"] == 0:
        if row == split and account["requests"] > 0:
            if lacks_room_nb(book):
                return row
            submit_all_nb(market, book, row - 1)
        if row >= stop:
            break
        if len(book.lanes) == 1 and account["alive"] == 0 and account["actions"] == actions and row >= first_decision:
            until = split if account["requests"] > 0 and split < stop else stop
            row = quiet_rows_nb(market, book, columns, curves, (row, until, rows[2]))
            if row == until:
                continue
        if lacks_room_nb(book):
            return row
        if account["alive"] > 0 or account["actions"] < actions:
            venue_row_nb(market, book, row)
        if account["open_lanes"] > 0:
            mark_lanes_nb(market, book, row)
        curves[row, 0] = account["equity"]
        curves[row, 1] = account["cash"]
        curves[row, 2] = account["gross"]
        if row >= first_decision:
            decide_row_nb(market, book, columns, row, row - rows[2])
        row += 1
    return row
