"""The kernel that replays a run's fills into balanced transactions, and finds the first difference.

A fill row with side 0 is a note of what a corporate action did to a lane: SPLIT, CASH_IN_LIEU (of the fraction that
the split before it left) or DIVIDEND. The notes give the order, the actions give the terms.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit
from consilience.core.panel import Ints, Records
from consilience.core.schemas import ACTION_DIVIDEND, ACTION_SPLIT
from consilience.core.units import OVERFLOW, notional_nb
from consilience.portfolio.ledger import EntryKind
from consilience.portfolio.posting_nb import (
    apply_fill_nb,
    apply_lieu_nb,
    cash_in_lieu_nb,
    convert_nb,
    dividend_nb,
    split_nb,
)

_FILL, _LIEU, _DIVIDEND = int(EntryKind.FILL), int(EntryKind.CASH_IN_LIEU), int(EntryKind.DIVIDEND)
SPLIT_NOTE, LIEU_NOTE, DIVIDEND_NOTE = int(Reason.SPLIT), int(Reason.CASH_IN_LIEU), int(Reason.DIVIDEND)

Row: TypeAlias = Any  # one record of an array: np.void in plain Python, a Numba record compiled

# One lane as the books have it. ``native`` is the instrument's currency, the rest base units.
BOOK_LANE_DTYPE = np.dtype(
    [
        ("lane", "i8"),
        ("symbol", "i8"),
        ("lots", "i8"),
        ("native_cost", "i8"),
        ("cost", "i8"),
        ("realised", "i8"),
        ("fees", "i8"),
        ("dividends", "i8"),
        ("action", "i8"),  # next corporate action of the symbol, an index into ActionTable.order
        ("fraction", "i8"),  # of a lot, left over by a split and not yet settled; 0 none
        ("fraction_den", "i8"),
        ("fraction_native", "i8"),  # its cost
        ("fraction_cost", "i8"),
    ],
    align=True,
)

# What the replay can find wrong. Plain integers: the kernels return them.
(
    NO_FAULT,
    ROW_ORDER,
    LOTS,
    NOTIONAL,
    FX_NUM,
    FX_DEN,
    FEE_BASE,
    CASH,
    REALISED,
    POSITION,
    TOO_LARGE,
    FRACTION_UNSETTLED,
    NO_FRACTION,
    ACTION_MISSED,
    NO_ACTION,
) = range(15)

FAULT_TEXT = {
    ROW_ORDER: "row goes back",
    LOTS: "lots are not positive",
    NOTIONAL: "notional differs",
    FX_NUM: "fx_num is not the slice's",
    FX_DEN: "fx_den is not the slice's",
    FEE_BASE: "fee_base differs",
    CASH: "cash differs",
    REALISED: "realised differs",
    POSITION: "position differs",
    TOO_LARGE: "an amount does not fit the ledger",
    FRACTION_UNSETTLED: "a split's fraction was never settled in cash",
    NO_FRACTION: "cash in lieu without a split's fraction",
    ACTION_MISSED: "a corporate action was not applied to the open position",
    NO_ACTION: "there is no such corporate action in this slice",
}


class Rates(NamedTuple):
    """Facts of symbols and slices: exact FX, currency column (0 is the base) and value of a tick times a lot."""

    fx_num: Ints  # [T, C]
    fx_den: Ints  # [C]
    currency: Ints  # [S]
    notional_num: Ints  # [S]
    notional_den: Ints  # [S]
    first_slice: int  # slice number of row 0


class ActionTable(NamedTuple):
    """Compact lane of each fill, and the actions of each symbol in order: order[start[s]:start[s + 1]]."""

    of_fill: Ints  # [fills]
    start: Ints  # [S + 1]
    order: Ints  # [actions]
    actions: Records  # ACTION_DTYPE


class AccountNumbers(NamedTuple):
    """Ledger account numbers: by compact lane, and by currency column (-1 where no lane uses it)."""

    position: Ints
    cash: Ints
    realised: Ints
    fees: Ints
    dividends: Ints
    clearing: Ints


class Posted(NamedTuple):
    """What one fill row does: to cash (native and base), cost, profit, fee and dividend."""

    native_cash: int
    cash: int
    native_cost: int  # change
    native_realised: int
    realised: int
    native_dividend: int


class ReplayEnd(NamedTuple):
    """Where the replay ended: fault, the fill it is about (or the lane, after the last), both values, rows written."""

    fault: int
    at: int
    found: int
    expected: int
    postings: int
    transactions: int


@njit
def _leg_nb(postings: Records, n: int, entry: tuple[int, int, int, int], account: int, amount: int) -> int:
    """Write one leg of ``entry`` = (transaction, row, ts, kind) at ``n``; nothing where the amount is zero."""
    if amount == 0:
        return n
    postings[n]["transaction"] = entry[0]
    postings[n]["row"] = entry[1]
    postings[n]["ts"] = entry[2]
    postings[n]["kind"] = entry[3]
    postings[n]["account"] = account
    postings[n]["amount"] = amount
    return n + 1


@njit
def _settle_nb(
    postings: Records,
    n: int,
    entry: tuple[int, int, int, int],
    accounts: AccountNumbers,
    column: int,
    native: int,
    base: int,
) -> int:
    """Cash legs of ``native`` units received (negative: paid) in currency ``column``, worth ``base``."""
    n = _leg_nb(postings, n, entry, accounts.cash[0], base)
    if column != 0:
        n = _leg_nb(postings, n, entry, accounts.clearing[0], -base)
        n = _leg_nb(postings, n, entry, accounts.clearing[column], native)
    return n


@njit
def _catch_up_nb(table: ActionTable, lane: Row, row: int, note: int) -> int:
    """Move the lane's cursor past actions up to ``row`` that found it flat; a fault when one did not."""
    stop = table.start[lane["symbol"] + 1]
    while lane["action"] < stop:
        action = table.actions[table.order[lane["action"]]]
        if action["row"] > row:
            break
        if lane["lots"] != 0 and action["kind"] <= ACTION_DIVIDEND:  # a delisting and a roll close by fills
            return NO_FAULT if note != 0 and action["row"] == row else ACTION_MISSED
        lane["action"] += 1
    return NO_FAULT


