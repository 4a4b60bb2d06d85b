"""A venue of our own: the backtest's venue step behind an order desk, for paper trading and for chaos.

It knows orders by its own numbers, fills them against the slices it is shown, keeps positions and money of its own, and
tells what became of each order in the order in which it happened. It decides nothing.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import NamedTuple

import numpy as np

from consilience.core.codes import FIRST_FINAL_STATUS, OrderFlag, OrderStatus, OrderType, Reason
from consilience.core.errors import HaltTrading
from consilience.core.jit import njit_bare
from consilience.core.panel import Panel, Records
from consilience.core.reason_text import REASON_TEXT
from consilience.core.schemas import STRATEGY_DTYPE
from consilience.engine.book import Book, Market, market_of, new_book
from consilience.engine.growth import Growth
from consilience.engine.matching import trail_level_nb
from consilience.engine.orders import Draft, add_order_nb, end_order_nb
from consilience.engine.settings import Settings, cash_units, config_record, venue_records
from consilience.engine.venue import mark_lanes_nb, venue_row_nb

FINAL, REJECTED = int(FIRST_FINAL_STATUS), int(OrderStatus.REJECTED)
MARKET, TRAILING = int(OrderType.MARKET), int(OrderType.TRAILING_STOP)
ITSELF = -2  # as a group: this order is the first of it
INITIALIZED, TRAIL_PERCENT = int(OrderStatus.INITIALIZED), int(OrderFlag.TRAIL_PERCENT)


class VenueEvent(NamedTuple):
    """What happened to one order. number: the venue's. The rest is as in ``engine.external.Report``.

    execution: number of the fill at the venue, -1 where nothing filled.
    """

    number: int
    status: int
    reason: int = 0
    execution: int = -1
    lots: int = 0
    ticks: int = 0
    slippage: int = 0
    maker: int = 0
    at_open: int = 0
    fee: int = 0


@njit_bare
def place_nb(book: Book, draft: Draft) -> int:
    """Add an order that has just arrived. A trailing stop follows the best price from the last close on."""
    number = add_order_nb(book, draft)
    if draft.type == TRAILING and draft.parent < 0:
        order = book.orders[number]
        instrument = book.symbols[order["symbol"]]
        close = instrument["ask_close"] if draft.side > 0 else instrument["bid_close"]
        percent = (draft.flags & TRAIL_PERCENT) != 0
        order["water"] = close
        order["stop"] = trail_level_nb(instrument, draft.side, close, draft.trail, percent)
    return number


@njit_bare
def show_slice_nb(market: Market, book: Book, row: int) -> None:
    """One slice: actions, orders, marks; every symbol's prices are kept for orders to come."""
    config, account = book.config[0], book.account[0]
    config["slice"] = config["first_slice"] + row
    venue_row_nb(market, book, row)
    if account["open_lanes"] > 0:
        mark_lanes_nb(market, book, row)
    for symbol in range(len(book.symbols)):
        if market.valid[row, symbol]:
            target = book.symbols[symbol]
            target["bid_close"] = market.bid_close[row, symbol]
            target["ask_close"] = market.ask_close[row, symbol]


@njit_bare
def withdraw_nb(book: Book, number: int, status: int, reason: int) -> None:
    """End an alive order."""
    end_order_nb(book, number, status, reason)


