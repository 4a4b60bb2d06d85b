"""The universe of a run on single quotes and trades: screened on bars of them, held until the next bar closes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from consilience.core.codes import MarketEventKind, Reason
from consilience.core.errors import ConfigError
from consilience.core.instruments import Instrument
from consilience.core.panel import Bools, Ints, Panel, PriceColumns, Records, base_fx
from consilience.core.time import DAY, Timeframe
from consilience.universe.filters._base import Codes
from consilience.universe.profile import Profile
from consilience.universe.screener import Screener

NOBODY = int(Reason.NOT_VALID)
TRADE = MarketEventKind.TRADE


class TickScreen:
    """Bars of ``bar`` from events, and who is a member since the last of them closed.

    A bar covers [start, end) of UTC; it is over, and its screen known, from the first event at or after its end. Where
    a symbol has shown quotes its bars are of quotes, and trades give the volume; else they are of its trades. Spreads
    are known only where every symbol that traded has shown quotes. A symbol without an event in a bar is no member
    until the next one. Before the first bar nobody is.
    Raises ConfigError for a bar length that does not divide a day.
    """

    def __init__(self, profile: Profile, instruments: Sequence[Instrument], bar: Timeframe) -> None:
        if DAY % bar.duration_ns:
            raise ConfigError(f"bars of {bar} do not divide a day; screen on 1m, 5m, 1h or the like")
        self._instruments, self._length = tuple(instruments), bar.duration_ns
        count = len(self._instruments)
        self._lots = np.array([float(i.lot) for i in self._instruments])
        self._prices = np.zeros((2, 4, count), np.int64)  # bid and ask; open, high, low, close
        self._quoted, self._traded, self._seen = (np.zeros(count, np.bool_) for _ in range(3))
        self._volume = np.zeros(count, np.int64)  # lots
        self._session = np.zeros(count, np.int64)
        self._end = 0
        self._screener = Screener(profile, self._row())
        self.codes: Codes = np.full(count, NOBODY, np.int16)

    def cuts(self, ts: Ints) -> Ints:
        """Where in ``ts`` [N], ascending, another bar begins: int64, from 0 to N."""
        changes = np.flatnonzero(np.diff(ts // self._length)) + 1
        return np.concatenate(([0], changes, [len(ts)])).astype(np.int64)

    def reach(self, now: int, last_trade: Ints) -> bool:
        """Close the open bar where it is over at ``now``, and screen it; whether that was done.

        last_trade: UTC ns [S] of each symbol's last fill so far, for the decay of scores.
        """
        if not self._end or now < self._end:
            return False
        screen = self._screener.push(self._row(), 0, 1)
        self._screener.select(screen, slice(0, 1), last_trade)
        self.codes = screen.codes[0].copy()
        self._seen[:], self._volume[:], self._end = False, 0, 0
        return True

    def take(self, ticks: Records, usable: Bools, session: Ints) -> None:
        """Put events of one bar into it. usable: bool [N]; session: int64 [N]."""
        self._end = int(ticks["ts_known"][-1]) // self._length * self._length + self._length
        self._session[:] = session[-1]
        for symbol in np.unique(ticks["symbol"][usable]).tolist():
            self._take_one(ticks[usable & (ticks["symbol"] == symbol)], symbol)

    def _take_one(self, ticks: Records, symbol: int) -> None:
        prints = ticks["kind"] == TRADE
        if prints.any():
            self._traded[symbol] = True
            self._volume[symbol] += ticks["ask_size"][prints].sum()  # integer
        if not prints.all() and not self._quoted[symbol]:
            self._quoted[symbol], self._seen[symbol] = True, False  # trades before the first quote are no quotes
        if self._quoted[symbol]:
            ticks = ticks[~prints]
        for side, name in enumerate(("bid", "ask")):
            bar, values = self._prices[side, :, symbol], ticks[name]
            if not len(values):
                values = bar[3:].copy()  # the quote that stands
            if not self._seen[symbol]:
                bar[:] = values[0]
            bar[1], bar[2], bar[3] = max(bar[1], values.max()), min(bar[2], values.min()), values[-1]
        self._seen[symbol] = True

    def _row(self) -> Panel:
        """The bar as one slice."""
        bid, ask = (PriceColumns(*(row[None, :].copy() for row in side)) for side in self._prices)
        if not self._quoted[self._seen].all() or not self._seen.any():
            bid = ask = PriceColumns(*((low + high) // 2 for low, high in zip(bid, ask, strict=True)))
        fx_num, fx_den = base_fx(1)
        none = np.zeros((1, len(self._instruments)), np.int64)
        return Panel(
            instruments=self._instruments,
            ts=np.array([self._end], np.int64),
            ts_known=np.array([self._end], np.int64),
            bid=bid,
            ask=ask,
            bid_size=none,
            ask_size=none,
            volume=np.where(self._traded, self._volume * self._lots, np.nan)[None, :],
            valid=self._seen[None, :].copy(),
            session=self._session[None, :].copy(),
            currencies=(self._instruments[0].currency,),
            fx_num=fx_num,
            fx_den=fx_den,
            duration_ns=self._length,
        )
