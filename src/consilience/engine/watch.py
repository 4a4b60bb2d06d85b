"""After each slice's marks: the account's risk state, the circuit breaker, what a halt does to orders and positions.

Level 1 lets no entry pass, level 2 cancels the waiting ones, level 3 closes what is held; what reduces passes always.
"""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Gate, OrderRole, OrderStatus, Reason
from consilience.core.jit import njit_bare
from consilience.engine.book import Book, Columns, Market
from consilience.engine.decide import send_exit_nb
from consilience.engine.guard import keep_returns_nb, read_inputs_nb, sum_lanes_nb
from consilience.engine.orders import end_order_nb
from consilience.engine.records import Outcome, record_nb
from consilience.engine.venue import load_symbol_nb
from consilience.risk.breaker import Mark, breaks_lane_nb, count_order_nb, count_trade_nb, mark_nb

EXIT, CANCELLED, PASSED = int(OrderRole.EXIT), int(OrderStatus.CANCELLED), int(Gate.PASSED)
BROKEN = int(Reason.LANE_BREAKER)


@njit_bare
def count_trades_nb(book: Book) -> None:
    """Count the round trips that the new fills ended."""
    account = book.account[0]
    for k in range(account["watched_fills"], account["fills"]):
        fill = book.fills[k]
        lane = book.lanes[fill["lane"]]
        if fill["lots"] > 0 and fill["realised"] != 0 and fill["position"] == 0 and lane["lots"] == 0:
            count_trade_nb(book.risk[0], lane["realised"] - lane["fees"] - lane["trip_start"])
    account["watched_fills"] = account["fills"]


@njit_bare
def close_lane_nb(market: Market, book: Book, row: int, lane: int, reason: int) -> None:
    """Send the exit of a lane whose symbol trades in this slice, and note why."""
    position = book.lanes[lane]
    if position["lots"] == 0 or position["working_exit"] >= 0 or not market.valid[row, position["symbol"]]:
        return
    load_symbol_nb(market, book, row, position["symbol"])
    lots = abs(position["lots"])
    number = send_exit_nb(book, lane, EXIT)
    book.orders[number]["reason"] = reason
    record_nb(book, lane, Outcome(PASSED, reason, 0.0, 1.0, 0.0, lots, lots, number))


@njit_bare
def resume_nb(state: np.void) -> None:
    """End the halt as a person would who counts afresh, see ``risk.breaker.resume``."""
    state["halt_level"] = 0
    state["halt_reason"] = 0
    state["halt_ts"] = 0
    state["peak_equity"] = state["equity"]
    state["session_equity"] = state["equity"]
    state["losses"] = 0


@njit_bare
def watch_nb(market: Market, book: Book, columns: Columns, row: int, j: int) -> None:
    """Bring the risk state up to market row ``row``, whose column row is ``j``, and act on what it says."""
    config, state, limits, account = book.config[0], book.risk[0], book.limits[0], book.account[0]
    slice_number = config["first_slice"] + row
    config["slice"] = slice_number
    if len(book.returns) > 0:
        keep_returns_nb(book, columns, j, slice_number)
    session = state["session"]
    for symbol in range(len(book.symbols)):
        if market.valid[row, symbol]:
            read_inputs_nb(book, columns, j, symbol)
            session = max(session, market.session[row, symbol])
    count_trades_nb(book)
    count_order_nb(state, limits, market.ts[row], 0)
    if account["halt_level"] > 0 and 0 < config["resume_after"] <= slice_number - account["halt_row"]:
        resume_nb(state)
    level = mark_nb(state, limits, Mark(account["equity"], session, market.ts[row]))
    sum_lanes_nb(book)
    if level > account["halt_level"]:
        account["halt_row"] = slice_number
        account["halts"] += 1
    account["halt_level"] = level
    for lane in range(len(book.lanes)):
        position = book.lanes[lane]
        if level >= 2 and position["working_entry"] >= 0:
            end_order_nb(book, position["working_entry"], CANCELLED, state["halt_reason"])
        if position["lots"] == 0:
            continue
        if level >= 3:
            close_lane_nb(market, book, row, lane, state["halt_reason"])
            continue
        side = 1 if position["lots"] > 0 else -1
        value = abs(position["value"])
        # per unit, as shares of the price now: what was paid is the value now less what was gained since
        paid = value - side * (position["value"] - position["cost"])
        atr = book.symbols[position["symbol"]]["atr_share"]
        if value > 0 and breaks_lane_nb(side, paid / value, 1.0, atr, limits["atr_breaker"]):
            close_lane_nb(market, book, row, lane, BROKEN)