class SimulatedVenue:
    """Orders and positions of ``accounts`` sub-accounts (one a strategy) that share one cash account.

    panel: tells instruments, currencies and kind of data. settings: cash, leverage and physics.
    """

    def __init__(self, panel: Panel, settings: Settings, accounts: int) -> None:
        self.symbols = panel.symbols
        self.base_currency = panel.currencies[0]
        self._currencies = tuple(i.currency for i in panel.instruments)
        strategies = np.zeros(accounts, STRATEGY_DTYPE)
        self.book = new_book(
            venue_records(settings, panel),
            strategies,
            config_record(settings, panel, accounts),
            cash_units=cash_units(settings, panel.currencies[0]),
        )
        self._growth = Growth()
        self.slices = 0
        self._open: dict[int, int] = {}  # alive orders that were sent, with the status last told
        self._seen_fills = 0

    def currency_of(self, symbol: int) -> str:
        """Currency that fills and fees of a symbol are in."""
        return self._currencies[symbol]

    # ---- the order desk ------------------------------------------------------------------------------------------
    def place(self, draft: Draft) -> int:
        """Take an order; returns its number here. Its parent and group are numbers of this venue, or ``ITSELF``."""
        self.book = self._growth.with_room(self.book)
        if draft.group == ITSELF:
            draft = draft._replace(group=int(self.book.account[0]["orders"]))
        number = int(place_nb(self.book, draft))
        self._open[number] = int(self.book.orders[number]["status"])
        return number

    def amend(self, number: int, lots: int, limit: int, stop: int) -> bool:
        """Change an alive order in place; False where it is over. ``lots`` are the whole, what filled included."""
        order = self.book.orders[number]
        if order["status"] >= FINAL or (lots < order["filled"] and order["status"] != INITIALIZED):
            return False
        if order["status"] != INITIALIZED:
            order["lots"] = lots
        order["limit"], order["stop"] = limit, stop
        return True

    def cancel(self, number: int, reason: int = int(Reason.CANCELLED_BY_STRATEGY)) -> list[VenueEvent]:
        """End an order, and with it what hangs on it; nothing where it is over already."""
        if self.book.orders[number]["status"] < FINAL:
            withdraw_nb(self.book, number, int(OrderStatus.CANCELLED), reason)
        return self._events()

    # ---- the market ----------------------------------------------------------------------------------------------
    def show(self, panel: Panel) -> list[VenueEvent]:
        """Let every order meet the one slice that ``panel`` holds; what happened, in its order.

        Raises HaltTrading when an amount does not fit int64.
        """
        self.book = self._growth.with_room(self.book)
        book = self.book
        book.config["first_slice"] = self.slices
        book.config["dense"] = int(panel.dense)
        book.account["actions"] = 0
        show_slice_nb(market_of(panel), book, 0)
        self.slices += 1
        fault = int(book.account[0]["fault"])
        if fault:
            raise HaltTrading(f"the simulated venue stopped at slice {self.slices - 1}: {REASON_TEXT[Reason(fault)]}")
        self._growth.prepare(book)
        return self._events()

    def _events(self) -> list[VenueEvent]:
        """What is new, in the order in which it happened: each end between the fills that came before and after it."""
        first, stop = self._seen_fills, int(self.book.account[0]["fills"])
        left = Counter(self.book.fills["order"][first:stop].tolist())  # fills still to be told, by order
        orders, ends = self.book.orders, deque(self._ended())
        found = []
        for k in range(first, stop):
            while ends and int(orders[ends[0]]["done_fills"]) <= k:
                found += self._end(ends.popleft())
            fill = self.book.fills[k]
            number = int(fill["order"])
            left[number] -= 1
            if number in self._open and fill["lots"] != 0:  # corporate actions the other side works out as well
                found.append(self._told(number, k, fill, last=left[number] == 0))
        self._seen_fills = stop
        for number in ends:
            found += self._end(number)
        return found

    def _told(self, number: int, execution: int, fill: Records, *, last: bool) -> VenueEvent:
        order = self.book.orders[number]
        status, reason = int(OrderStatus.PARTIALLY_FILLED), 0
        # an order that filled whole, or whose rest the account could not carry, ended at this fill
        refused = order["status"] == REJECTED and order["done_fills"] == execution + 1
        if last and (refused or order["status"] == OrderStatus.FILLED):
            status = int(order["status"])
            reason = int(order["reason"]) if status == REJECTED else 0
            del self._open[number]
        return VenueEvent(
            number,
            status,
            reason,
            execution=execution,
            lots=int(fill["lots"]),
            ticks=int(fill["ticks"]),
            slippage=int(fill["slippage_base"]),
            maker=int(fill["maker"]),
            at_open=int(order["type"] == MARKET),
            fee=int(fill["fee"]),
        )

    def _ended(self) -> list[int]:
        """Open orders that are over, by the number of fills before their end, then by age."""
        orders = self.book.orders
        over = [n for n in self._open if orders[n]["status"] >= FINAL and orders[n]["status"] != OrderStatus.FILLED]
        return sorted(over, key=lambda n: (int(orders[n]["done_fills"]), n))

    def _end(self, number: int) -> list[VenueEvent]:
        """The end of an order, unless its last fill told it."""
        if number not in self._open:
            return []
        del self._open[number]
        order = self.book.orders[number]
        return [VenueEvent(number, int(order["status"]), int(order["reason"]))]
