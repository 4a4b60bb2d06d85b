"""Corporate actions at the start of a slice: splits, dividends, delistings, rolls, on positions and resting orders.

A delisting closes at the last mark, and so does a ticker change where the run asks for it; else the lane goes on under
the new name, orders and all. A roll closes at the old contract's close and opens again at the new one's. Each
fill of theirs (one of a delisting or ticker change, two of a roll) pays the symbol's taker fee, and no slippage.

A resting order is priced anew as its venue would: on the order grid, rounded away from where it would fill sooner (a
buy limit and a sell stop down, a sell limit and a buy stop up), never under the lowest price an order may have.

An amount that does not fit int64 sets the account's fault.
"""

from __future__ import annotations

import numpy as np

from consilience.core.codes import FIRST_FINAL_STATUS, OrderFlag, OrderRole, OrderStatus, OrderType, Reason, TimeInForce
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.schemas import ACTION_DELISTING, ACTION_DIVIDEND, ACTION_RENAME, ACTION_ROLL, ACTION_SPLIT
from consilience.core.units import OVERFLOW, multiply_divide_nb
from consilience.engine.book import Book
from consilience.engine.fills import base_units_nb, value_lane_nb, write_fill_nb
from consilience.engine.orders import Draft, add_order_nb, cancel_protection_nb, end_order_nb, finish_order_nb
from consilience.execution.ticks import down_to_step_nb, order_step_nb, up_to_step_nb
from consilience.portfolio.posting_nb import apply_lieu_nb, cash_in_lieu_nb, dividend_nb, split_nb

FINAL = int(FIRST_FINAL_STATUS)
INITIALIZED, CANCELLED = int(OrderStatus.INITIALIZED), int(OrderStatus.CANCELLED)
FREE, EXIT = int(OrderRole.FREE), int(OrderRole.EXIT)
MARKET, TRAILING, GTC = int(OrderType.MARKET), int(OrderType.TRAILING_STOP), int(TimeInForce.GTC)
IN_LIEU, DIVIDEND, SPLIT, DELISTED, ROLL, RENAMED, OVERFLOWED = (
    int(Reason.CASH_IN_LIEU),
    int(Reason.DIVIDEND),
    int(Reason.SPLIT),
    int(Reason.DELISTED),
    int(Reason.ROLL),
    int(Reason.RENAMED),
    int(Reason.OVERFLOW),
)
TRAIL_PERCENT = int(OrderFlag.TRAIL_PERCENT)
_FITS = 4.0e18


@njit_bare
def _note_nb(book: Book, lane: int, ticks: int, what: tuple[int, int, int, int]) -> None:
    """Record in the fill array what an action did: (reason, instrument units, base cash, realised)."""
    account = book.account[0]
    symbol = book.lanes[lane]["symbol"]
    fill = book.fills[account["fills"]]
    account["fills"] += 1
    fill["row"] = book.config[0]["slice"]
    fill["order"] = -1
    fill["lane"] = lane
    fill["symbol"] = symbol
    fill["side"] = 0
    fill["role"] = FREE
    fill["maker"] = 0
    fill["reason"] = what[0]
    fill["lots"] = 0
    fill["ticks"] = ticks
    fill["notional"] = what[1]
    fill["fee"] = 0
    fill["fx_num"] = book.symbols[symbol]["fx_num"]
    fill["fx_den"] = book.symbols[symbol]["fx_den"]
    fill["cash"] = what[2]
    fill["fee_base"] = 0
    fill["slippage_base"] = 0
    fill["realised"] = what[3]
    fill["position"] = book.lanes[lane]["lots"]


@njit_inline
def scaled_nb(amount: int, ratio: tuple[int, int], up: bool) -> int:
    """``amount * ratio[0] / ratio[1]`` rounded down, or up; OVERFLOW when it does not fit. ``amount`` >= 0."""
    whole, rest = amount // ratio[1], amount % ratio[1]
    if float(whole) * float(ratio[0]) >= _FITS or float(rest) * float(ratio[0]) >= _FITS:
        return OVERFLOW
    return whole * ratio[0] + (rest * ratio[0] + (ratio[1] - 1 if up else 0)) // ratio[1]