@njit
def _next_action_nb(table: ActionTable, lane: Row, row: int, kind: int) -> int:
    """Index of the action of ``kind`` that the lane meets next, in this ``row``; -1 when there is none."""
    if lane["action"] >= table.start[lane["symbol"] + 1]:
        return -1
    number = table.order[lane["action"]]
    if table.actions[number]["row"] != row or table.actions[number]["kind"] != kind:
        return -1
    lane["action"] += 1
    return int(number)


@njit
def _split_lane_nb(lane: Row, numerator: int, denominator: int) -> int:
    """Split ``lane``; its fraction waits for the cash in lieu. A fault code."""
    lots, native, fraction = split_nb(lane["lots"], lane["native_cost"], numerator, denominator)
    _, cost, other = split_nb(lane["lots"], lane["cost"], numerator, denominator)
    if fraction == OVERFLOW or other == OVERFLOW:
        return TOO_LARGE
    lane["fraction"] = fraction
    lane["fraction_den"] = denominator
    lane["fraction_native"] = lane["native_cost"] - native
    lane["fraction_cost"] = lane["cost"] - cost
    lane["lots"] = lots
    lane["native_cost"] = native
    lane["cost"] = cost
    return NO_FAULT


@njit
def _note_nb(fill: Row, lane: Row, table: ActionTable, rates: Rates, row: int) -> tuple[int, int, Posted]:
    """(fault, notional, what it posts) of a corporate action's note, from the action's own terms."""
    symbol = lane["symbol"]
    column = rates.currency[symbol]
    fx_num, fx_den = rates.fx_num[row, column], rates.fx_den[column]
    nothing = Posted(0, 0, 0, 0, 0, 0)
    if fill["reason"] == LIEU_NOTE:
        if lane["fraction"] == 0:
            return NO_FRACTION, 0, nothing
        num, den = rates.notional_num[symbol], rates.notional_den[symbol]
        units = cash_in_lieu_nb(lane["fraction"], lane["fraction_den"], fill["ticks"], num, den)
        side = -1 if lane["fraction"] > 0 else 1
        value = convert_nb(units, fx_num, fx_den) if units != OVERFLOW else OVERFLOW
        if value == OVERFLOW:
            return TOO_LARGE, 0, nothing
        native = apply_lieu_nb(lane["fraction_native"], side, units)
        realised = apply_lieu_nb(lane["fraction_cost"], side, value)
        posted = Posted(-side * units, -side * value, -lane["fraction_native"], native, realised, 0)
        lane["fraction"] = 0
        return NO_FAULT, units, posted
    if lane["fraction"] != 0:
        return FRACTION_UNSETTLED, 0, nothing
    kind = ACTION_SPLIT if fill["reason"] == SPLIT_NOTE else ACTION_DIVIDEND
    at = _next_action_nb(table, lane, row, kind)
    if at < 0:
        return NO_ACTION, 0, nothing
    action = table.actions[at]
    if kind == ACTION_SPLIT:
        return _split_lane_nb(lane, action["numerator"], action["denominator"]), 0, nothing
    paid = dividend_nb(lane["lots"], action["dividend"])
    cash = convert_nb(paid, fx_num, fx_den) if paid != OVERFLOW else OVERFLOW
    if cash == OVERFLOW:
        return TOO_LARGE, 0, nothing
    lane["dividends"] += cash
    return NO_FAULT, paid, Posted(paid, cash, 0, 0, 0, paid)


