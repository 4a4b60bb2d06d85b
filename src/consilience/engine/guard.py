"""The risk engine at work: what the full rules must see of an order, and the account's risk state slice by slice."""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.codes import OrderRole, OrderStatus, OrderType
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.units import MILLION, OVERFLOW, multiply_divide_nb
from consilience.engine.book import Book, Columns
from consilience.engine.risk_inputs import ATR_SHARE, AVERAGE_VOLUME, LOG_RETURN, MINUTE, VIX, VOLATILITY
from consilience.risk.catalog import full_verdict_nb
from consilience.risk.full_request import NO_EXPIRY, NOT_KNOWN, FullVerdict, load_account_nb

ENTRY, STOP_LOSS, TRAIL = int(OrderRole.ENTRY), int(OrderRole.STOP_LOSS), int(OrderRole.TRAIL)
FINAL, INITIALIZED, LIMIT = int(OrderStatus.FILLED), int(OrderStatus.INITIALIZED), int(OrderType.LIMIT)
MOST_LOTS = 2.0**52


@njit_bare
def read_inputs_nb(book: Book, columns: Columns, j: int, symbol: int) -> None:
    """Put what risk must know of a symbol beside its slice at hand."""
    record = book.symbols[symbol]
    record["atr_share"] = columns.inputs[ATR_SHARE, j, symbol]
    record["volatility"] = columns.inputs[VOLATILITY, j, symbol]
    volume = columns.inputs[AVERAGE_VOLUME, j, symbol] / record["lot_size"]
    record["average_lots"] = int(volume) if 0.0 <= volume < MOST_LOTS else NOT_KNOWN
    minute = columns.inputs[MINUTE, j, symbol]
    record["minute"] = int(minute) if minute == minute else 0
    vix = columns.inputs[VIX, j, symbol]
    if vix == vix:
        book.risk[0]["vix"] = vix


@njit_inline
def stop_cost_nb(book: Book, lane: int) -> int:
    """What a stop-out of the lane's position would cost from its mark, base units; its whole value without a stop."""
    position = book.lanes[lane]
    value, mark = abs(position["value"]), position["mark"]
    side = 1 if position["lots"] > 0 else -1
    cost = value
    for k in range(book.account[0]["alive"]):
        order = book.orders[book.alive[k]]
        if order["lane"] != lane or order["status"] >= FINAL or order["status"] == INITIALIZED:
            continue
        if (order["role"] == STOP_LOSS or order["role"] == TRAIL) and order["stop"] > 0 and mark > 0:
            distance = (mark - order["stop"]) * side
            loss = multiply_divide_nb(value, max(distance, 0), mark)
            if loss != OVERFLOW:
                cost = min(cost, loss)
    return int(cost)


@njit_bare
def sum_lanes_nb(book: Book) -> None:
    """Exposure, heat and number of positions into the risk state, from the marks as they are."""
    state = book.risk[0]
    net, heat, positions = 0, 0, 0
    for lane in range(len(book.lanes)):
        position = book.lanes[lane]
        if position["lots"] != 0:
            net += position["value"]
            heat += stop_cost_nb(book, lane)
        if position["lots"] != 0 or position["working_entry"] >= 0:
            positions += 1
    state["equity"] = book.account[0]["equity"]
    state["gross"] = book.account[0]["gross"]
    state["net"] = net
    state["heat"] = heat
    state["positions"] = positions


@njit_inline
def exposures_nb(book: Book, symbol: int) -> tuple[int, int, int]:
    """(sum of |values| over the symbol's lanes, over its sector or NOT_KNOWN, lanes of it held or waiting)."""
    sector = book.symbols[symbol]["sector"]
    own, peers, busy = 0, 0, 0
    for lane in range(len(book.lanes)):
        position = book.lanes[lane]
        value = abs(position["value"])
        if position["symbol"] == symbol:
            own += value
            if position["lots"] != 0 or position["working_entry"] >= 0:
                busy += 1
        if sector >= 0 and book.symbols[position["symbol"]]["sector"] == sector:
            peers += value
    return own, peers if sector >= 0 else NOT_KNOWN, busy


@njit_inline
def meets_own_nb(book: Book, lane: int, side: int, reference: int) -> tuple[int, int]:
    """(1 when an own resting order would trade with it, 1 when the same entry of the lane waits already)."""
    symbol = book.lanes[lane]["symbol"]
    meets, twice = 0, 0
    for k in range(book.account[0]["alive"]):
        order = book.orders[book.alive[k]]
        if order["symbol"] != symbol or order["status"] >= FINAL or order["status"] == INITIALIZED:
            continue
        rests = order["type"] == LIMIT and order["lane"] != lane and order["side"] == -side
        if rests and (reference - order["limit"]) * side >= 0:
            meets = 1
        if order["lane"] == lane and order["side"] == side and order["role"] == ENTRY:
            twice = 1
    return meets, twice


class Wish(NamedTuple):
    """A wanted entry. lots: within the account rules. lot_units: base units. reference, stop_loss: ticks, 0 none."""

    side: int
    lots: int
    lot_units: int
    reference: int
    stop_loss: int


@njit_bare
def guard_entry_nb(book: Book, lane: int, wish: Wish, confidence: float) -> FullVerdict:
    """The full rules' verdict on an entry."""
    side, lots, lot_units, reference, stop_loss = wish
    request, position = book.request[0], book.lanes[lane]
    symbol = position["symbol"]
    instrument = book.symbols[symbol]
    sum_lanes_nb(book)
    load_account_nb(request, book.risk[0])
    reverses = position["lots"] * side < 0
    own, peers, busy = exposures_nb(book, symbol)
    freed = abs(position["value"]) if reverses else 0
    request["side"] = side
    request["lots"] = lots
    request["reduces"] = 0
    request["lot_units"] = lot_units
    distance = (reference - stop_loss) * side if stop_loss > 0 else 0
    units = multiply_divide_nb(lot_units, distance, reference) if distance > 0 and reference > 0 else 0
    request["stop_units"] = units if units != OVERFLOW else lot_units
    request["minimum_lots"] = instrument["minimum_lots"]
    request["confidence"] = confidence
    request["decided_ticks"] = reference
    request["price_ticks"] = instrument["ask_close"] if side > 0 else instrument["bid_close"]
    request["position_units"] = 0 if reverses else abs(position["value"])
    request["symbol_units"] = own - freed
    request["sector_units"] = peers if peers == NOT_KNOWN else peers - freed
    request["opens"] = 1 if busy == 0 else 0
    request["volume_lots"] = instrument["average_lots"]
    request["days_to_expiry"] = NO_EXPIRY
    request["expiring_units"] = 0
    request["restricted"] = instrument["restricted"]
    request["in_session"] = 1
    request["minutes_open"] = instrument["minute"]
    request["minutes_left"] = MILLION
    meets, twice = meets_own_nb(book, lane, side, reference)
    request["self_match"], request["duplicate"] = meets, twice
    if reverses:
        request["gross"] -= freed
        request["net"] -= position["value"]
        request["heat"] -= stop_cost_nb(book, lane)
    verdict: FullVerdict = full_verdict_nb(request, book.limits[0])
    return verdict


@njit_bare
def keep_returns_nb(book: Book, columns: Columns, j: int, slice_number: int) -> None:
    """Write the slice's log returns into the ring."""
    place = slice_number % len(book.returns)
    for symbol in range(len(book.symbols)):
        book.returns[place, symbol] = columns.inputs[LOG_RETURN, j, symbol]
