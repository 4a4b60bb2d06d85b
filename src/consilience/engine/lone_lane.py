"""One lane that trades by plain market orders: a decision and its fill at the next open, without the order queue.

The general step (``engine.loop``) gives the same integers; this is the short way for the commonest run of all, one
strategy on one symbol, as in every set of a sweep. Orders, fills and money are made by the same kernels. What is not
plain (a reversal, a refusal, a masked bar, an order that fills in part) is left to the general step, row by row.
"""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Gate, OrderFlag, OrderRole, OrderType, Reason, TimeInForce
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.panel import Floats, Ints
from consilience.core.units import MILLION
from consilience.engine.book import Book, Columns, Market, lacks_room_nb
from consilience.engine.decide import size_entry_nb, voice_nb
from consilience.engine.fills import carries_nb, write_fill_nb
from consilience.engine.intent import Intent
from consilience.engine.orchestrator import go_direct_nb
from consilience.engine.orders import Draft, add_order_nb, finish_order_nb
from consilience.engine.reading import interest_nb, read_intent_nb, speaks_nb
from consilience.engine.records import Outcome, record_nb
from consilience.execution.catalog import slippage_nb
from consilience.execution.physics.base import share_down_nb
from consilience.risk.request import NO_LIMIT, share_of_equity_nb

LOOK_AHEAD = 64  # rows that a quiet lane is searched at a time
SMALL = 2**31
MARKET, GTC = int(OrderType.MARKET), int(TimeInForce.GTC)
ENTRY, EXIT, REDUCE_ONLY = int(OrderRole.ENTRY), int(OrderRole.EXIT), int(OrderFlag.REDUCE_ONLY)
SIGNAL_GATE, PASSED, ALREADY = int(Gate.SIGNAL), int(Gate.PASSED), int(Reason.ALREADY_IN_POSITION)
BY_ENTRY, BY_EXIT = int(Reason.ENTRY_SIGNAL), int(Reason.EXIT_SIGNAL)


@njit_inline
def next_true_nb(column: Floats, start: int, stop: int) -> int:
    """First row of a one-lane column in ``start`` to ``stop`` whose condition is true, else ``stop``."""
    lane = column[:, 0]
    for j in range(np.uint64(start), np.uint64(stop)):
        if lane[j] > 0.5:
            found: int = np.int64(j)  # type: ignore[assignment]  # compiled, an unsigned index is not an int
            return found
    return stop


@njit_inline
def next_spoken_nb(columns: Columns, start: int, stop: int, bits: int) -> int:
    """First block row in which a condition of interest is true, else ``stop``."""
    if bits & 1:
        stop = next_true_nb(columns.long, start, stop)
    if bits & 4:
        stop = next_true_nb(columns.exit_long, start, stop)
    if bits & 2:
        stop = next_true_nb(columns.short, start, stop)
    if bits & 8:
        stop = next_true_nb(columns.exit_short, start, stop)
    return stop


@njit_inline
def mark_row_nb(book: Book, marks: Ints, row: int) -> None:
    """Note the account after the slice of ``row``: equity, and cash and gross where they are kept."""
    account = book.account[0]
    marks[0, row] = account["equity"]
    if len(marks) > 1:
        marks[1, row] = account["cash"]
        marks[2, row] = account["gross"]


@njit_inline
def mark_flat_nb(marks: Ints, start: int, stop: int, cash: int) -> None:
    """Rows without a position."""
    equities = marks[0]
    for row in range(np.uint64(start), np.uint64(stop)):
        equities[row] = cash
    if len(marks) > 1:
        cashes, grosses = marks[1], marks[2]
        for row in range(np.uint64(start), np.uint64(stop)):
            cashes[row] = cash
            grosses[row] = 0


@njit_inline
def mark_masked_nb(
    market: Market, closes: Ints, marks: Ints, span: tuple[int, int], state: tuple[int, int, int]
) -> int:
    """``mark_held_nb`` where rows may be masked: those keep the last value. state: cash, units a tick, last mark.

    Returns the last mark: one of SMALL or more is too high for it, and the rows from there on are not done.
    """
    cash, per_tick, mark = state
    for row in range(span[0], span[1]):
        if market.valid[row, 0]:
            mark = int(closes[row, 0])
            if mark >= SMALL:
                break
        marks[0, row] = cash + mark * per_tick
        if len(marks) > 1:
            marks[1, row] = cash
            marks[2, row] = abs(mark * per_tick)
    return mark


@njit_inline
def mark_held_nb(closes: Ints, marks: Ints, span: tuple[int, int], cash: int, per_tick: int) -> int:
    """Rows with a position of so many units a tick; returns the highest close."""
    ticks, equities = closes[:, 0], marks[0]
    highest = 0
    for row in range(np.uint64(span[0]), np.uint64(span[1])):
        highest = max(highest, ticks[row])
        equities[row] = cash + ticks[row] * per_tick
    if len(marks) > 1:
        cashes, grosses = marks[1], marks[2]
        for row in range(np.uint64(span[0]), np.uint64(span[1])):
            cashes[row] = cash
            grosses[row] = abs(equities[row] - cash)
    return highest


