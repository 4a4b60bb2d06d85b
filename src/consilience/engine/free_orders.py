"""Orders that a callback strategy sends itself: checked, passed through risk, and added to the book."""

from __future__ import annotations

from consilience.core.codes import OrderFlag, OrderRole, OrderStatus, OrderType, Reason
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.panel import Ints
from consilience.core.units import OVERFLOW, notional_nb
from consilience.engine.book import Book, Market
from consilience.engine.capital import slice_verdict_nb
from consilience.engine.decide import decide_lane_nb
from consilience.engine.fills import base_units_nb, closing_lots_nb, margin_units_nb
from consilience.engine.intent import Intent
from consilience.engine.matching import trail_level_nb
from consilience.engine.members import admit_nb
from consilience.engine.orders import Draft, add_order_nb, end_order_nb
from consilience.engine.venue import load_symbol_nb
from consilience.execution.ticks import order_step_nb
from consilience.risk.catalog import verdict_nb
from consilience.risk.request import RiskLimits, RiskRequest

DENIED = int(OrderStatus.DENIED)
TRAILING = int(OrderType.TRAILING_STOP)
FREE = int(OrderRole.FREE)
REDUCE_ONLY, TRAIL_PERCENT = int(OrderFlag.REDUCE_ONLY), int(OrderFlag.TRAIL_PERCENT)
NOT_VALID, OFF_TICK, OVERFLOWED = int(Reason.NOT_VALID), int(Reason.OFF_TICK), int(Reason.OVERFLOW)
HALTED, NO_SHORT, TOO_SMALL = int(Reason.HALTED), int(Reason.SHORT_NOT_ALLOWED), int(Reason.BELOW_MINIMUM)
BY_STRATEGY = int(Reason.STRATEGY_ORDER)
WOULD_INCREASE, OFF_LOT = int(Reason.REDUCE_ONLY_WOULD_INCREASE), int(Reason.OFF_LOT)


@njit_bare
def check_order_nb(book: Book, draft: Draft, halted: bool) -> tuple[int, int]:
    """(lots, reason): lots that may go, 0 with a reason when none. Reductions are exempt from exposure rules."""
    symbol = book.lanes[draft.lane]["symbol"]
    instrument, account, config = book.symbols[symbol], book.account[0], book.config[0]
    position = book.lanes[draft.lane]
    if instrument["valid"] == 0:
        return 0, NOT_VALID
    if draft.lots <= 0:
        return 0, OFF_LOT
    for ticks in (draft.limit, draft.stop):
        if ticks < 0 or (ticks > 0 and ticks % order_step_nb(instrument, ticks) != 0):
            return 0, OFF_TICK
    closing = closing_lots_nb(position["lots"], draft.side, draft.lots)
    opening = draft.lots - closing
    if opening == 0 or draft.flags & REDUCE_ONLY:
        return (draft.lots, 0) if closing > 0 else (0, WOULD_INCREASE)
    if instrument["excluded"] != 0:
        return closing, instrument["excluded"]
    if halted:
        account["halted_entries"] += 1
        return closing, HALTED
    if draft.side < 0 and (config["allow_short"] == 0 or instrument["shortable"] == 0):
        return closing, NO_SHORT
    unit = notional_nb(max(draft.decided_ticks, 1), 1, instrument["notional_num"], instrument["notional_den"])
    lot_units = base_units_nb(instrument, unit)
    if lot_units == OVERFLOW:
        return 0, OVERFLOWED
    lot_units = max(lot_units, 1)
    margin = margin_units_nb(instrument, lot_units)
    held = 0 if closing > 0 else abs(position["value"])
    freed = position["margin"] if closing > 0 else 0
    gross = account["gross"] - (abs(position["value"]) if closing > 0 else 0)
    request = RiskRequest(
        opening, lot_units, margin, held, account["cash"], account["equity"], gross, account["margin"] - freed
    )
    limits = RiskLimits(config["leverage_ppm"], config["max_position_ppm"], config["max_gross_ppm"])
    freed_units = abs(position["value"]) if closing > 0 else 0
    verdict = slice_verdict_nb(book, draft.lane, request, verdict_nb(request, limits), freed_units)
    if verdict.lots < opening and config["shrink_on_shortage"] == 0:
        return closing, verdict.reason
    total = closing + verdict.lots
    if total < instrument["minimum_lots"]:
        return 0, verdict.reason if verdict.reason else TOO_SMALL
    return total, verdict.reason


@njit_inline
def draft_of_nb(market: Market, book: Book, row: int, request: Ints) -> Draft:
    """The order that a request (``book.REQUEST_FIELDS``) asks for in market row ``row``; its symbol is loaded."""
    lane, side = request[0], request[1]
    symbol = book.lanes[lane]["symbol"]
    load_symbol_nb(market, book, row, symbol)
    admit_nb(market, book, row, symbol)
    close = book.symbols[symbol]["ask_close"] if side > 0 else book.symbols[symbol]["bid_close"]
    reference = request[7] if request[7] > 0 else request[8] if request[8] > 0 else close
    return Draft(
        lane,
        side,
        request[2],
        request[3],
        FREE,
        request[4],
        BY_STRATEGY,
        request[5],
        request[6],
        request[7],
        request[8],
        request[9],
        -1,
        -1,
        -1,
        reference,
    )


@njit_inline
def begin_trail_nb(book: Book, number: int) -> None:
    """A trailing stop follows the best price since now, seen from the side it would fill against."""
    order = book.orders[number]
    if order["type"] != TRAILING:
        return
    instrument, side = book.symbols[order["symbol"]], order["side"]
    close = instrument["ask_close"] if side > 0 else instrument["bid_close"]
    order["water"] = close
    order["stop"] = trail_level_nb(instrument, side, close, order["trail"], (order["flags"] & TRAIL_PERCENT) != 0)


@njit_inline
def deny_nb(book: Book, draft: Draft, reason: int) -> None:
    """Add an order that is refused: DENIED with the reason."""
    end_order_nb(book, add_order_nb(book, draft), DENIED, reason)
    book.account[0]["refused"] += 1


@njit_bare
def submit_nb(market: Market, book: Book, row: int, request: Ints) -> None:
    """Add one request as an order after its checks; one refused is DENIED with the reason."""
    draft = draft_of_nb(market, book, row, request)
    lots, reason = check_order_nb(book, draft, book.account[0]["halt_level"] > 0)
    if lots <= 0:
        deny_nb(book, draft, reason)
        return
    number = add_order_nb(book, draft)
    if lots < draft.lots:
        book.account[0]["shrunk"] += 1
    book.orders[number]["lots"] = lots
    begin_trail_nb(book, number)


@njit_bare
def submit_all_nb(market: Market, book: Book, row: int) -> None:
    """Add every waiting request, made in market row ``row``, in the order of its making."""
    book.config[0]["slice"] = book.config[0]["first_slice"] + row
    for k in range(book.account[0]["requests"]):
        submit_nb(market, book, row, book.requests[k])
    book.account[0]["requests"] = 0


@njit_bare
def cancel_nb(book: Book, number: int, status: int, reason: int) -> None:
    """End an alive order."""
    end_order_nb(book, number, status, reason)


@njit_bare
def decide_one_nb(market: Market, book: Book, row: int, lane: int, intent: Intent) -> None:
    """The declarative decision of one lane, asked for by a callback."""
    book.config[0]["slice"] = book.config[0]["first_slice"] + row
    load_symbol_nb(market, book, row, book.lanes[lane]["symbol"])
    admit_nb(market, book, row, book.lanes[lane]["symbol"])
    decide_lane_nb(book, lane, intent)
