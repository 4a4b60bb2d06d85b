"""Corporate actions at the start of a slice: splits, dividends, delistings, on positions and resting orders."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import FIRST_FINAL_STATUS, OrderFlag, OrderRole, OrderStatus, Reason
from consilience.core.jit import njit_bare
from consilience.core.schemas import ACTION_DIVIDEND, ACTION_SPLIT
from consilience.core.units import OVERFLOW, divide_half_even_nb, multiply_divide_nb
from consilience.engine.book import Book
from consilience.engine.fills import base_units_nb, value_lane_nb
from consilience.engine.orders import end_order_nb
from consilience.portfolio.posting_nb import apply_lieu_nb, cash_in_lieu_nb, dividend_nb, split_nb

FINAL = int(FIRST_FINAL_STATUS)
FREE, CANCELLED = int(OrderRole.FREE), int(OrderStatus.CANCELLED)
IN_LIEU, DIVIDEND, SPLIT, DELISTED = (
    int(Reason.CASH_IN_LIEU),
    int(Reason.DIVIDEND),
    int(Reason.SPLIT),
    int(Reason.DELISTED),
)
TRAIL_PERCENT = int(OrderFlag.TRAIL_PERCENT)


@njit_bare
def _note_nb(book: Book, lane: int, what: tuple[int, int, int, int]) -> None:
    """Record in the fill array what an action did: (reason, instrument units, base cash, realised)."""
    account = book.account[0]
    symbol = lane % len(book.symbols)
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
    fill["ticks"] = book.symbols[symbol]["bid_open"]
    fill["notional"] = what[1]
    fill["fee"] = 0
    fill["fx_num"] = book.symbols[symbol]["fx_num"]
    fill["fx_den"] = book.symbols[symbol]["fx_den"]
    fill["cash"] = what[2]
    fill["fee_base"] = 0
    fill["slippage_base"] = 0
    fill["realised"] = what[3]
    fill["position"] = book.lanes[lane]["lots"]


@njit_bare
def _split_lane_nb(book: Book, lane: int, ratio: tuple[int, int]) -> None:
    """Scale one position; a fraction of a lot is settled in cash at the open."""
    position, account = book.lanes[lane], book.account[0]
    symbol = lane % len(book.symbols)
    instrument = book.symbols[symbol]
    before_cost, held = position["cost"], position["lots"]
    lots, cost, fraction = split_nb(held, before_cost, ratio[0], ratio[1])
    if fraction == OVERFLOW:
        return
    position["lots"], position["cost"] = lots, cost
    _note_nb(book, lane, (SPLIT, 0, 0, 0))
    ticks = book.symbols[symbol]["bid_open"]
    if fraction != 0:
        units = cash_in_lieu_nb(fraction, ratio[1], ticks, instrument["notional_num"], instrument["notional_den"])
        value = base_units_nb(instrument, units)
        side = -1 if held > 0 else 1
        realised = apply_lieu_nb(before_cost - cost, side, value)
        cash = -side * value
        account["cash"] += cash
        account["equity"] += cash
        account["realised"] += realised
        position["realised"] += realised
        _note_nb(book, lane, (IN_LIEU, units, cash, realised))
    if book.symbols[symbol]["valid"]:
        value_lane_nb(book, lane, ticks)
    if lots == 0:
        account["open_lanes"] -= 1


@njit_bare
def _rescale_orders_nb(book: Book, symbol: int, kind: int, ratio: tuple[int, int], drop: int) -> None:
    """Resting orders follow the price: by the split's ratio, or down by the dividend's ``drop`` in ticks."""
    for k in range(book.account[0]["alive"]):
        number = book.alive[k]
        order = book.orders[number]
        if order["symbol"] != symbol or order["status"] >= FINAL:
            continue
        if kind == ACTION_SPLIT:
            order["lots"] = order["lots"] * ratio[0] // ratio[1]
            order["filled"] = min(order["filled"] * ratio[0] // ratio[1], order["lots"])
            order["limit"] = divide_half_even_nb(order["limit"] * ratio[1], ratio[0])
            order["stop"] = divide_half_even_nb(order["stop"] * ratio[1], ratio[0])
            order["water"] = divide_half_even_nb(order["water"] * ratio[1], ratio[0])
            if (order["flags"] & TRAIL_PERCENT) == 0:
                order["trail"] = divide_half_even_nb(order["trail"] * ratio[1], ratio[0])
            if order["parent"] < 0 and order["lots"] == 0:
                end_order_nb(book, number, CANCELLED, SPLIT)
        else:
            order["limit"] = max(order["limit"] - drop, 1) if order["limit"] > 0 else 0
            order["stop"] = max(order["stop"] - drop, 1) if order["stop"] > 0 else 0
            order["water"] = max(order["water"] - drop, 1) if order["water"] > 0 else 0


@njit_bare
def apply_action_nb(book: Book, action: np.void) -> None:
    """Do one corporate action to every lane and order of its symbol."""
    symbol, kind = action["symbol"], action["kind"]
    config, account = book.config[0], book.account[0]
    instrument = book.symbols[symbol]
    ratio = (action["numerator"], action["denominator"])
    if kind != ACTION_SPLIT and kind != ACTION_DIVIDEND:
        for k in range(account["alive"]):
            if book.orders[book.alive[k]]["symbol"] == symbol:
                end_order_nb(book, book.alive[k], CANCELLED, DELISTED)
        return
    for strategy in range(config["strategies"]):
        lane = strategy * len(book.symbols) + symbol
        position = book.lanes[lane]
        if position["lots"] == 0:
            continue
        if kind == ACTION_SPLIT:
            _split_lane_nb(book, lane, ratio)
            continue
        units = dividend_nb(position["lots"], action["dividend"])
        cash = base_units_nb(instrument, units)
        if cash != OVERFLOW:
            account["cash"] += cash
            account["equity"] += cash
            account["dividends"] += cash
            position["dividends"] += cash
            _note_nb(book, lane, (DIVIDEND, units, cash, 0))
    drop = 0
    if kind == ACTION_DIVIDEND:
        drop = multiply_divide_nb(action["dividend"], instrument["notional_den"], instrument["notional_num"])
    _rescale_orders_nb(book, symbol, kind, ratio, drop)
