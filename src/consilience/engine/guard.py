"""The risk engine at work: what the full rules must see of an order, and the account's risk state slice by slice."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.codes import OrderRole, OrderStatus, OrderType
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.units import OVERFLOW, multiply_divide_nb
from consilience.engine.book import Book
from consilience.engine.capital import slice_equity_nb
from consilience.engine.decide import ZERO_SIZE, Ask, account_lots_nb, finish_entry_nb, lot_value_nb, prepare_entry_nb
from consilience.engine.desk import Desk
from consilience.engine.fused import PAYS, TRADES, WINS, ZONE
from consilience.engine.intent import Intent
from consilience.engine.risk_inputs import ATR_SHARE, AVERAGE_VOLUME, SINCE_OPEN, UNTIL_CLOSE, VOLATILITY
from consilience.risk.breaker import count_order_nb
from consilience.risk.exposure_nb import add_units_nb, count_approved_nb, load_exposure_nb
from consilience.risk.full_request import NOT_KNOWN, FullVerdict, load_account_nb
from consilience.risk.portfolio_nb import add_holding_nb
from consilience.risk.settled_nb import settled_verdict_nb
from consilience.risk.sizers.base import SizeRequest
from consilience.risk.sizing import size_full_nb
from consilience.signals.fusion.fields import MULTIPLIER

ENTRY = int(OrderRole.ENTRY)
FINAL, INITIALIZED, LIMIT = int(OrderStatus.FILLED), int(OrderStatus.INITIALIZED), int(OrderType.LIMIT)
MOST_LOTS = 2.0**52
NAN = float("nan")


class Wish(NamedTuple):
    """A wanted entry. lots: within the account rules. lot_units: base units. reference, stop_loss: ticks, 0 none.

    type: OrderType. twice: 1 when the same order waits already. frees: an opposite position of the lane is closed at
    the market before it, so its room counts as free at once.
    """

    side: int
    lots: int
    lot_units: int
    reference: int
    stop_loss: int
    type: int
    twice: int
    frees: bool


@njit_inline
def meets_own_nb(book: Book, lane: int, wish: Wish) -> int:
    """1 when an own order that rests would trade with it."""
    symbol = book.lanes[lane]["symbol"]
    for k in range(book.account[0]["alive"]):
        order = book.orders[book.alive[k]]
        if order["symbol"] != symbol or order["status"] >= FINAL or order["status"] == INITIALIZED:
            continue
        rests = order["type"] == LIMIT and order["lane"] != lane and order["side"] == -wish.side
        if rests and (wish.reference - order["limit"]) * wish.side >= 0:
            return 1
    return 0


@njit_inline
def waits_nb(book: Book, lane: int, side: int) -> int:
    """1 when an entry of the lane on ``side`` waits already."""
    for k in range(book.account[0]["alive"]):
        order = book.orders[book.alive[k]]
        alive = order["status"] < FINAL and order["status"] != INITIALIZED
        if alive and order["lane"] == lane and order["side"] == side and order["role"] == ENTRY:
            return 1
    return 0


@njit_inline
def stop_units_nb(wish: Wish) -> int:
    """What one lot loses at its stop, base units; 0 without a stop."""
    distance = (wish.reference - wish.stop_loss) * wish.side if wish.stop_loss > 0 else 0
    if distance <= 0 or wish.reference <= 0:
        return 0
    units = multiply_divide_nb(wish.lot_units, distance, wish.reference)
    return int(wish.lot_units if units == OVERFLOW else units)


@njit_inline
def volume_lots_nb(book: Book, desk: Desk, j: int, symbol: int) -> int:
    """Mean volume of a recent bar in lots, NOT_KNOWN where nobody tells it."""
    lots = desk.inputs[AVERAGE_VOLUME, j, symbol] / book.symbols[symbol]["lot_size"]
    return int(lots) if 0.0 <= lots < MOST_LOTS else NOT_KNOWN


@njit_inline
def close_first_nb(book: Book, desk: Desk, lane: int) -> None:
    """The position that a reversal closes makes room: its exit is on the way."""
    position, state, symbol = book.lanes[lane], desk.risk[0], book.lanes[lane]["symbol"]
    state["gross"] -= abs(position["value"])
    state["net"] -= position["value"]
    state["heat"] -= desk.exposure.costs[lane]
    add_units_nb(state, desk.exposure, symbol, -abs(position["value"]))
    add_holding_nb(desk.holdings, desk.limits[0], symbol, -float(position["value"]))


@njit_inline
def load_hours_nb(request: np.void, since: float, left: float) -> None:
    """Where the slice lies in the trading hours: rows SINCE_OPEN and UNTIL_CLOSE of the risk inputs."""
    known = since == since and left == left
    request["in_session"] = (1 if since >= 0.0 else 0) if known else NOT_KNOWN
    request["minutes_open"] = int(since) if known else 0
    request["minutes_left"] = int(left) if known else 0


@njit_bare
def guard_entry_nb(book: Book, desk: Desk, j: int, lane: int, wish: Wish, confidence: float) -> FullVerdict:
    """The full rules' verdict on an entry, in the slice of column row ``j``; what was approved counts at once."""
    request, position, limits, state = desk.request[0], book.lanes[lane], desk.limits[0], desk.risk[0]
    symbol, side = position["symbol"], wish.side
    instrument = book.symbols[symbol]
    reverses = position["lots"] * side < 0
    if reverses and wish.frees:
        close_first_nb(book, desk, lane)
    load_account_nb(request, state)
    load_exposure_nb(request, desk.exposure, symbol, state["session"])
    close = instrument["ask_close"] if side > 0 else instrument["bid_close"]
    request["side"] = side
    request["lots"] = wish.lots
    request["reduces"] = 0
    request["lot_units"] = wish.lot_units
    request["stop_units"] = stop_units_nb(wish)
    request["minimum_lots"] = instrument["minimum_lots"]
    request["confidence"] = confidence
    request["decided_ticks"] = close if wish.type == LIMIT else wish.reference
    request["price_ticks"] = wish.reference
    request["position_units"] = 0 if reverses else abs(position["value"])
    request["volume_lots"] = volume_lots_nb(book, desk, j, symbol)
    request["restricted"] = desk.restricted[symbol]
    load_hours_nb(request, desk.inputs[SINCE_OPEN, j, symbol], desk.inputs[UNTIL_CLOSE, j, symbol])
    request["self_match"], request["duplicate"] = meets_own_nb(book, lane, wish), wish.twice
    verdict: FullVerdict = settled_verdict_nb(request, limits, desk.holdings, symbol)
    if verdict.lots > 0:
        count_approved_nb(state, desk.exposure, request, symbol, verdict.lots)
        add_holding_nb(desk.holdings, limits, symbol, float(verdict.lots * side) * wish.lot_units)
        count_order_nb(state, limits, book.config[0]["now"], 1)
    return verdict


