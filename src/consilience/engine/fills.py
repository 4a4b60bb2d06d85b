"""One fill, from its lots and price to cash, position, record and children. All money by trade changes here."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import OrderFlag, OrderRole, OrderStatus, Reason, TimeInForce
from consilience.core.jit import njit_inline
from consilience.core.units import MILLION, OVERFLOW, multiply_divide_nb, notional_nb
from consilience.engine.book import Book
from consilience.engine.orders import (
    arm_children_nb,
    cancel_protection_nb,
    end_order_nb,
    finish_order_nb,
    reduce_siblings_nb,
)
from consilience.execution.catalog import fee_nb
from consilience.portfolio.posting_nb import apply_fill_nb, share_nb
from consilience.risk.request import NO_LIMIT, share_of_equity_nb

REDUCE_ONLY = int(OrderFlag.REDUCE_ONLY)
FOK = int(TimeInForce.FOK)
SMALL = 2**31
LARGEST = 2**60  # of one position's value and of the sum over positions: sums of two stay far from 2**63
FILLED, PARTIAL, REJECTED = int(OrderStatus.FILLED), int(OrderStatus.PARTIALLY_FILLED), int(OrderStatus.REJECTED)
CANCELLED, POSITION_CLOSED = int(OrderStatus.CANCELLED), int(Reason.POSITION_CLOSED)
ENTRY, STOP_LOSS, TAKE_PROFIT, TRAIL = (
    int(OrderRole.ENTRY),
    int(OrderRole.STOP_LOSS),
    int(OrderRole.TAKE_PROFIT),
    int(OrderRole.TRAIL),
)
NO_CASH, OVERFLOWED = int(Reason.INSUFFICIENT_CASH), int(Reason.OVERFLOW)
WOULD_INCREASE = int(Reason.REDUCE_ONLY_WOULD_INCREASE)
STOP_HIT, TARGET_HIT, TRAIL_HIT = (
    int(Reason.STOP_LOSS_HIT),
    int(Reason.TAKE_PROFIT_HIT),
    int(Reason.TRAILING_STOP_HIT),
)


@njit_inline
def base_units_nb(symbol: np.void, units: int) -> int:
    """Instrument-currency units in base units at this slice's rate; half to even once, or OVERFLOW."""
    if symbol["currency"] == 0 or units == OVERFLOW:
        return units
    return multiply_divide_nb(units, symbol["fx_num"], symbol["fx_den"])


@njit_inline
def margin_units_nb(instrument: np.void, value: int) -> int:
    """Initial margin of a position worth ``value``; what does not fit counts as all the margin there is."""
    if instrument["margin_ppm"] == MILLION:
        return value
    margin = multiply_divide_nb(value, instrument["margin_ppm"], MILLION)
    fits: int = LARGEST if margin == OVERFLOW else margin
    return fits


@njit_inline
def fee_units_nb(instrument: np.void, notional: int, lots: int, maker: int) -> int:
    """Fee of a fill in instrument-currency units, or OVERFLOW."""
    fee: int = fee_nb(
        instrument["fee_model"], instrument["fee_a"], instrument["fee_b"], instrument["fee_c"], notional, lots, maker
    )
    return fee


@njit_inline
def value_lane_nb(book: Book, lane: int, ticks: int) -> None:
    """Mark ``lane`` at ``ticks``: its value and margin, and the account's equity, gross and margin by the difference.

    A value that does not fit stops the run: its fault is set.
    """
    position = book.lanes[lane]
    account = book.account[0]
    symbol = book.lanes[lane]["symbol"]
    instrument = book.symbols[symbol]
    units = notional_nb(ticks, position["lots"], instrument["notional_num"], instrument["notional_den"])
    value = base_units_nb(instrument, units)
    position["mark"] = ticks
    if value == OVERFLOW or abs(value) >= LARGEST or account["gross"] >= LARGEST:
        account["fault"] = OVERFLOWED
        return
    margin = margin_units_nb(instrument, abs(value))
    account["equity"] += value - position["value"]
    account["gross"] += abs(value) - abs(position["value"])
    account["margin"] += margin - position["margin"]
    position["value"] = value
    position["margin"] = margin
    per_tick = position["lots"] * instrument["notional_num"] if abs(position["lots"]) < SMALL else 0
    plain = instrument["currency"] == 0 and instrument["notional_den"] == 1 and instrument["margin_ppm"] == MILLION
    position["value_per_tick"] = per_tick if plain and abs(per_tick) < SMALL else 0