@njit
def _trade_nb(fill: Row, lane: Row, rates: Rates, row: int) -> tuple[int, int, Posted]:
    """(fault, notional, what it posts) of a fill, from its side, lots, price and fee."""
    symbol, side = lane["symbol"], int(fill["side"])
    column = rates.currency[symbol]
    fx_num, fx_den = rates.fx_num[row, column], rates.fx_den[column]
    nothing = Posted(0, 0, 0, 0, 0, 0)
    if fill["lots"] <= 0:
        return LOTS, 0, nothing
    if lane["fraction"] != 0:
        return FRACTION_UNSETTLED, 0, nothing
    units = notional_nb(fill["ticks"], fill["lots"], rates.notional_num[symbol], rates.notional_den[symbol])
    value = convert_nb(units, fx_num, fx_den) if units != OVERFLOW else OVERFLOW
    fee = convert_nb(fill["fee"], fx_num, fx_den)
    if value == OVERFLOW or fee == OVERFLOW:
        return TOO_LARGE, 0, nothing
    lots, native_cost, native = apply_fill_nb(lane["lots"], lane["native_cost"], side, fill["lots"], units)
    _, cost, realised = apply_fill_nb(lane["lots"], lane["cost"], side, fill["lots"], value)
    if native == OVERFLOW or realised == OVERFLOW:
        return TOO_LARGE, 0, nothing
    native_cash, cash = -side * units - fill["fee"], -side * value - fee
    posted = Posted(native_cash, cash, native_cost - lane["native_cost"], native, realised, 0)
    lane["lots"] = lots
    lane["native_cost"] = native_cost
    lane["cost"] = cost
    lane["fees"] += fee
    return NO_FAULT, units, posted


