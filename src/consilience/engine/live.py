"""A session whose orders rest at a venue outside: slices come in, reports come in, orders to send come out.

For each slice: ``open_slice``, any number of ``report``, ``close_slice``, ``changes``. Reports that arrive between
slices belong to the last one. With the simulated venue and nothing in between, everything it holds after a slice equals
the backtest's to the integer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from consilience.core.codes import FIRST_FINAL_STATUS, Reason
from consilience.core.errors import HaltTrading, ReportBug
from consilience.core.panel import Ints, Panel
from consilience.core.reason_text import REASON_TEXT
from consilience.engine.external import Report, apply_report_nb, follow_orders_nb, open_slice_nb
from consilience.engine.growth import with_room
from consilience.engine.halts import note_halt_nb
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.strategies.base import Strategy

FINAL = int(FIRST_FINAL_STATUS)
Terms = tuple[int, int, int]  # lots, limit, stop


class Changes(NamedTuple):
    """What the venue must be told after a slice, by order number.

    new: orders to send, in the order of their making. amended: alive ones whose lots, limit or stop a decision moved.
    ended: ones that we ended and that the venue still holds.
    """

    new: tuple[int, ...]
    amended: tuple[int, ...]
    ended: tuple[int, ...]


class LiveSession(Session):
    """A ``Session`` with the venue outside. Everything but the fills is the same code."""

    def __init__(self, panel: Panel, strategies: Sequence[Strategy], settings: Settings, **options: Any) -> None:
        super().__init__(panel, strategies, settings, **options)
        self.book.config["external"] = 1
        self._by_row = True
        self._open = False
        self._session_open: Ints | None = None
        self._sent: dict[int, Terms] = {}  # what the venue holds alive, as it was last told
        self._known_orders = 0

    # ---- one slice -----------------------------------------------------------------------------------------------
    def open_slice(self, panel: Panel, session_open: Ints | None = None) -> None:
        """Take the one slice in that ``panel`` holds: corporate actions, no decision yet."""
        if self._open or panel.shape[0] != 1:
            raise ReportBug("a live session takes one slice after the other, each closed before the next")
        self._open, self._session_open = True, session_open
        self._begin(panel)
        self.make_room()
        open_slice_nb(self.market, self.book, 0)
        self.stamp(int(panel.ts[0]))
        self._require_sound()

    def report(self, report: Report, ts: int | None = None) -> None:
        """Bring the book up to what the venue said of one order.

        ts: when it happened, UTC nanoseconds; None for the close of the slice at hand. Raises ReportBug for a number
        that is not ours, HaltTrading for an amount that does not fit int64.
        """
        if not 0 <= report.number < int(self.book.account[0]["orders"]):
            raise ReportBug(f"the venue reports on order {report.number}, which this session never made")
        self.make_room()
        if not apply_report_nb(self.market, self.book, 0, report):
            raise HaltTrading(f"a reported amount is too large: {REASON_TEXT[Reason.OVERFLOW]}")
        self.stamp(int(self.panel.ts[0]) if ts is None else ts)
        self._growth.touched(report.number)
        if report.status >= FINAL:
            self._sent.pop(report.number, None)
        self._require_sound()

    def close_slice(self) -> None:
        """Marks and decisions of the slice at hand."""
        if not self._open:
            raise ReportBug("there is no slice to close")
        self._open = False
        follow_orders_nb(self.market, self.book, 0)
        self._note_terms()
        self._load_block(self.panel, 0, 1, self._session_open)
        self._drive(self.panel, 0, 1)
        self._end()

    def changes(self) -> Changes:
        """What the venue must be told since the last call; the orders count as sent from now on."""
        orders, count = self.book.orders, int(self.book.account[0]["orders"])
        ended = tuple(n for n in self._sent if orders[n]["status"] >= FINAL)
        for number in ended:
            del self._sent[number]
        amended = tuple(n for n, terms in self._sent.items() if terms != self._terms(n))
        new = tuple(n for n in range(self._known_orders, count) if orders[n]["status"] < FINAL)
        self._known_orders = count
        for number in (*amended, *new):
            self._sent[number] = self._terms(number)
        return Changes(new, amended, ended)

    def stamp(self, ts: int) -> None:
        """Put ``ts`` on the fills and records that have no time yet."""
        for name, array in (("fills", self.book.fills), ("records", self.book.records)):
            used = int(self.book.account[0][name])
            array["ts"][self._stamped[name] : used] = ts
            self._stamped[name] = used

    def log_halt(self) -> None:
        """Note a halt by hand where halts are logged; the account counts it already."""
        desk, account = self.desk, self.book.account[0]
        if desk is not None:
            desk = desk._replace(halts=with_room(desk.halts, int(account["halts"]), 1))
            self._rows_alone.desk = desk
            note_halt_nb(desk.halts, account, desk.risk[0], self.slices - 1)

    def make_room(self) -> None:
        """Room for one more slice in which every lane acts."""
        self.book = self._growth.with_room(self.book)

    # ---- pieces --------------------------------------------------------------------------------------------------
    def _terms(self, number: int) -> Terms:
        order = self.book.orders[number]
        return int(order["lots"]), int(order["limit"]), int(order["stop"])

    def _note_terms(self) -> None:
        """Fills and corporate actions moved orders on both sides alike: that is nothing to tell the venue."""
        for number in self._sent:
            self._sent[number] = self._terms(number)

    def _require_sound(self) -> None:
        fault = int(self.book.account[0]["fault"])
        if fault:
            raise HaltTrading(f"the session stopped at slice {self.slices}: {REASON_TEXT[Reason(fault)]}")