@njit_inline
def closing_lots_nb(position: int, side: int, lots: int) -> int:
    """How many of ``lots`` on ``side`` reduce the ``position``."""
    if position * side >= 0:
        return 0
    return min(lots, abs(position))


@njit_inline
def carries_nb(instrument: np.void, trade: tuple[int, int, int], spare: tuple[int, int], leverage_ppm: int) -> int:
    """1 when the account can carry the trade's opening part after its fee, 0 when not, -1 when it does not fit int64.

    trade: opening lots, closing lots, ticks. spare: equity, and margin of what stays.
    """
    opening, closing, ticks = trade
    num, den = instrument["notional_num"], instrument["notional_den"]
    value = base_units_nb(instrument, notional_nb(ticks, opening, num, den))
    whole = notional_nb(ticks, opening + closing, num, den)
    if value == OVERFLOW or whole == OVERFLOW or value >= LARGEST:
        return -1
    fee = base_units_nb(instrument, fee_units_nb(instrument, whole, opening + closing, 0))
    if fee == OVERFLOW or fee >= LARGEST:
        return -1
    free = share_of_equity_nb(spare[0] - fee, leverage_ppm) - spare[1]
    return 1 if margin_units_nb(instrument, value) <= free else 0


@njit_inline
def affordable_lots_nb(book: Book, number: int, lots: int, ticks: int) -> int:
    """Largest part of ``lots`` after which margin <= leverage x equity still holds, costs included.

    Only the part that increases the position needs money; the closing part always passes.
    """
    order = book.orders[number]
    symbol = order["symbol"]
    instrument = book.symbols[symbol]
    account, config = book.account[0], book.config[0]
    position = book.lanes[order["lane"]]
    closing = closing_lots_nb(position["lots"], order["side"], lots)
    opening = lots - closing
    if opening == 0:
        return lots
    freed = share_nb(position["margin"], closing, abs(position["lots"])) if closing > 0 else 0
    limit = share_of_equity_nb(account["equity"], config["leverage_ppm"])
    if limit == NO_LIMIT:
        return lots
    spare = account["equity"], account["margin"] - freed
    verdict = carries_nb(instrument, (opening, closing, ticks), spare, config["leverage_ppm"])
    if verdict != 0:
        return lots if verdict > 0 else -1
    if config["shrink_on_shortage"] == 0:
        return closing
    low, high = 0, opening  # low fits or is nothing, high does not fit
    while high - low > 1:
        middle = (low + high) // 2
        if carries_nb(instrument, (middle, closing, ticks), spare, config["leverage_ppm"]) > 0:
            low = middle
        else:
            high = middle
    return low + closing


@njit_inline
def exit_reason_nb(order_role: int, order_reason: int) -> int:
    """Reason that a fill carries: what was hit, or why the order was made."""
    if order_role == STOP_LOSS:
        return STOP_HIT
    if order_role == TAKE_PROFIT:
        return TARGET_HIT
    if order_role == TRAIL:
        return TRAIL_HIT
    return order_reason


