"""Orders that rest at a venue outside: its reports become fills and ends of our orders, and nothing else does.

Where ``config.external`` is 1 the slice step fills nothing. Corporate actions, the levels of trailing stops and the
``valid_for`` of entries are followed here as well, so that decisions see them; the venue does the same or is told.
A report is the truth: nothing in it is clamped to what the account can carry or to what a reduce-only order may do.
"""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.codes import FIRST_FINAL_STATUS, OrderStatus
from consilience.core.jit import njit_bare
from consilience.engine.book import Book, Market
from consilience.engine.fills import LARGEST, base_units_nb, settle_fill_nb, write_fill_nb
from consilience.engine.orders import drop_final_orders_nb, end_order_nb
from consilience.engine.venue import age_orders_nb, load_range_nb, load_symbol_nb, venue_row_nb

FINAL = int(FIRST_FINAL_STATUS)
FILLED, REJECTED = int(OrderStatus.FILLED), int(OrderStatus.REJECTED)
FEE_BY_MODEL = -(2**62)


class Report(NamedTuple):
    """What a venue said of one order, as the kernels take it.

    number: of the order in the book. status: OrderStatus after it. reason: Reason of an end. lots, ticks: of this fill
    alone, 0 where nothing filled. slippage: base units, where the venue tells it, else 0. maker, at_open: 1 or 0.
    fee: instrument currency units, negative is a rebate, or ``FEE_BY_MODEL``.
    """

    number: int
    status: int
    reason: int = 0
    lots: int = 0
    ticks: int = 0
    slippage: int = 0
    maker: int = 0
    at_open: int = 0
    fee: int = FEE_BY_MODEL


@njit_bare
def open_slice_nb(market: Market, book: Book, row: int) -> None:
    """Begin the slice of market row ``row``: corporate actions, as the venue carries them out too."""
    config = book.config[0]
    config["slice"] = config["first_slice"] + row
    venue_row_nb(market, book, row)


@njit_bare
def correct_costs_nb(book: Book, fee: int, fee_base: int, slippage: int) -> None:
    """Put the venue's own fee and slippage on the last fill, in place of the model's."""
    account = book.account[0]
    fill = book.fills[account["fills"] - 1]
    more = fee_base - fill["fee_base"]
    fill["fee"], fill["fee_base"], fill["slippage_base"] = fee, fee_base, slippage
    fill["cash"] -= more
    account["cash"] -= more
    account["equity"] -= more
    account["fees"] += more
    account["slippage"] += slippage
    book.lanes[fill["lane"]]["fees"] += more


@njit_bare
def fill_reported_nb(book: Book, report: Report) -> bool:
    """Post a fill as reported; False when an amount does not fit int64, and then nothing was posted.

    An order that we hold for ended (its cancellation crossed the fill) is filled all the same and stays ended.
    """
    number = report.number
    order = book.orders[number]
    lane, account = book.lanes[order["lane"]], book.account[0]
    before, ended = lane["lots"], order["status"] >= FINAL
    fee_base = 0 if report.fee == FEE_BY_MODEL else base_units_nb(book.symbols[order["symbol"]], report.fee)
    if abs(fee_base) >= LARGEST or not write_fill_nb(book, number, report.lots, report.ticks, (0, report.maker)):
        return False
    fill = book.fills[account["fills"] - 1]
    if report.fee == FEE_BY_MODEL:
        correct_costs_nb(book, fill["fee"], fill["fee_base"], report.slippage)
    else:
        correct_costs_nb(book, report.fee, fee_base, report.slippage)
    if not ended:
        settle_fill_nb(book, number, report.lots, before, (report.at_open, 1 if report.status == REJECTED else 0))
        return True
    if before == 0:
        account["open_lanes"] += 1
    if lane["lots"] == 0:
        account["open_lanes"] -= 1
    elif before * lane["lots"] <= 0:
        lane["entries"] = 1
        lane["entry_row"] = book.config[0]["slice"]
    return True


@njit_bare
def apply_report_nb(market: Market, book: Book, row: int, report: Report) -> bool:
    """Bring one order, its lane and the account up to what the venue said in market row ``row``.

    False when an amount does not fit int64: the order keeps its state and the run must stop.
    """
    config = book.config[0]
    config["slice"] = config["first_slice"] + row
    order = book.orders[report.number]
    load_symbol_nb(market, book, row, order["symbol"])
    if report.lots > 0 and not fill_reported_nb(book, report):
        return False
    if report.status >= FINAL and report.status != FILLED:
        end_order_nb(book, report.number, report.status, report.reason)
    return True


@njit_bare
def follow_orders_nb(market: Market, book: Book, row: int) -> None:
    """After the reports of a slice: levels of trailing stops and the age of entries; ended orders leave the list."""
    config, account = book.config[0], book.account[0]
    config["slice"] = config["first_slice"] + row
    if account["alive"] == 0:
        return
    for k in range(account["alive"]):
        symbol = book.orders[book.alive[k]]["symbol"]
        load_symbol_nb(market, book, row, symbol)
        if book.symbols[symbol]["whole"] == 0:
            load_range_nb(market, book.symbols[symbol], row, symbol)
    age_orders_nb(book)
    drop_final_orders_nb(book)
