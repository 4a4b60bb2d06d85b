"""The kernel that replays fills and corporate actions into balanced transactions, and finds the first difference."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit
from consilience.core.panel import Ints, Records
from consilience.core.schemas import ACTION_DIVIDEND, ACTION_SPLIT
from consilience.core.units import OVERFLOW
from consilience.portfolio.ledger import EntryKind
from consilience.portfolio.posting_nb import apply_fill_nb, apply_lieu_nb, convert_nb, dividend_nb, split_nb

_FILL, _LIEU, _DIVIDEND = int(EntryKind.FILL), int(EntryKind.CASH_IN_LIEU), int(EntryKind.DIVIDEND)
_LIEU_REASON = int(Reason.CASH_IN_LIEU)

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
        ("fraction", "i8"),  # of a lot, left over by a split and not yet settled; 0 none
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
    FX_NUM,
    FX_DEN,
    FEE_BASE,
    CASH,
    REALISED,
    POSITION,
    TOO_LARGE,
    FRACTION_UNSETTLED,
    NO_FRACTION,
) = range(12)

FAULT_TEXT = {
    ROW_ORDER: "row goes back",
    LOTS: "lots are not positive",
    FX_NUM: "fx_num is not the slice's",
    FX_DEN: "fx_den is not the slice's",
    FEE_BASE: "fee_base differs",
    CASH: "cash differs",
    REALISED: "realised differs",
    POSITION: "position differs",
    TOO_LARGE: "an amount does not fit the ledger",
    FRACTION_UNSETTLED: "a split's fraction was never settled in cash",
    NO_FRACTION: "cash in lieu without a split's fraction",
}


class Rates(NamedTuple):
    """Exact FX of every slice and the currency column of every symbol; column 0 is the base currency."""

    fx_num: Ints  # [T, C]
    fx_den: Ints  # [C]
    currency: Ints  # [S]


class LaneTable(NamedTuple):
    """The lanes that traded: compact number of each fill's lane, and the compact lanes of each symbol."""

    of_fill: Ints  # [fills]
    start: Ints  # [S + 1] into members
    members: Ints  # [lanes] compact numbers, by symbol


class AccountNumbers(NamedTuple):
    """Ledger account numbers: by compact lane, and by currency column (-1 where no lane uses it)."""

    position: Ints
    cash: Ints
    realised: Ints
    fees: Ints
    dividends: Ints
    clearing: Ints


class ReplayEnd(NamedTuple):
    """Where the replay ended: fault, the fill (or -1 - action) it is about, both values, rows written."""

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
def _action_nb(action: Row, lane: Row, fx_num: int, fx_den: int) -> tuple[int, int, int]:
    """(fault, dividend native, dividend base) after ``action`` on ``lane``, which it changes."""
    if action["kind"] == ACTION_SPLIT:
        if lane["fraction"] != 0:
            return FRACTION_UNSETTLED, 0, 0
        numerator, denominator = action["numerator"], action["denominator"]
        lots, native, fraction = split_nb(lane["lots"], lane["native_cost"], numerator, denominator)
        _, cost, other = split_nb(lane["lots"], lane["cost"], numerator, denominator)
        if fraction == OVERFLOW or other == OVERFLOW:
            return TOO_LARGE, 0, 0
        lane["fraction"] = fraction
        lane["fraction_native"] = lane["native_cost"] - native
        lane["fraction_cost"] = lane["cost"] - cost
        lane["lots"] = lots
        lane["native_cost"] = native
        lane["cost"] = cost
        return NO_FAULT, 0, 0
    if action["kind"] == ACTION_DIVIDEND:
        paid = dividend_nb(lane["lots"], action["dividend"])
        if paid == OVERFLOW:
            return TOO_LARGE, 0, 0
        base = convert_nb(paid, fx_num, fx_den)
        if base == OVERFLOW:
            return TOO_LARGE, 0, 0
        lane["dividends"] += base
        return NO_FAULT, paid, base
    return NO_FAULT, 0, 0  # a delisting closes by a fill


@njit
def _position_nb(fill: Row, lane: Row, value: int) -> tuple[int, int, int, int]:
    """(fault, native cost change, native and base realised) of a fill worth ``value`` base units; changes the lane."""
    side, notional = int(fill["side"]), fill["notional"]
    native_before = lane["native_cost"]
    if fill["reason"] == _LIEU_REASON:
        if lane["fraction"] == 0:
            return NO_FRACTION, 0, 0, 0
        native_change = -lane["fraction_native"]
        native_realised = apply_lieu_nb(lane["fraction_native"], side, notional)
        realised = apply_lieu_nb(lane["fraction_cost"], side, value)
        lane["fraction"] = 0
        lane["fraction_native"] = 0
        lane["fraction_cost"] = 0
        return NO_FAULT, native_change, native_realised, realised
    if fill["lots"] <= 0:
        return LOTS, 0, 0, 0
    if lane["fraction"] != 0:
        return FRACTION_UNSETTLED, 0, 0, 0
    lots, native_cost, native_realised = apply_fill_nb(lane["lots"], native_before, side, fill["lots"], notional)
    _, cost, realised = apply_fill_nb(lane["lots"], lane["cost"], side, fill["lots"], value)
    if native_realised == OVERFLOW or realised == OVERFLOW:
        return TOO_LARGE, 0, 0, 0
    lane["lots"] = lots
    lane["native_cost"] = native_cost
    lane["cost"] = cost
    return NO_FAULT, native_cost - native_before, native_realised, realised


