"""Orders that a callback strategy sends itself, in a run with the full rules.

What reduces passes and what opens meets the verdict that declarative entries meet. Both stay what they were taken for:
the part that closes the lane's position goes out reduce-only, and the part that opens as an order of its own behind it,
with the next number. So nothing that passed as a reduction opens a position later, when another order was quicker.

A quantity that the strategy names is the most that it gets: rules cut it, no sizer enlarges it.
"""

from __future__ import annotations

from consilience.core.codes import Gate, OrderFlag, OrderRole, OrderStatus, OrderType, Reason
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.panel import Ints
from consilience.engine.book import Book, Market, lacks_room_nb
from consilience.engine.decide import lot_value_nb, weigh_lane_nb
from consilience.engine.desk import Desk
from consilience.engine.fills import closing_lots_nb
from consilience.engine.free_orders import begin_trail_nb, check_order_nb, deny_nb, draft_of_nb
from consilience.engine.guard import Wish, decide_entry_full_nb, guard_entry_nb
from consilience.engine.intent import Intent
from consilience.engine.members import admit_nb
from consilience.engine.orders import Draft, add_order_nb
from consilience.engine.records import Outcome, record_nb
from consilience.engine.venue import load_symbol_nb
from consilience.signals.fusion.single import fuse_single_nb

FINAL = int(OrderStatus.FILLED)
FREE, REVERSAL = int(OrderRole.FREE), int(OrderRole.REVERSAL)
MARKET, REDUCE_ONLY = int(OrderType.MARKET), int(OrderFlag.REDUCE_ONLY)
UNIVERSE, RISK, EXECUTION, PASSED = int(Gate.UNIVERSE), int(Gate.RISK), int(Gate.EXECUTION), int(Gate.PASSED)
BY_STRATEGY, NOT_VALID, OFF_TICK = int(Reason.STRATEGY_ORDER), int(Reason.NOT_VALID), int(Reason.OFF_TICK)
OFF_LOT, WOULD_INCREASE = int(Reason.OFF_LOT), int(Reason.REDUCE_ONLY_WOULD_INCREASE)
NO_SHORT = int(Reason.SHORT_NOT_ALLOWED)


@njit_inline
def gate_of_nb(book: Book, lane: int, reason: int) -> int:
    """The gate at which a refused order ended."""
    if reason == NOT_VALID or reason == book.symbols[book.lanes[lane]["symbol"]]["excluded"]:
        return UNIVERSE
    if reason in (OFF_TICK, OFF_LOT, WOULD_INCREASE, NO_SHORT):
        return EXECUTION
    return RISK


@njit_inline
def repeats_nb(book: Book, draft: Draft) -> int:
    """1 when the same order of the lane waits already: side, type, lots and prices."""
    for k in range(book.account[0]["alive"]):
        order = book.orders[book.alive[k]]
        if order["status"] >= FINAL or order["lane"] != draft.lane or order["role"] != FREE:
            continue
        alike = order["side"] == draft.side and order["type"] == draft.type and order["lots"] == draft.lots
        if alike and order["limit"] == draft.limit and order["stop"] == draft.stop:
            return 1
    return 0


@njit_inline
def part_nb(draft: Draft, role: int, flags: int, lots: int) -> Draft:
    """The same order with another role, flags and lots."""
    return Draft(
        draft.lane,
        draft.side,
        draft.type,
        draft.time_in_force,
        role,
        flags,
        draft.reason,
        draft.priority,
        lots,
        draft.limit,
        draft.stop,
        draft.trail,
        draft.bars_left,
        draft.parent,
        draft.group,
        draft.decided_ticks,
    )