@njit
def _compare_nb(fill: Row, lane: Row, rates: Rates, row: int, notional: int, posted: Posted) -> tuple[int, int, int]:
    """(fault, found, expected): the first column of the fill that is not what the replay says."""
    column = rates.currency[lane["symbol"]]
    fx_num, fx_den = rates.fx_num[row, column], rates.fx_den[column]
    fee = convert_nb(fill["fee"], fx_num, fx_den)
    if fill["notional"] != notional:
        return NOTIONAL, fill["notional"], notional
    if fill["fx_num"] != fx_num:
        return FX_NUM, fill["fx_num"], fx_num
    if fill["fx_den"] != fx_den:
        return FX_DEN, fill["fx_den"], fx_den
    if fill["fee_base"] != fee:
        return FEE_BASE, fill["fee_base"], fee
    if fill["cash"] != posted.cash:
        return CASH, fill["cash"], posted.cash
    if fill["realised"] != posted.realised:
        return REALISED, fill["realised"], posted.realised
    if fill["position"] != lane["lots"]:
        return POSITION, fill["position"], lane["lots"]
    return NO_FAULT, 0, 0


@njit
def _entry_kind_nb(fill: Row) -> int:
    if fill["side"] != 0:
        return _FILL
    return _LIEU if fill["reason"] == LIEU_NOTE else _DIVIDEND


@njit
def replay_nb(
    fills: Records, table: ActionTable, rates: Rates, accounts: AccountNumbers, lanes: Records, postings: Records
) -> ReplayEnd:
    """Write the transactions of ``fills`` to ``postings`` from its row 0, numbered from 1.

    fills: FILL_DTYPE in order of execution. lanes: BOOK_LANE_DTYPE of the lanes that traded, zeros but for lane, symbol
    and action (the start of the symbol's actions); their end state after. postings: POSTING_DTYPE, 6 rows a fill.
    """
    n, transaction, last = 0, 1, rates.first_slice
    for f in range(len(fills)):
        fill, lane = fills[f], lanes[table.of_fill[f]]
        if fill["row"] < last:
            return ReplayEnd(ROW_ORDER, f, fill["row"], last, n, transaction)
        last = fill["row"]
        row = last - rates.first_slice
        note = fill["reason"] if fill["side"] == 0 else 0
        fault = NO_FAULT if note == LIEU_NOTE else _catch_up_nb(table, lane, row, note)
        if fault != NO_FAULT:
            return ReplayEnd(fault, f, 0, 0, n, transaction)
        if note != 0:
            fault, notional, posted = _note_nb(fill, lane, table, rates, row)
        else:
            fault, notional, posted = _trade_nb(fill, lane, rates, row)
        if fault != NO_FAULT:
            return ReplayEnd(fault, f, 0, 0, n, transaction)
        fault, found, expected = _compare_nb(fill, lane, rates, row, notional, posted)
        if fault != NO_FAULT:
            return ReplayEnd(fault, f, found, expected, n, transaction)
        lane["realised"] += posted.realised
        column = rates.currency[lane["symbol"]]
        entry = (transaction, last, fill["ts"], _entry_kind_nb(fill))
        before = n
        n = _leg_nb(postings, n, entry, accounts.position[table.of_fill[f]], posted.native_cost)
        n = _leg_nb(postings, n, entry, accounts.realised[column], -posted.native_realised)
        n = _leg_nb(postings, n, entry, accounts.dividends[column], -posted.native_dividend)
        n = _leg_nb(postings, n, entry, accounts.fees[column], fill["fee"])
        n = _settle_nb(postings, n, entry, accounts, column, posted.native_cash, posted.cash)
        if n > before:
            transaction += 1
    for k in range(len(lanes)):
        if lanes[k]["fraction"] != 0:
            return ReplayEnd(FRACTION_UNSETTLED, -1 - k, 0, 0, n, transaction)
        if _catch_up_nb(table, lanes[k], 2**62, 0) != NO_FAULT:
            return ReplayEnd(ACTION_MISSED, -1 - k, 0, 0, n, transaction)
    return ReplayEnd(NO_FAULT, len(fills), 0, 0, n, transaction)
