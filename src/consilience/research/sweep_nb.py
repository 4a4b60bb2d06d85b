"""Kernels of the sweep: many parameter sets through the engine's own loop, block by block, with light statistics.

Each set has its lanes, account and configuration; orders and fills live in scratch arrays that every set of a worker
uses in turn. What still waits at the end of a block is kept aside until the set's next block.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from consilience.core.codes import FIRST_FINAL_STATUS, Reason
from consilience.core.jit import njit_bare
from consilience.core.panel import Floats, Ints, Records
from consilience.engine.book import Book, Columns, Market, lacks_room_nb
from consilience.engine.loop import run_block_nb
from consilience.portfolio.posting_nb import share_nb

FINAL = int(FIRST_FINAL_STATUS)
DIVIDEND_NOTE, LIEU_NOTE = int(Reason.DIVIDEND), int(Reason.CASH_IN_LIEU)
DONE, NEEDS_ROOM, NEEDS_KEEP, FAULTY = 0, 1, 2, 3
SET, ROW, LOADED = 3, 4, 5
Row: TypeAlias = Any

# Statistics of one set, kept up block by block.
STATS_DTYPE = np.dtype(
    [
        ("first", "i8"),  # equity at the first judged slice, base units
        ("last", "i8"),  # equity at the last slice
        ("rows", "i8"),  # judged slices
        ("held", "i8"),  # judged slices with a position
        ("peak", "i8"),
        ("deepest", "f8"),  # maximum drawdown, a fraction <= 0
        ("total", "f8"),  # sum of simple returns
        ("squares", "f8"),  # sum of squared simple returns
        ("ruined", "i8"),  # 1: equity was at or below zero before the last slice
        ("fills", "i8"),
        ("trades", "i8"),  # closed round trips
        ("wins", "i8"),
        ("gained", "i8"),  # sum of winning net profits, base units
        ("lost", "i8"),  # sum of losing net profits
    ],
    align=True,
)

# The open round trip of one lane: net profit so far and lots held after the last fill seen.
TRIP_DTYPE = np.dtype([("net", "i8"), ("lots", "i8")], align=True)


class Bench(NamedTuple):
    """State of G sets and the scratch of one worker."""

    symbols: Records  # SYMBOL_DTYPE [S]
    orders: Records  # scratch
    alive: Ints  # scratch
    keys: Ints  # scratch
    requests: Ints  # none: callbacks make them
    fills: Records  # scratch
    records: Records  # scratch, never written: sweeps record nothing
    strategies: Records  # [G, 1]
    configs: Records  # [G, 1]
    accounts: Records  # [G, 1]
    lanes: Records  # [G, L]
    kept: Records  # ORDER_DTYPE [G, K], orders that wait between blocks
    stats: Records  # [G]
    trips: Records  # [G, L]


@njit_bare
def settle_fills_nb(book: Book, stats: Row, trips: Records) -> None:
    """Fold the fills into round trips and forget them; the same integers as ``portfolio.trades``."""
    account = book.account[0]
    for f in range(account["fills"]):
        fill = book.fills[f]
        trip = trips[fill["lane"]]
        side, lots, before = fill["side"], fill["lots"], trip["lots"]
        if side == 0:
            if before != 0:
                trip["net"] += fill["cash"] if fill["reason"] == DIVIDEND_NOTE else fill["realised"]
            if fill["reason"] == DIVIDEND_NOTE:
                continue
            trip["lots"] = fill["position"]
            if before != 0 and fill["reason"] == LIEU_NOTE and fill["position"] == 0:
                close_trip_nb(stats, trip)
            continue
        stats["fills"] += 1
        fee = fill["fee_base"]
        opened = lots if before * side >= 0 else max(lots - abs(before), 0)
        fee_open = fee if opened == lots else share_nb(fee, opened, lots)
        if opened < lots:
            trip["net"] += fill["realised"] - (fee - fee_open)
            if before + side * (lots - opened) == 0:
                close_trip_nb(stats, trip)
        if opened > 0:
            trip["net"] -= fee_open
        trip["lots"] = before + side * lots
    account["fills"] = 0


@njit_bare
def close_trip_nb(stats: Row, trip: Row) -> None:
    """Count a round trip that returned to flat."""
    net = trip["net"]
    stats["trades"] += 1
    if net > 0:
        stats["wins"] += 1
        stats["gained"] += net
    elif net < 0:
        stats["lost"] += net
    trip["net"] = 0


@njit_bare
def follow_curve_nb(curves: Ints, stats: Row, first: int, stop: int) -> None:
    """Equity statistics of rows ``first`` to ``stop`` of the block's curve."""
    if first >= stop:
        return
    if stats["rows"] == 0:
        stats["first"] = curves[0, first]
        stats["last"] = curves[0, first]
        stats["peak"] = curves[0, first]
    last, peak, held = stats["last"], stats["peak"], stats["held"]
    total, squares, deepest = stats["total"], stats["squares"], stats["deepest"]
    level = float(peak) * (1.0 + deepest)
    equities, grosses = curves[0], curves[2]
    for row in range(np.uint64(first), np.uint64(stop)):
        equity = equities[row]
        if grosses[row] > 0:
            held += 1
        if equity == last:
            continue
        if last <= 0:
            stats["ruined"] = 1
        change = float(equity) / float(last) - 1.0
        total += change
        squares += change * change
        last = equity
        if equity >= peak:
            peak = equity
            level = float(peak) * (1.0 + deepest)
        elif float(equity) < level:
            deepest = min(deepest, float(equity) / float(peak) - 1.0)
            level = float(equity)
    stats["last"], stats["peak"], stats["held"] = last, peak, held
    stats["total"], stats["squares"], stats["deepest"] = total, squares, deepest
    stats["rows"] += stop - first