@njit_bare
def _scaled_ticks_nb(book: Book, ticks: int, ratio: tuple[int, int], up: bool) -> int:
    """A price or distance after the action, on the data grid; 0, which is none, stays."""
    scaled = scaled_nb(ticks, ratio, up)
    if scaled == OVERFLOW:
        book.account[0]["fault"] = OVERFLOWED
        return ticks
    return max(scaled, min(ticks, 1))


@njit_bare
def _order_price_nb(book: Book, symbol: int, ticks: int, up: bool) -> int:
    """A resting order's price on the order grid; 0, which is none, stays."""
    instrument = book.symbols[symbol]
    if ticks == 0:
        return 0
    if up:
        return up_to_step_nb(instrument, ticks)
    return max(down_to_step_nb(instrument, ticks), order_step_nb(instrument, 1))


@njit_bare
def _split_lane_nb(book: Book, lane: int, ratio: tuple[int, int]) -> None:
    """Scale one position; a fraction of a lot is settled in cash at the open, masked at the last mark scaled."""
    position, account = book.lanes[lane], book.account[0]
    symbol = book.lanes[lane]["symbol"]
    instrument = book.symbols[symbol]
    before_cost, held = position["cost"], position["lots"]
    lots, cost, fraction = split_nb(held, before_cost, ratio[0], ratio[1])
    if fraction == OVERFLOW:
        account["fault"] = OVERFLOWED
        return
    position["lots"], position["cost"] = lots, cost
    ticks = instrument["bid_open"] if held > 0 else instrument["ask_open"]
    if instrument["valid"] == 0:
        ticks = max(multiply_divide_nb(position["mark"], ratio[1], ratio[0]), 1)
    _note_nb(book, lane, ticks, (SPLIT, 0, 0, 0))
    if fraction != 0:
        units = cash_in_lieu_nb(fraction, ratio[1], ticks, instrument["notional_num"], instrument["notional_den"])
        value = base_units_nb(instrument, units)
        if value == OVERFLOW:
            account["fault"] = OVERFLOWED
            return
        side = -1 if held > 0 else 1
        realised = apply_lieu_nb(before_cost - cost, side, value)
        cash = -side * value
        account["cash"] += cash
        account["equity"] += cash
        account["realised"] += realised
        position["realised"] += realised
        _note_nb(book, lane, ticks, (IN_LIEU, units, cash, realised))
    value_lane_nb(book, lane, ticks)
    if lots == 0:
        account["open_lanes"] -= 1


@njit_bare
def _pay_dividend_nb(book: Book, lane: int, units_per_lot: int) -> None:
    """Cash to a long lane, from a short one."""
    position, account = book.lanes[lane], book.account[0]
    instrument = book.symbols[book.lanes[lane]["symbol"]]
    units = dividend_nb(position["lots"], units_per_lot)
    cash = base_units_nb(instrument, units)
    if cash == OVERFLOW:
        account["fault"] = OVERFLOWED
        return
    account["cash"] += cash
    account["equity"] += cash
    account["dividends"] += cash
    position["dividends"] += cash
    _note_nb(book, lane, instrument["bid_open"], (DIVIDEND, units, cash, 0))


@njit_bare
def _trade_lane_nb(book: Book, lane: int, signed: int, ticks: int, terms: tuple[int, int]) -> None:
    """An order and its fill by an action: ``signed`` lots at ``ticks``. terms: (role, reason)."""
    side = 1 if signed > 0 else -1
    draft = Draft(lane, side, MARKET, GTC, terms[0], 0, terms[1], 0, abs(signed), 0, 0, 0, -1, -1, -1, ticks)
    number = add_order_nb(book, draft)
    if not write_fill_nb(book, number, abs(signed), ticks, (0, 0)):
        book.account[0]["fault"] = OVERFLOWED
    finish_order_nb(book, number)