@njit_inline
def quiet_rows_nb(market: Market, book: Book, columns: Columns, marks: Ints, rows: tuple[int, int, int]) -> int:
    """One lane without waiting orders: mark rows until it speaks; returns the first row not yet done."""
    bits = interest_nb(book, 0)
    account, position = book.account[0], book.lanes[0]
    lots, per_tick, cash = position["lots"], position["value_per_tick"], account["cash"]
    row, shift = rows[0], rows[2]
    if lots != 0 and per_tick == 0:
        return row
    closes = market.bid_close if lots > 0 else market.ask_close
    dense, mark = book.config[0]["dense"] == 1, position["mark"]
    while row < rows[1]:
        ahead = min(row + LOOK_AHEAD, rows[1])
        until = next_spoken_nb(columns, row - shift, ahead - shift, bits) + shift
        if lots == 0:
            mark_flat_nb(marks, row, until, cash)
        elif until > row:
            if dense:
                highest = mark_held_nb(closes, marks, (row, until), cash, per_tick)
                mark = closes[until - 1, 0]
            else:
                mark = mark_masked_nb(market, closes, marks, (row, until), (cash, per_tick, mark))
                highest = mark
            if highest >= SMALL:
                break
            position["mark"] = mark
        row = until
        if until < ahead:
            break
    if lots != 0:
        value = position["mark"] * per_tick
        account["equity"] = cash + value
        account["gross"] = abs(value)
        account["margin"] = abs(value)
        position["value"] = value
        position["margin"] = abs(value)
    return row


@njit_inline
def fetch_rows_nb(market: Market, start: int, stop: int) -> int:
    """Read the opens of rows ahead, one a cache line, in order: later reads here and there then find them near."""
    total = 0
    for row in range(start, stop, 8):
        total += market.bid_open[row, 0] ^ market.ask_open[row, 0]
    return total


@njit_inline
def is_plain_nb(book: Book) -> bool:
    """Whether the run's facts allow the short way: market orders without children, fully paid, in base currency."""
    rules, symbol, config = book.strategies[0], book.symbols[0], book.config[0]
    orders = rules["order_type"] == MARKET and rules["time_in_force"] == GTC and rules["valid_for"] < 0
    childless = rules["has_stop_loss"] == 0 and rules["has_take_profit"] == 0 and rules["has_trail"] == 0
    own = symbol["currency"] == 0 and symbol["margin_ppm"] == MILLION and symbol["latency_slices"] == 0
    return bool(
        orders
        and childless
        and own
        and rules["order_flags"] == 0
        and rules["pyramid"] == 0
        and config["events"] == 0
        and book.account[0]["halt_level"] == 0
    )


@njit_inline
def open_price_nb(market: Market, book: Book, row: int, side: int, lots: int) -> tuple[int, int]:
    """(fill price, slippage) in ticks of a market order at the open of ``row``; (0, 0) when it would fill in part."""
    symbol = book.symbols[0]
    share = symbol["participation_ppm"]
    if share > 0 and share_down_nb(market.ask_size[row, 0] if side > 0 else market.bid_size[row, 0], share) < lots:
        return 0, 0
    bid, ask = market.bid_open[row, 0], market.ask_open[row, 0]
    ticks, high, low = ask if side > 0 else bid, 0, 0
    if symbol["needs_range"] == 1:
        high = market.ask_high[row, 0] if side > 0 else market.bid_high[row, 0]
        low = market.ask_low[row, 0] if side > 0 else market.bid_low[row, 0]
    slip = slippage_nb(symbol["slippage_model"], symbol["slippage_a"], ticks, high, low, ask - bid)
    if side < 0:
        slip = min(slip, ticks - 1)
    return ticks + side * slip, slip


@njit_inline
def fill_alone_nb(book: Book, number: int, lots: int, price: int, slip: int) -> None:
    """Fill the one waiting order whole in the slice after the one at hand; what does not fit stays waiting."""
    config, account, position = book.config[0], book.account[0], book.lanes[0]
    config["slice"] += 1
    if write_fill_nb(book, number, lots, price, (slip, 0)):
        finish_order_nb(book, number)
        account["alive"] = 0
        if position["lots"] == 0:
            account["open_lanes"] -= 1
        else:
            account["open_lanes"] += 1
            position["entries"] = 1
            position["entry_row"] = config["slice"]


