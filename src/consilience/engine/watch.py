"""After each slice's marks: the account's risk state, the circuit breaker, what a halt does to orders and positions.

Level 1 lets no entry pass, level 2 cancels the waiting ones, level 3 closes what is held; what reduces passes always.
"""

from __future__ import annotations

from consilience.core.codes import Gate, OrderFlag, OrderRole, OrderStatus, Reason
from consilience.core.jit import njit_bare
from consilience.engine.book import Book, Market
from consilience.engine.decide import send_exit_nb
from consilience.engine.desk import Desk
from consilience.engine.halts import note_halt_nb, note_resumption_nb
from consilience.engine.manage import manage_lane_nb
from consilience.engine.orders import end_order_nb
from consilience.engine.records import Outcome, record_nb
from consilience.engine.risk_inputs import ATR_SHARE, LOG_RETURN, VIX
from consilience.engine.venue import load_symbol_nb
from consilience.engine.violation_log import note_violations_nb
from consilience.risk.breaker import Mark, breaks_lane_nb, count_order_nb, count_trade_nb, mark_nb, resume_nb
from consilience.risk.exposure_nb import add_waiting_nb, begin_exposure_nb
from consilience.risk.measures_nb import push_log_returns_nb
from consilience.risk.portfolio_nb import begin_holdings_nb
from consilience.risk.violations import breaches_nb

EXIT, CANCELLED, PASSED = int(OrderRole.EXIT), int(OrderStatus.CANCELLED), int(Gate.PASSED)
FREE, REDUCE_ONLY = int(OrderRole.FREE), int(OrderFlag.REDUCE_ONLY)
BROKEN = int(Reason.LANE_BREAKER)


@njit_bare
def count_trades_nb(book: Book, desk: Desk) -> None:
    """Count the round trips that the new fills ended, after the fees of both ends; a reversal ends one as well."""
    account = book.account[0]
    for k in range(account["watched_fills"], account["fills"]):
        fill = book.fills[k]
        lane = fill["lane"]
        desk.trips[lane] += fill["realised"] - fill["fee_base"]
        if fill["lots"] > 0 and fill["position"] == 0:
            count_trade_nb(desk.risk[0], desk.trips[lane])
            desk.trips[lane] = 0
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
def read_slice_nb(market: Market, book: Book, desk: Desk, row: int, j: int) -> int:
    """Read VIX and returns of the slice; returns the session it belongs to."""
    state = desk.risk[0]
    session = state["session"]
    for symbol in range(len(book.symbols)):
        if market.valid[row, symbol]:
            session = max(session, market.session[row, symbol])
            vix = desk.inputs[VIX, j, symbol]
            if vix == vix:
                state["vix"] = vix
    if len(desk.holdings.history.returns) > 0:
        push_log_returns_nb(desk.holdings.history, desk.inputs[LOG_RETURN, j])
    return int(session)


@njit_bare
def trip_nb(market: Market, book: Book, desk: Desk, row: int, session: int) -> int:
    """Ask the circuit breaker, after the person who may have resumed; returns the halt level that holds now."""
    config, state, account = book.config[0], desk.risk[0], book.account[0]
    if account["halt_level"] > 0 and 0 < config["resume_after"] <= config["slice"] - account["halt_row"]:
        resume_nb(state)
        account["halt_level"] = 0
        note_resumption_nb(desk.halts, account, config["slice"], market.ts[row])
    level = mark_nb(state, desk.limits[0], Mark(account["equity"], session, market.ts[row]))
    if level > account["halt_level"]:
        account["halt_row"] = config["slice"]
        account["halts"] += 1
        note_halt_nb(desk.halts, account, state, config["slice"])
    account["halt_level"] = level
    return int(level)


@njit_bare
def stop_free_nb(book: Book, reason: int) -> None:
    """No waiting order of a callback may open any more: those against the lane's position reduce, the others end."""
    for k in range(book.account[0]["alive"]):
        number = book.alive[k]
        order = book.orders[number]
        if order["role"] != FREE or order["flags"] & REDUCE_ONLY:
            continue
        if book.lanes[order["lane"]]["lots"] * order["side"] < 0:
            order["flags"] |= REDUCE_ONLY
        else:
            end_order_nb(book, number, CANCELLED, reason)


@njit_bare
def act_nb(market: Market, book: Book, desk: Desk, row: int, j: int) -> None:
    """Carry out the halt, and close lanes that lost too many ATRs."""
    state, limits, level = desk.risk[0], desk.limits[0], book.account[0]["halt_level"]
    if level >= 2:
        stop_free_nb(book, state["halt_reason"])
    for lane in range(len(book.lanes)):
        position = book.lanes[lane]
        if level >= 2 and position["working_entry"] >= 0:
            end_order_nb(book, position["working_entry"], CANCELLED, state["halt_reason"])
        if position["lots"] == 0:
            continue
        if level >= 3:
            close_lane_nb(market, book, row, lane, state["halt_reason"])
            continue
        if book.config[0]["manages"] == 1:
            why = manage_lane_nb(market, book, desk, (row, j), lane)
            if why != 0:
                close_lane_nb(market, book, row, lane, why)
        side = 1 if position["lots"] > 0 else -1
        value = abs(position["value"])
        # per unit, as shares of the price now: what was paid is the value now less what was gained since
        paid = value - side * (position["value"] - position["cost"])
        atr = desk.inputs[ATR_SHARE, j, position["symbol"]]
        if value > 0 and breaks_lane_nb(side, paid / value, 1.0, atr, limits["atr_breaker"]):
            close_lane_nb(market, book, row, lane, BROKEN)


@njit_bare
def watch_nb(market: Market, book: Book, desk: Desk, row: int, j: int) -> None:
    """Bring the risk state up to market row ``row``, whose column row is ``j``, and act on what it says."""
    config, state, limits = book.config[0], desk.risk[0], desk.limits[0]
    config["slice"], config["now"] = config["first_slice"] + row, market.ts[row]
    session = read_slice_nb(market, book, desk, row, j)
    count_trades_nb(book, desk)
    count_order_nb(state, limits, market.ts[row], 0)
    level = trip_nb(market, book, desk, row, session)
    state["equity"] = book.account[0]["equity"]
    begin_holdings_nb(desk.holdings, book.lanes, state, limits)
    extremes = begin_exposure_nb(state, desk.exposure, book.lanes, book.orders, book.alive, book.account[0]["alive"])
    before = state["breaches"]
    if breaches_nb(state, limits, extremes, desk.breaches) != 0:
        note_violations_nb(desk.violations, state, desk.breaches, before, config["slice"])
    if book.account[0]["open_lanes"] > 0 or level >= 2:
        act_nb(market, book, desk, row, j)
    alive = (book.alive, book.account[0]["alive"], book.account[0]["orders"])
    add_waiting_nb(state, desk.exposure, book.lanes, book.orders, alive, book.symbols)
