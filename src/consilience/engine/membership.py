"""The universe of a run: codes for the kernels, and the slice-by-slice way where the selection follows the trades."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.errors import ReportBug
from consilience.core.panel import Ints, Panel
from consilience.engine.book import NO_CODES, Book, Codes, Market
from consilience.universe.filters._base import Codes as Excluded
from consilience.universe.profile import Profile
from consilience.universe.screener import Screen, Screener
from consilience.universe.selection import NEVER

NOT_VALID = int(Reason.NOT_VALID)


class Membership:
    """Who may be entered in each slice. Without a universe it costs nothing and says nothing.

    by_row: the selection looks at what was traded, so each slice is decided after its own fills.
    Single quotes and trades are not screened themselves: what ``hold`` was told last is true of all their slices, and
    nobody is a member before.
    """

    def __init__(self, profile: Profile, panel: Panel) -> None:
        self._held: Excluded | None = None
        if profile.screens and panel.events:
            self._held = np.full(len(panel.instruments), NOT_VALID, np.int16)
        self._screener = Screener(profile, panel) if profile.screens and not panel.events else None
        self.by_row = self._screener is not None and profile.follows_trades
        self._codes: Codes = NO_CODES
        self._screen: Screen | None = None
        self._start = 0
        self._last_trade = np.full(len(panel.instruments), NEVER, np.int64)
        self._seen_fills = 0

    def begin(self, panel: Panel) -> Codes:
        """Room for the codes of a panel, [T, S]; they are filled block by block."""
        if self._screener is not None:
            self._codes = np.zeros(panel.shape, np.int16)
        if self._held is not None:
            self._codes = np.repeat(self._held[None, :], panel.shape[0], axis=0)
        return self._codes

    def hold(self, codes: Excluded) -> None:
        """Let ``codes``, int16 [S], be those of all slices of the panels to come."""
        self._held = codes

    def push(self, panel: Panel, start: int, stop: int, session_open: Ints | None) -> None:
        """Screen slices ``start`` to ``stop``; select in them too, unless that has to wait for their fills."""
        if self._screener is None:
            return
        self._screen, self._start = self._screener.push(panel, start, stop, session_open), start
        if not self.by_row:
            self._screener.select(self._screen)
            self._codes[start:stop] = self._screen.codes

    def choose(self, market: Market, book: Book, row: int) -> None:
        """Select in market row ``row``, whose fills are done; nothing where the selection does not follow them."""
        if not self.by_row:
            return
        screener, screen = self._screener, self._screen
        if screener is None or screen is None:
            raise ReportBug("a slice was decided before it was screened")
        fills = int(book.account[0]["fills"])
        for fill in book.fills[self._seen_fills : fills]:
            if fill["lots"] > 0:
                self._last_trade[fill["symbol"]] = market.ts[fill["row"] - book.config[0]["first_slice"]]
        self._seen_fills = fills
        inside = row - self._start
        screener.select(screen, slice(inside, inside + 1), self._last_trade)
        self._codes[row] = screen.codes[inside]