@njit_inline
def enter_alone_nb(market: Market, book: Book, row: int, side: int, intent: Intent) -> bool:
    """An entry from flat at the next open; False when any gate, rule or shortage has a say."""
    config, account, symbol = book.config[0], book.account[0], book.symbols[0]
    if side < 0 and (config["allow_short"] == 0 or symbol["shortable"] == 0):
        return False
    confidence, score = voice_nb(side, intent)
    if not go_direct_nb(score):
        return False
    reference = market.ask_close[row, 0] if side > 0 else market.bid_close[row, 0]
    wanted, lots, why = size_entry_nb(book, 0, side, reference, intent.quantity)
    if lots <= 0:
        return False
    price, slip = open_price_nb(market, book, row + 1, side, lots)
    if price == 0:
        return False
    leverage = config["leverage_ppm"]
    if share_of_equity_nb(account["equity"], leverage) != NO_LIMIT:
        spare = account["equity"], account["margin"]
        if carries_nb(symbol, (lots, 0, price), spare, leverage) != 1:
            return False
    config["slice"] = config["first_slice"] + row
    priority = book.strategies[0]["priority"]
    draft = Draft(0, side, MARKET, GTC, ENTRY, 0, BY_ENTRY, priority, lots, 0, 0, 0, -1, -1, -1, reference)
    number = add_order_nb(book, draft)
    book.lanes[0]["working_entry"] = number
    if lots < wanted:
        account["shrunk"] += 1
    record_nb(book, 0, Outcome(PASSED, why, float(side), confidence, score, wanted, lots, number))
    fill_alone_nb(book, number, lots, price, slip)
    return True


@njit_inline
def leave_alone_nb(market: Market, book: Book, row: int) -> bool:
    """An exit at the next open; False when it would fill in part."""
    config, held = book.config[0], book.lanes[0]["lots"]
    side, lots = -1 if held > 0 else 1, abs(held)
    price, slip = open_price_nb(market, book, row + 1, side, lots)
    if price == 0:
        return False
    config["slice"] = config["first_slice"] + row
    reference = market.bid_close[row, 0] if side < 0 else market.ask_close[row, 0]
    priority = book.strategies[0]["priority"]
    draft = Draft(0, side, MARKET, GTC, EXIT, REDUCE_ONLY, BY_EXIT, priority, lots, 0, 0, 0, -1, -1, -1, reference)
    number = add_order_nb(book, draft)
    book.lanes[0]["working_exit"] = number
    record_nb(book, 0, Outcome(PASSED, BY_EXIT, 0.0, 1.0, 0.0, lots, lots, number))
    fill_alone_nb(book, number, lots, price, slip)
    return True


@njit_inline
def decide_alone_nb(market: Market, book: Book, columns: Columns, row: int, j: int) -> bool:
    """The decision of a row that is marked, and its fill in the next; False when the general step must do the row."""
    config, position = book.config[0], book.lanes[0]
    intent = read_intent_nb(book, columns, j, 0)
    lots = position["lots"]
    if lots == 0:
        long = intent.long and not intent.exit_long
        short = intent.short and not intent.exit_short
        if long == short:
            return not long  # nothing, or a contradiction
        return enter_alone_nb(market, book, row, 1 if long else -1, intent)
    if (intent.short if lots > 0 else intent.long) or position["entries"] == 0:
        return False
    if intent.exit_long if lots > 0 else intent.exit_short:
        return leave_alone_nb(market, book, row)
    if intent.long if lots > 0 else intent.short:
        side = 1 if lots > 0 else -1
        confidence, score = voice_nb(side, intent)
        config["slice"] = config["first_slice"] + row
        record_nb(book, 0, Outcome(SIGNAL_GATE, ALREADY, float(side), confidence, score, 0, 0, -1))
    return True


@njit_bare
def run_alone_nb(market: Market, book: Book, columns: Columns, marks: Ints, rows: tuple[int, int, int]) -> int:
    """Rows of one lane without waiting orders, as far as the short way leads; returns the first row not yet done.

    rows: first, stop, and the market row of column row 0. The row returned may have had its fills, which no order
    that waits can have: the general step then does the rest of it.
    """
    account, position = book.account[0], book.lanes[0]
    plain = is_plain_nb(book)
    row = rows[0]
    while row < rows[1]:
        row = quiet_rows_nb(market, book, columns, marks, (row, rows[1], rows[2]))
        if not plain or row + 1 >= rows[1] or not market.valid[row, 0] or not market.valid[row + 1, 0]:
            return row
        lots, per_tick = position["lots"], position["value_per_tick"]
        close = market.bid_close[row, 0] if lots > 0 else market.ask_close[row, 0]
        if lacks_room_nb(book) or (lots != 0 and per_tick == 0) or close >= SMALL:
            return row
        if not speaks_nb(columns, row - rows[2], 0, interest_nb(book, 0)):
            return row
        if lots != 0:
            value = close * per_tick
            account["equity"] += value - position["value"]
            account["gross"] = abs(value)
            account["margin"] = abs(value)
            position["value"] = value
            position["margin"] = abs(value)
            position["mark"] = close
        mark_row_nb(book, marks, row)
        if not decide_alone_nb(market, book, columns, row, row - rows[2]):
            return row
        row += 1
        if account["alive"] > 0 or account["fault"] != 0:
            return row
    return row