@njit
def _money_nb(fill: Row, fx_num: int, fx_den: int) -> tuple[int, int, int, int]:
    """(fault, found, expected, value): the fill's own money columns against the slice's FX; value in base units."""
    if fill["fx_num"] != fx_num:
        return FX_NUM, fill["fx_num"], fx_num, 0
    if fill["fx_den"] != fx_den:
        return FX_DEN, fill["fx_den"], fx_den, 0
    value = convert_nb(fill["notional"], fx_num, fx_den)
    fee = convert_nb(fill["fee"], fx_num, fx_den)
    if value == OVERFLOW or fee == OVERFLOW:
        return TOO_LARGE, 0, 0, 0
    if fill["fee_base"] != fee:
        return FEE_BASE, fill["fee_base"], fee, 0
    cash = -int(fill["side"]) * value - fee
    if fill["cash"] != cash:
        return CASH, fill["cash"], cash, 0
    return NO_FAULT, 0, 0, value


# long kernel: one pass in the order of the slices, actions before fills; splitting it would hide that order
@njit
def replay_nb(  # noqa: C901  (one pass over two merged lists, each with its checks)
    fills: Records,
    actions: Records,
    rates: Rates,
    table: LaneTable,
    accounts: AccountNumbers,
    lanes: Records,
    postings: Records,
) -> ReplayEnd:
    """Write the transactions of ``fills`` and ``actions`` to ``postings`` from its row 0, numbered from 1.

    fills: FILL_DTYPE in order of execution. actions: ACTION_DTYPE in (row, symbol) order. lanes: BOOK_LANE_DTYPE of
    the lanes that traded, zeros but for lane and symbol; holds their end state after. postings: POSTING_DTYPE with
    room for 6 legs a fill and 4 for each dividend of each lane. Within a slice actions come before fills.
    """
    n, transaction, a, row = 0, 1, 0, -1
    for f in range(len(fills) + 1):
        last = f == len(fills)
        if not last:
            if fills[f]["row"] < row:
                return ReplayEnd(ROW_ORDER, f, fills[f]["row"], row, n, transaction)
            row = fills[f]["row"]
        while a < len(actions) and (last or actions[a]["row"] <= row):
            symbol = actions[a]["symbol"]
            column = rates.currency[symbol]
            fx_num, fx_den = rates.fx_num[actions[a]["row"], column], rates.fx_den[column]
            for m in range(table.start[symbol], table.start[symbol + 1]):
                fault, paid, base = _action_nb(actions[a], lanes[table.members[m]], fx_num, fx_den)
                if fault != NO_FAULT:
                    return ReplayEnd(fault, -1 - a, 0, 0, n, transaction)
                if paid != 0 or base != 0:
                    entry = (transaction, actions[a]["row"], actions[a]["ts"], _DIVIDEND)
                    n = _settle_nb(postings, n, entry, accounts, column, paid, base)
                    n = _leg_nb(postings, n, entry, accounts.dividends[column], -paid)
                    transaction += 1
            a += 1
        if last:
            break
        lane = lanes[table.of_fill[f]]
        column = rates.currency[fills[f]["symbol"]]
        fault, found, expected, value = _money_nb(fills[f], rates.fx_num[row, column], rates.fx_den[column])
        if fault != NO_FAULT:
            return ReplayEnd(fault, f, found, expected, n, transaction)
        fault, native_change, native_realised, realised = _position_nb(fills[f], lane, value)
        if fault != NO_FAULT:
            return ReplayEnd(fault, f, 0, 0, n, transaction)
        if fills[f]["realised"] != realised:
            return ReplayEnd(REALISED, f, fills[f]["realised"], realised, n, transaction)
        if fills[f]["position"] != lane["lots"]:
            return ReplayEnd(POSITION, f, fills[f]["position"], lane["lots"], n, transaction)
        lane["realised"] += realised
        lane["fees"] += fills[f]["fee_base"]
        kind = _LIEU if fills[f]["reason"] == _LIEU_REASON else _FILL
        entry = (transaction, row, fills[f]["ts"], kind)
        before = n
        paid = -int(fills[f]["side"]) * fills[f]["notional"] - fills[f]["fee"]
        n = _leg_nb(postings, n, entry, accounts.position[table.of_fill[f]], native_change)
        n = _leg_nb(postings, n, entry, accounts.realised[column], -native_realised)
        n = _leg_nb(postings, n, entry, accounts.fees[column], fills[f]["fee"])
        n = _settle_nb(postings, n, entry, accounts, column, paid, fills[f]["cash"])
        if n > before:
            transaction += 1
    for k in range(len(lanes)):
        if lanes[k]["fraction"] != 0:
            return ReplayEnd(FRACTION_UNSETTLED, len(fills), lanes[k]["fraction"], 0, n, transaction)
    return ReplayEnd(NO_FAULT, len(fills), 0, 0, n, transaction)