@njit_inline
def write_fill_nb(book: Book, number: int, lots: int, ticks: int, cost: tuple[int, int]) -> bool:
    """Post ``lots`` at ``ticks`` to lane, cash and fill record. cost: (slippage ticks, maker). False on overflow."""
    order = book.orders[number]
    symbol, side = order["symbol"], order["side"]
    instrument = book.symbols[symbol]
    account, lane = book.account[0], book.lanes[order["lane"]]
    num, den = instrument["notional_num"], instrument["notional_den"]
    notional = notional_nb(ticks, lots, num, den)
    value = base_units_nb(instrument, notional)
    if value == OVERFLOW:
        return False
    fee = fee_units_nb(instrument, notional, lots, cost[1])
    fee_base = base_units_nb(instrument, fee)
    slippage = base_units_nb(instrument, notional_nb(cost[0], lots, num, den))
    lots_after, cost_after, realised = apply_fill_nb(lane["lots"], lane["cost"], side, lots, value)
    if realised == OVERFLOW or fee_base == OVERFLOW or slippage == OVERFLOW:
        return False
    cash = -side * value - fee_base
    lane["lots"], lane["cost"] = lots_after, cost_after
    lane["realised"] += realised
    lane["fees"] += fee_base
    lane["last_trade_row"] = book.config[0]["slice"]
    account["cash"] += cash
    account["equity"] += cash
    account["realised"] += realised
    account["fees"] += fee_base
    account["slippage"] += slippage
    value_lane_nb(book, order["lane"], ticks)
    fill = book.fills[account["fills"]]
    account["fills"] += 1
    fill["row"] = book.config[0]["slice"]
    fill["order"] = number
    fill["lane"] = order["lane"]
    fill["symbol"] = symbol
    fill["side"] = side
    fill["role"] = order["role"]
    fill["maker"] = cost[1]
    fill["reason"] = exit_reason_nb(order["role"], order["reason"])
    fill["lots"] = lots
    fill["ticks"] = ticks
    fill["notional"] = notional
    fill["fee"] = fee
    fill["fx_num"] = book.symbols[symbol]["fx_num"]
    fill["fx_den"] = book.symbols[symbol]["fx_den"]
    fill["cash"] = cash
    fill["fee_base"] = fee_base
    fill["slippage_base"] = slippage
    fill["realised"] = realised
    fill["position"] = lots_after
    order["filled"] += lots
    order["value_units"] += notional
    return True


@njit_inline
def fill_order_nb(book: Book, number: int, lots: int, ticks: int, cost: tuple[int, int, int]) -> int:
    """Fill up to ``lots`` of an order at ``ticks``; returns how many filled. cost: (slippage ticks, maker, at open).

    Reduce-only orders are clamped to the position, increases to what the account can carry; what cannot be
    carried is rejected with its reason.
    """
    order = book.orders[number]
    before = book.lanes[order["lane"]]["lots"]
    if order["flags"] & REDUCE_ONLY:
        lots = closing_lots_nb(before, order["side"], lots)
        if lots == 0:
            end_order_nb(book, number, REJECTED, WOULD_INCREASE)
            return 0
    granted = affordable_lots_nb(book, number, lots, ticks)
    if order["time_in_force"] == FOK and 0 < granted < lots:
        granted = 0
    if granted <= 0 or granted < min(book.symbols[order["symbol"]]["minimum_lots"], lots):
        end_order_nb(book, number, REJECTED, OVERFLOWED if granted < 0 else NO_CASH)
        return 0
    if not write_fill_nb(book, number, granted, ticks, (cost[0], cost[1])):
        end_order_nb(book, number, REJECTED, OVERFLOWED)
        return 0
    settle_fill_nb(book, number, granted, before, (cost[2], 1 if granted < lots else 0))
    return granted


@njit_inline
def settle_fill_nb(book: Book, number: int, lots: int, before: int, how: tuple[int, int]) -> None:
    """What a written fill of ``lots`` means for its order, the orders that belong to it, and the lane.

    before: the lane's lots before the fill. how: (at the open, 1 where the account could not carry the rest).
    """
    order = book.orders[number]
    lane = book.lanes[order["lane"]]
    slice_number = book.config[0]["slice"]
    if before == 0 and lane["lots"] != 0:
        book.account[0]["open_lanes"] += 1
    if before * order["side"] <= 0 and lane["lots"] * order["side"] > 0:
        lane["entries"] = 0  # a new position, from flat or through zero
        lane["entry_row"] = slice_number
    if order["role"] == ENTRY:
        if order["filled"] == lots:
            lane["entries"] += 1
        if lane["active"] > 1:
            arm_children_nb(book, number, lots, lane["mark"], slice_number, how[0] == 1)
    if order["parent"] >= 0:
        # a position that was stopped or closed at its target must not be entered further
        end_order_nb(book, order["parent"], CANCELLED, POSITION_CLOSED)
    if order["group"] >= 0:
        reduce_siblings_nb(book, number, lots)
    if order["filled"] >= order["lots"]:
        finish_order_nb(book, number)
    elif how[1] == 1:
        end_order_nb(book, number, REJECTED, NO_CASH)
    else:
        order["status"] = PARTIAL
    if lane["lots"] == 0:
        book.account[0]["open_lanes"] -= 1
    if lane["active"] > 0 and before != 0 and (lane["lots"] == 0 or (before > 0) != (lane["lots"] > 0)):
        cancel_protection_nb(book, order["lane"])