@njit_inline
def size_wish_nb(book: Book, desk: Desk, j: int, lane: int, wish: Wish, intent: Intent) -> int:
    """Lots of an entry by the sizer of the full set, before any rule; its confidence, zone and multiplier count."""
    position = book.lanes[lane]
    symbol, rules = position["symbol"], book.strategies[position["strategy"]]
    atr = desk.inputs[ATR_SHARE, j, symbol]
    zone, multiplier, wins, pays, trades = 0.0, 1.0, NAN, NAN, 0
    if rules["fused"] == 1:
        zone, multiplier = desk.fused[ZONE, j, lane], desk.fused[MULTIPLIER, j, lane]
        sample = desk.fused[TRADES, j, lane]
        if sample >= 1.0:
            wins, pays, trades = desk.fused[WINS, j, lane], desk.fused[PAYS, j, lane], int(sample)
    request = SizeRequest(
        slice_equity_nb(book.account[0]["equity"], rules["capital_ppm"]),
        0,
        wish.lot_units,
        stop_units_nb(wish),
        int(wish.lot_units * atr + 0.5) if 0.0 < atr < 1000.0 else 0,
        desk.risk[0]["heat"],
        desk.inputs[VOLATILITY, j, symbol] * book.config[0]["bars_a_year_root"],
        wins,
        pays,
        trades,
        intent.confidence,
        int(zone) if zone == zone else 0,
        multiplier,
    )
    return int(size_full_nb(request, desk.sizing[0]).lots)


@njit_bare
def decide_entry_full_nb(book: Book, desk: Desk, j: int, lane: int, side: int, intent: Intent) -> None:
    """Take one entry signal through the gates, by the account rules and, where the run has them, the full ones."""
    ask = prepare_entry_nb(book, lane, side, intent)
    if not ask.go:
        return
    plan, lot_units = ask.plan, lot_value_nb(book, lane, ask.plan.reference)
    rules = book.strategies[book.lanes[lane]["strategy"]]
    # a size that the strategy gives is its own, and none where its column is NaN
    unsized = rules["has_size"] == 0 and intent.quantity != intent.quantity
    sizes = book.config[0]["full_sizing"] == 1 and unsized
    if book.config[0]["full_risk"] == 1 and lot_units != OVERFLOW and (ask.wanted > 0 or sizes):
        kind, twice = rules["order_type"], waits_nb(book, lane, side)
        wish = Wish(side, ask.approved, lot_units, plan.reference, plan.stop_loss, kind, twice, True)
        wanted, approved, why = ask.wanted, ask.approved, ask.why
        if sizes:
            wanted = size_wish_nb(book, desk, j, lane, wish, intent)
            approved, why = account_lots_nb(book, lane, side, wish.lot_units, wanted)
        if approved > 0:
            wish = Wish(side, approved, lot_units, plan.reference, plan.stop_loss, kind, twice, True)
            verdict = guard_entry_nb(book, desk, j, lane, wish, ask.confidence)
            approved = verdict.lots
            why = verdict.reason if verdict.reason != 0 else why
        ask = Ask(True, plan, wanted, approved, why if wanted > 0 else ZERO_SIZE, ask.confidence, ask.score)
    finish_entry_nb(book, lane, side, ask)
