"""What a person asks of a live session between slices: halt, resume, cancel and close."""

from __future__ import annotations

from consilience.core.codes import FIRST_FINAL_STATUS, Gate, OrderRole, OrderStatus, Reason
from consilience.core.errors import ConfigError
from consilience.core.jit import njit_bare
from consilience.engine.book import Book, Market
from consilience.engine.decide import send_exit_nb
from consilience.engine.free_orders import cancel_nb
from consilience.engine.halts import note_resumption_nb
from consilience.engine.live import LiveSession
from consilience.engine.records import Outcome, record_nb
from consilience.engine.venue import load_symbol_nb
from consilience.risk.breaker import HaltAct, ResumeAct, emergency_stop, resume, signed_act

CANCELLED, BY_PERSON = int(OrderStatus.CANCELLED), int(Reason.HALT_BY_PERSON)
EXIT, PASSED = int(OrderRole.EXIT), int(Gate.PASSED)


def halt(session: LiveSession, level: int, actor: str, words: str, ts: int) -> HaltAct:
    """Let no entry pass from now on; level 2 cancels the waiting ones, level 3 closes every position as well.

    Raises ConfigError for another level, or without a name or a reason.
    """
    account = session.book.account[0]
    before = int(account["halt_level"])
    if session.desk is not None:
        act = emergency_stop(session.desk.risk[0], level, actor, words, ts)
    else:
        actor, words = signed_act("halt", actor, words)
        if level not in (1, 2, 3):
            raise ConfigError(f"halt: level={level}; use 1 no entries, 2 cancel entries or 3 flatten")
        act = HaltAct(actor, words, ts, max(level, before), before)
    account["halt_level"] = act.level
    account["halt_row"] = session.slices - 1
    if act.level > before:
        account["halts"] += 1
        session.log_halt()
    if level >= 2:
        cancel_entries(session)
    if level == 3:
        close_positions(session)
    return act


def end_halt(session: LiveSession, actor: str, words: str, ts: int) -> ResumeAct:
    """Let entries pass again. Raises ConfigError when trading is not halted, or without a name or a reason."""
    account = session.book.account[0]
    if session.desk is not None:
        act = resume(session.desk.risk[0], actor, words, ts)
        note_resumption_nb(session.desk.halts, account, session.slices - 1, ts)
    else:
        actor, words = signed_act("resume", actor, words)
        if account["halt_level"] == 0:
            raise ConfigError("resume: trading is not halted")
        act = ResumeAct(actor, words, ts, int(account["halt_level"]), BY_PERSON, 0, 0, 0)
    account["halt_level"] = 0
    return act


def cancel_entries(session: LiveSession) -> None:
    """Cancel every order that could open or enlarge a position."""
    book = session.book
    for lane in book.lanes:
        if lane["working_entry"] >= 0:
            cancel_nb(book, int(lane["working_entry"]), CANCELLED, BY_PERSON)
    for number in book.alive[: int(book.account[0]["alive"])].tolist():
        order = book.orders[number]
        lots = int(book.lanes[order["lane"]]["lots"])
        if order["status"] < FIRST_FINAL_STATUS and order["parent"] < 0 and order["side"] * lots >= 0:
            cancel_nb(book, number, CANCELLED, BY_PERSON)


@njit_bare
def close_lane_by_hand_nb(market: Market, book: Book, lane: int, reason: int) -> None:
    """Send the exit of one position at the market, whether its symbol trades now or not: the venue keeps the order."""
    position = book.lanes[lane]
    load_symbol_nb(market, book, 0, position["symbol"])
    lots = abs(position["lots"])
    number = send_exit_nb(book, lane, EXIT)
    book.orders[number]["reason"] = reason
    record_nb(book, lane, Outcome(PASSED, reason, 0.0, 1.0, 0.0, lots, lots, number))


def close_positions(session: LiveSession) -> None:
    """Send the exit of every open position."""
    session.make_room()
    book = session.book
    for lane in range(len(book.lanes)):
        if book.lanes[lane]["lots"] != 0 and book.lanes[lane]["working_exit"] < 0:
            close_lane_by_hand_nb(session.market, book, lane, BY_PERSON)
    session.stamp(int(session.panel.ts[0]))
