"""Order life inside the engine: birth, arming of children, death. Every change of an order's state is made here."""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.codes import FIRST_FINAL_STATUS, OrderFlag, OrderRole, OrderStatus, OrderType, Reason
from consilience.core.jit import njit_bare, njit_inline
from consilience.engine.book import Book
from consilience.engine.matching import trail_level_nb

FINAL = int(FIRST_FINAL_STATUS)
INITIALIZED, ACCEPTED = int(OrderStatus.INITIALIZED), int(OrderStatus.ACCEPTED)
FILLED, CANCELLED, DENIED = int(OrderStatus.FILLED), int(OrderStatus.CANCELLED), int(OrderStatus.DENIED)
ENTRY, TAKE_PROFIT = int(OrderRole.ENTRY), int(OrderRole.TAKE_PROFIT)
TRAILING = int(OrderType.TRAILING_STOP)
REDUCE_ONLY, TRAIL_PERCENT = int(OrderFlag.REDUCE_ONLY), int(OrderFlag.TRAIL_PERCENT)
ARMED_INSIDE = int(OrderFlag.ARMED_INSIDE)
PARENT_DIED, OCO_FILLED = int(Reason.PARENT_DIED), int(Reason.OCO_SIBLING_FILLED)
POSITION_CLOSED = int(Reason.POSITION_CLOSED)


class Draft(NamedTuple):
    """An order that is about to be born. Prices in ticks, 0 for none; parent and group are order numbers or -1."""

    lane: int
    side: int
    type: int
    time_in_force: int
    role: int
    flags: int
    reason: int
    priority: int
    lots: int
    limit: int
    stop: int
    trail: int
    bars_left: int
    parent: int
    group: int
    decided_ticks: int


@njit_inline
def add_order_nb(book: Book, draft: Draft) -> int:
    """Append the order and list it as alive; a child waits INITIALIZED, without lots, until its parent fills."""
    account = book.account[0]
    slice_number = book.config[0]["slice"]
    number: int = account["orders"]
    order = book.orders[number]
    symbol = book.lanes[draft.lane]["symbol"]
    order["lane"] = draft.lane
    order["symbol"] = symbol
    order["side"] = draft.side
    order["type"] = draft.type
    order["time_in_force"] = draft.time_in_force
    order["role"] = draft.role
    order["flags"] = draft.flags
    order["status"] = INITIALIZED if draft.parent >= 0 else ACCEPTED
    order["reason"] = draft.reason
    order["priority"] = draft.priority
    order["parent"] = draft.parent
    order["group"] = draft.group
    order["lots"] = draft.lots
    order["filled"] = 0
    order["limit"] = draft.limit
    order["stop"] = draft.stop
    order["trail"] = draft.trail
    order["water"] = 0
    order["created_row"] = slice_number
    order["eligible_row"] = slice_number + 1 + book.symbols[symbol]["latency_slices"]
    order["bars_left"] = draft.bars_left
    order["session"] = -1
    order["decided_ticks"] = draft.decided_ticks
    order["done_row"] = -1
    order["done_fills"] = -1
    order["value_units"] = 0
    account["orders"] = number + 1
    book.alive[account["alive"]] = number
    account["alive"] += 1
    book.lanes[draft.lane]["active"] += 1
    return number


@njit_inline
def finish_order_nb(book: Book, number: int) -> None:
    """An order that filled whole; its children are armed, so none dies with it."""
    order = book.orders[number]
    order["status"] = FILLED
    order["done_row"] = book.config[0]["slice"]
    lane = book.lanes[order["lane"]]
    lane["active"] -= 1
    if lane["working_entry"] == number:
        lane["working_entry"] = -1
    if lane["working_exit"] == number:
        lane["working_exit"] = -1


