"""Membership of the universe inside a slice: who may be entered, and what becomes of those who left."""

from __future__ import annotations

from consilience.core.codes import Gate, OrderRole, OrderStatus, Reason
from consilience.core.jit import njit_bare, njit_inline
from consilience.engine.book import Book, Market
from consilience.engine.decide import send_exit_nb
from consilience.engine.orders import end_order_nb
from consilience.engine.records import Outcome, record_nb
from consilience.engine.venue import load_symbol_nb

NOT_VALID = int(Reason.NOT_VALID)
CANCELLED, EXIT, PASSED = int(OrderStatus.CANCELLED), int(OrderRole.EXIT), int(Gate.PASSED)


@njit_inline
def admit_nb(market: Market, book: Book, row: int, symbol: int) -> None:
    """Note beside a symbol's slice at hand what keeps it out of the universe."""
    if book.config[0]["has_universe"] == 1:
        book.symbols[symbol]["excluded"] = market.excluded[row, symbol]


@njit_bare
def leave_universe_nb(market: Market, book: Book, row: int) -> None:
    """Cancel the waiting entries of symbols that are no members, and close their positions where that is asked.

    A slice without a bar of the symbol changes nothing: a holiday is no exit.
    """
    config = book.config[0]
    for lane in range(len(book.lanes)):
        position = book.lanes[lane]
        if position["lots"] == 0 and position["working_entry"] < 0:
            continue
        symbol = position["symbol"]
        reason = int(market.excluded[row, symbol])
        if reason == 0 or reason == NOT_VALID or not market.valid[row, symbol]:
            continue
        config["slice"] = config["first_slice"] + row
        if position["working_entry"] >= 0:
            end_order_nb(book, position["working_entry"], CANCELLED, reason)
        if config["close_left"] == 0 or position["lots"] == 0 or position["working_exit"] >= 0:
            continue
        load_symbol_nb(market, book, row, symbol)
        number = send_exit_nb(book, lane, EXIT)
        book.orders[number]["reason"] = reason
        lots = abs(position["lots"])
        record_nb(book, lane, Outcome(PASSED, reason, 0.0, 1.0, 0.0, lots, lots, number))