@njit_bare
def _rescale_order_nb(book: Book, number: int, ratio: tuple[int, int], with_lots: bool) -> None:
    """One resting order through a split or, without lots, a roll: prices by the inverse of ``ratio``."""
    order = book.orders[number]
    inverse = (ratio[1], ratio[0])
    symbol, buys = order["symbol"], order["side"] > 0
    limit = _scaled_ticks_nb(book, order["limit"], inverse, not buys)
    stop = _scaled_ticks_nb(book, order["stop"], inverse, buys)
    order["limit"] = _order_price_nb(book, symbol, limit, not buys)
    order["stop"] = _order_price_nb(book, symbol, stop, buys)
    order["decided_ticks"] = _scaled_ticks_nb(book, order["decided_ticks"], inverse, buys)
    if order["type"] == TRAILING:
        order["water"] = _scaled_ticks_nb(book, order["water"], inverse, buys)
        if (order["flags"] & TRAIL_PERCENT) == 0:
            order["trail"] = _scaled_ticks_nb(book, order["trail"], inverse, True)
    if not with_lots:
        return
    lots = scaled_nb(order["lots"], ratio, False)
    filled = scaled_nb(order["filled"], ratio, False)
    if lots == OVERFLOW or filled == OVERFLOW:
        book.account[0]["fault"] = OVERFLOWED
        return
    order["lots"], order["filled"] = lots, min(filled, lots)
    if order["status"] == INITIALIZED or filled < lots:
        return
    # nothing is left of it; a child whose entry still works will be given lots again
    if order["parent"] < 0 or book.orders[order["parent"]]["status"] >= FINAL:
        end_order_nb(book, number, CANCELLED, SPLIT)


@njit_bare
def _lower_order_nb(book: Book, number: int, drop: int) -> None:
    """One resting order through a dividend: its prices fall by ``drop`` ticks."""
    order = book.orders[number]
    symbol, buys = order["symbol"], order["side"] > 0
    if order["limit"] > 0:
        order["limit"] = _order_price_nb(book, symbol, max(order["limit"] - drop, 1), not buys)
    if order["stop"] > 0:
        order["stop"] = _order_price_nb(book, symbol, max(order["stop"] - drop, 1), buys)
    if order["type"] == TRAILING:
        order["water"] = max(order["water"] - drop, 1)


@njit_bare
def _adjust_orders_nb(book: Book, symbol: int, action: np.void, drop: int) -> None:
    """Every alive order of the symbol through one action."""
    kind, ratio = action["kind"], (action["numerator"], action["denominator"])
    for k in range(book.account[0]["alive"]):
        number = book.alive[k]
        if book.orders[number]["symbol"] != symbol or book.orders[number]["status"] >= FINAL:
            continue
        if kind == ACTION_DIVIDEND:
            _lower_order_nb(book, number, drop)
        elif kind == ACTION_DELISTING or kind == ACTION_RENAME:
            end_order_nb(book, number, CANCELLED, DELISTED if kind == ACTION_DELISTING else RENAMED)
        else:
            _rescale_order_nb(book, number, ratio, kind == ACTION_SPLIT)


@njit_bare
def apply_action_nb(book: Book, action: np.void) -> None:
    """Do one corporate action to every order and lane of its symbol, whose slice is loaded."""
    symbol, kind = action["symbol"], action["kind"]
    instrument = book.symbols[symbol]
    if kind == ACTION_RENAME and book.config[0]["close_renamed"] == 0:
        return
    drop = 0
    if kind == ACTION_DIVIDEND:
        drop = max(multiply_divide_nb(action["dividend"], instrument["notional_den"], instrument["notional_num"]), 0)
    _adjust_orders_nb(book, symbol, action, drop)
    for strategy in range(book.config[0]["strategies"]):
        lane = strategy * len(book.symbols) + symbol
        position = book.lanes[lane]
        lots = position["lots"]
        if lots == 0:
            continue
        if kind == ACTION_SPLIT:
            _split_lane_nb(book, lane, (action["numerator"], action["denominator"]))
        elif kind == ACTION_DIVIDEND:
            _pay_dividend_nb(book, lane, action["dividend"])
        elif kind == ACTION_ROLL:
            _trade_lane_nb(book, lane, -lots, action["numerator"], (EXIT, ROLL))
            _trade_lane_nb(book, lane, lots, action["denominator"], (FREE, ROLL))
        else:
            _trade_lane_nb(
                book, lane, -lots, position["mark"], (EXIT, DELISTED if kind == ACTION_DELISTING else RENAMED)
            )
            book.account[0]["open_lanes"] -= 1
        if position["lots"] == 0:
            cancel_protection_nb(book, lane)