@njit_bare
def copy_order_nb(source: Row, target: Row) -> None:
    """One order record into another."""
    target["lane"] = source["lane"]
    target["symbol"] = source["symbol"]
    target["side"] = source["side"]
    target["type"] = source["type"]
    target["time_in_force"] = source["time_in_force"]
    target["role"] = source["role"]
    target["flags"] = source["flags"]
    target["status"] = source["status"]
    target["reason"] = source["reason"]
    target["priority"] = source["priority"]
    target["parent"] = source["parent"]
    target["group"] = source["group"]
    target["lots"] = source["lots"]
    target["filled"] = source["filled"]
    target["limit"] = source["limit"]
    target["stop"] = source["stop"]
    target["trail"] = source["trail"]
    target["created_row"] = source["created_row"]
    target["eligible_row"] = source["eligible_row"]
    target["bars_left"] = source["bars_left"]
    target["session"] = source["session"]
    target["water"] = source["water"]
    target["decided_ticks"] = source["decided_ticks"]
    target["done_row"] = source["done_row"]
    target["value_units"] = source["value_units"]


@njit_bare
def close_ranks_nb(book: Book) -> None:
    """Move the living orders to the front, in order of age, and renumber what points at them.

    A parent that is dead takes no part in anything any more. A group, whose members were made one after the other, is
    named after its oldest living one.
    """
    account = book.account[0]
    count = 0
    for k in range(account["alive"]):
        number = book.alive[k]
        if book.orders[number]["status"] < FINAL:
            book.alive[count] = number
            count += 1
    account["alive"] = count
    account["orders"] = count
    if count == 0:
        return
    for lane in range(len(book.lanes)):
        position = book.lanes[lane]
        position["working_entry"] = place_nb(book.alive, position["working_entry"], count)
        position["working_exit"] = place_nb(book.alive, position["working_exit"], count)
    group, named = -1, -1
    for k in range(count):
        order = book.orders[book.alive[k]]
        order["parent"] = place_nb(book.alive, order["parent"], count)
        if order["group"] >= 0:
            if order["group"] != group:
                group, named = order["group"], k
            order["group"] = named
    for k in range(count):
        if book.alive[k] != k:
            copy_order_nb(book.orders[book.alive[k]], book.orders[k])
            book.alive[k] = k


@njit_bare
def place_nb(alive: Ints, number: int, count: int) -> int:
    """Where an order goes when ranks close, or -1 when it is dead; ``alive`` ascends."""
    if number < 0:
        return -1
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if alive[middle] < number:
            low = middle + 1
        else:
            high = middle
    return low if low < count and alive[low] == number else -1


@njit_bare
def columns_of_nb(table: Floats, rows: Ints) -> Columns:
    """Decision columns of one set; absent ones are never read."""
    return Columns(
        table[rows[0]],
        table[rows[1]],
        table[rows[2]],
        table[rows[3]],
        table[rows[4]],
        table[rows[5]],
        table[rows[6]],
        table[rows[7]],
        table[rows[8]],
        table[rows[9]],
        table[rows[10]],
    )


@njit_bare
def sweep_block_nb(market: Market, bench: Bench, table: Floats, index: Ints, curves: Ints, place: Ints) -> int:
    """Run sets through one block: DONE, or what must grow before it is called again.

    market: the block's slices. table: float64 [N, B, S], the sets' columns; index: int64 [sets, 11], their rows in it.
    curves: scratch [3, B]. place: int64 [6]: first set of ``index``, rows of the block, its first slice's number; then,
    0 for a new block and written for the next call: set at hand, its next row, 1 when its orders are in scratch.
    """
    first, rows = place[0], place[1]
    while place[SET] < len(index):
        g = first + place[SET]
        book = Book(
            bench.symbols,
            bench.strategies[g],
            bench.orders,
            bench.alive,
            bench.keys,
            bench.lanes[g],
            bench.accounts[g],
            bench.configs[g],
            bench.requests,
            bench.fills,
            bench.records,
        )
        account, stats = book.account[0], bench.stats[g]
        if place[LOADED] == 0:
            for s in range(len(bench.symbols)):
                bench.symbols[s]["slice"] = -1
            book.config[0]["first_slice"] = place[2]
            account["actions"] = 0
            for k in range(account["alive"]):
                copy_order_nb(bench.kept[g, k], bench.orders[k])
                bench.alive[k] = k
            place[ROW], place[LOADED] = 0, 1
        columns = columns_of_nb(table, index[place[SET]])
        while place[ROW] < rows:
            place[ROW] = run_block_nb(market, book, columns, curves, (place[ROW], rows, 0, -1))
            if account["fault"] != 0:
                return FAULTY
            settle_fills_nb(book, stats, bench.trips[g])
            close_ranks_nb(book)
            if place[ROW] < rows and lacks_room_nb(book):
                return NEEDS_ROOM
        if account["alive"] > bench.kept.shape[1]:
            return NEEDS_KEEP
        for k in range(account["alive"]):
            copy_order_nb(bench.orders[k], bench.kept[g, k])
        follow_curve_nb(curves, stats, max(book.config[0]["first_decision"] - place[2], 0), rows)
        place[SET] += 1
        place[LOADED] = 0
    return DONE