@njit_bare
def end_order_nb(book: Book, number: int, status: int, reason: int) -> None:
    """End an alive order unfilled or part filled. An entry that dies takes its unarmed children along."""
    order = book.orders[number]
    if order["status"] >= FINAL:
        return
    order["status"] = status
    order["reason"] = reason
    order["done_row"] = book.config[0]["slice"]
    order["done_fills"] = book.account[0]["fills"]
    lane = book.lanes[order["lane"]]
    lane["active"] -= 1
    if lane["working_entry"] == number:
        lane["working_entry"] = -1
    if lane["working_exit"] == number:
        lane["working_exit"] = -1
    if order["role"] == ENTRY and lane["active"] > 0:
        for k in range(book.account[0]["alive"]):
            child = book.alive[k]
            if book.orders[child]["parent"] == number and book.orders[child]["status"] == INITIALIZED:
                _end_single_nb(book, child, CANCELLED, PARENT_DIED)


@njit_bare
def _end_single_nb(book: Book, number: int, status: int, reason: int) -> None:
    """``end_order_nb`` for orders that have no children."""
    order = book.orders[number]
    if order["status"] >= FINAL:
        return
    order["status"] = status
    order["reason"] = reason
    order["done_row"] = book.config[0]["slice"]
    order["done_fills"] = book.account[0]["fills"]
    book.lanes[order["lane"]]["active"] -= 1


@njit_bare
def arm_children_nb(book: Book, number: int, lots: int, ticks: int, slice_number: int, at_open: bool) -> int:
    """Give the entry's protective orders the ``lots`` just filled at ``ticks``; returns how many were armed.

    Armed inside a bar, a target may fill from the next slice on only: the bar does not tell what came first.
    """
    armed = 0
    for k in range(book.account[0]["alive"]):
        child = book.orders[book.alive[k]]
        if child["parent"] != number or child["status"] >= FINAL:
            continue
        child["lots"] += lots
        armed += 1
        if child["status"] != INITIALIZED:
            continue
        child["status"] = ACCEPTED
        if not at_open:
            child["flags"] |= ARMED_INSIDE
        late = child["role"] == TAKE_PROFIT and not at_open
        child["eligible_row"] = slice_number + 1 if late else slice_number
        if child["type"] == TRAILING:
            child["water"] = ticks
            percent = (child["flags"] & TRAIL_PERCENT) != 0
            child["stop"] = trail_level_nb(book.symbols[child["symbol"]], child["side"], ticks, child["trail"], percent)
    return armed


@njit_bare
def reduce_siblings_nb(book: Book, number: int, lots: int) -> None:
    """One cancels other: ``lots`` filled here are taken from the other orders of the group."""
    group = book.orders[number]["group"]
    if group < 0:
        return
    for k in range(book.account[0]["alive"]):
        other = book.alive[k]
        order = book.orders[other]
        if other == number or order["group"] != group or order["status"] >= FINAL:
            continue
        order["lots"] -= lots
        if order["lots"] <= order["filled"]:
            order["lots"] = order["filled"]
            waiting = book.orders[order["parent"]]["status"] < FINAL if order["parent"] >= 0 else False
            if not waiting:
                _end_single_nb(book, other, CANCELLED, OCO_FILLED)


@njit_bare
def cancel_protection_nb(book: Book, lane: int) -> None:
    """The position of ``lane`` was closed or turned round: reduce-only orders with nothing left to reduce end.

    So does the rest of a part-filled entry: its position was stopped or closed, it must not be entered further.
    """
    position = book.lanes[lane]
    working = position["working_entry"]
    if working >= 0 and book.orders[working]["filled"] > 0 and position["lots"] == 0:
        end_order_nb(book, working, CANCELLED, POSITION_CLOSED)
    if position["active"] == 0:
        return
    for k in range(book.account[0]["alive"]):
        number = book.alive[k]
        order = book.orders[number]
        if order["lane"] != lane or order["status"] >= FINAL or order["status"] == INITIALIZED:
            continue
        if order["flags"] & REDUCE_ONLY and position["lots"] * order["side"] >= 0:
            end_order_nb(book, number, CANCELLED, POSITION_CLOSED)


@njit_inline
def drop_final_orders_nb(book: Book) -> None:
    """Take final orders off the alive list, keeping its order."""
    account = book.account[0]
    kept = 0
    for k in range(account["alive"]):
        number = book.alive[k]
        if book.orders[number]["status"] < FINAL:
            book.alive[kept] = number
            kept += 1
    account["alive"] = kept