@njit_bare
def send_opening_nb(book: Book, desk: Desk, j: int, draft: Draft, granted: tuple[int, int]) -> tuple[int, int]:
    """(lots, reason) of an order, or the part of one, that opens. granted: what the account rules let pass, and why."""
    lots, reason = granted
    if lots > 0:
        value = lot_value_nb(book, draft.lane, max(draft.decided_ticks, 1))
        twice, frees = repeats_nb(book, draft), draft.type == MARKET
        wish = Wish(draft.side, lots, value, draft.decided_ticks, 0, draft.type, twice, frees)
        verdict = guard_entry_nb(book, desk, j, draft.lane, wish, 1.0)
        lots, reason = verdict.lots, verdict.reason if verdict.reason != 0 else reason
    number = add_order_nb(book, part_nb(draft, FREE, draft.flags, lots)) if lots > 0 else -1
    gate = PASSED if lots > 0 else gate_of_nb(book, draft.lane, reason)
    side = float(draft.side)
    record_nb(book, draft.lane, Outcome(gate, reason, side, 1.0, fuse_single_nb(side, 1.0), draft.lots, lots, number))
    return lots, reason


@njit_bare
def submit_full_nb(market: Market, book: Book, desk: Desk, at: tuple[int, int], request: Ints) -> None:
    """Add one request (``book.REQUEST_FIELDS``) of market row ``at[0]``, column row ``at[1]``, as one order or two.

    One that is refused whole is DENIED with the reason.
    """
    draft = draft_of_nb(market, book, at[0], request)
    granted, reason = check_order_nb(book, draft, book.account[0]["halt_level"] > 0)
    closing = closing_lots_nb(book.lanes[draft.lane]["lots"], draft.side, draft.lots)
    if granted <= 0 and reason in (NOT_VALID, OFF_TICK, OFF_LOT, WOULD_INCREASE):
        refused = Outcome(gate_of_nb(book, draft.lane, reason), reason, float(draft.side), 1.0, 0.0, draft.lots, 0, -1)
        record_nb(book, draft.lane, refused)
        deny_nb(book, draft, reason)
        return
    if draft.flags & REDUCE_ONLY or closing == draft.lots:
        number = add_order_nb(book, part_nb(draft, FREE, draft.flags | REDUCE_ONLY, draft.lots))
        begin_trail_nb(book, number)
        record_nb(book, draft.lane, Outcome(PASSED, BY_STRATEGY, 0.0, 1.0, 0.0, draft.lots, draft.lots, number))
        return
    if closing > 0:  # it fills first, so it is added first
        add_order_nb(book, part_nb(draft, REVERSAL, draft.flags | REDUCE_ONLY, closing))
    opening = part_nb(draft, FREE, draft.flags, draft.lots - closing)
    lots, why = send_opening_nb(book, desk, at[1], opening, (max(granted - closing, 0), reason))
    if lots == 0 and closing == 0:
        deny_nb(book, draft, why)
    elif lots < opening.lots:
        book.account[0]["shrunk"] += 1


@njit_bare
def submit_all_full_nb(market: Market, book: Book, desk: Desk, at: tuple[int, int]) -> bool:
    """Add every waiting request, made in market row ``at[0]``, in the order of its making; False for want of room.

    Several wait only before the first slice, where no position can be turned round and none becomes two orders.
    """
    if lacks_room_nb(book):
        return False
    config = book.config[0]
    config["slice"], config["now"] = config["first_slice"] + at[0], market.ts[at[0]]
    for k in range(book.account[0]["requests"]):
        submit_full_nb(market, book, desk, at, book.requests[k])
    book.account[0]["requests"] = 0
    return True


@njit_bare
def decide_one_full_nb(market: Market, book: Book, desk: Desk, at: tuple[int, int], lane: int, intent: Intent) -> None:
    """The declarative decision of one lane, asked for by a callback in market row ``at[0]``, column row ``at[1]``."""
    config = book.config[0]
    config["slice"], config["now"] = config["first_slice"] + at[0], market.ts[at[0]]
    load_symbol_nb(market, book, at[0], book.lanes[lane]["symbol"])
    admit_nb(market, book, at[0], book.lanes[lane]["symbol"])
    side = weigh_lane_nb(book, lane, intent)
    if side != 0:
        decide_entry_full_nb(book, desk, at[1], lane, side, intent)
