"""Quotes and trades event by event: each event is a slice whose four prices are one, through the same compiled step.

A quote shows bid, ask and their sizes; a trade is a print that either side may have met, with one size for both. Orders
act on later events of their symbol. What was taken from a quote stays taken while the quote shows the same price.
An event without two positive prices, or crossed, is masked: nothing fills on it and no callback hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from consilience.core.codes import MarketEventKind
from consilience.core.errors import ConfigError, DataError
from consilience.core.instruments import Instrument
from consilience.core.panel import Bools, FloatBars, Ints, Panel, PriceColumns, Records, base_fx
from consilience.core.schemas import TICK_DTYPE
from consilience.core.time import DAY, Timeframe
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.engine.tick_screen import TickScreen
from consilience.market.event_columns import EventTeller
from consilience.strategies.base import Strategy
from consilience.universe.selection import NEVER

EVENTS_PER_BLOCK = 1 << 17  # cells of a block: events x symbols
QUOTE_FIELDS = frozenset(FloatBars._fields[5:])


class TickRun:
    """A session fed with TICK_DTYPE rows of one currency's instruments; ``symbol`` counts along ``instruments``.

    participation comes from ``settings.physics.event_participation``: the share of a displayed size that we may take.
    screen: length of the bars on which a universe that screens is asked, see ``TickScreen``.
    Raises ConfigError for instruments of several currencies, and for such a universe without ``screen``.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        strategies: Sequence[Strategy],
        settings: Settings,
        *,
        screen: Timeframe | None = None,
    ) -> None:
        if len({i.currency for i in instruments}) != 1:
            raise ConfigError("an event-by-event run takes instruments of one currency")
        universe = settings.universe
        if universe.screens and screen is None:
            raise ConfigError(f"universe '{universe.name}' is asked on bars; give screen=, their length, such as 1m")
        self._instruments = tuple(instruments)
        self._screen = TickScreen(universe, instruments, screen) if universe.screens and screen else None
        self._last_trade = np.full(len(self._instruments), NEVER, np.int64)
        self._seen_fills = 0
        self._teller: EventTeller | None = None  # where a feature reads quotes or who traded
        self._last = np.zeros((2, len(self._instruments)), np.int64)  # bid and ask before the next event
        empty = self._panel(np.zeros(0, TICK_DTYPE), np.zeros(0, np.int64))
        self._block = max(64, EVENTS_PER_BLOCK // len(self._instruments))
        self.session = Session(empty, strategies, settings, block=self._block)
        if QUOTE_FIELDS & self.session.maker.price_fields():
            self._teller = EventTeller(len(self._instruments))

    def run(
        self, ticks: Records, session: Ints | None = None, *, progress: Callable[[int], None] | None = None
    ) -> None:
        """Run events in the order of ``ts_known``. session: int64 [N] trading session of each, UTC days by default."""
        if len(ticks) > 1 and bool((ticks["ts_known"][1:] < ticks["ts_known"][:-1]).any()):
            raise DataError("events must come in the order in which they were known")
        if len(ticks) and not 0 <= int(ticks["symbol"].min()) <= int(ticks["symbol"].max()) < len(self._instruments):
            raise DataError("an event's symbol is not one of the run's instruments")
        days = (ticks["ts_known"] - 1) // DAY if session is None else session
        cuts = [0, len(ticks)] if self._screen is None else self._screen.cuts(ticks["ts_known"]).tolist()
        for first, last in pairwise(cuts):
            for start in range(first, last, self._block):
                part = slice(start, min(start + self._block, last))
                self._choose(ticks[part], days[part])
                self.session.kinds = ticks["kind"][part].astype(np.uint8).tobytes()
                self.session.run(self._panel(ticks[part], days[part]))
                if progress is not None:
                    progress(part.stop)

    def _choose(self, ticks: Records, days: Ints) -> None:
        """Before events of one bar are run: screen the bar that they end, and begin or go on with theirs."""
        if self._screen is None:
            return
        book = self.session.book
        fills = book.fills[self._seen_fills : int(book.account[0]["fills"])]
        self._seen_fills += len(fills)
        traded = fills[fills["lots"] > 0]
        self._last_trade[traded["symbol"]] = traded["ts"]  # in time order: the last one of a symbol stays
        if self._screen.reach(int(ticks["ts_known"][0]), self._last_trade):
            self.session.members.hold(self._screen.codes)
        self._screen.take(ticks, _usable(ticks), days)

    def _panel(self, ticks: Records, days: Ints) -> Panel:
        """Events as slices; a symbol without the event keeps its last prices and is masked."""
        events, symbols = len(ticks), len(self._instruments)
        columns = ticks["symbol"]
        bid, ask = np.where(ticks["bid"] > 0, ticks["bid"], 0), np.where(ticks["ask"] > 0, ticks["ask"], 0)
        usable = _usable(ticks)
        rows = np.flatnonzero(usable)
        valid = np.zeros((events, symbols), np.bool_)
        valid[rows, columns[rows]] = True
        sizes = np.zeros((2, events, symbols), np.int64)
        sizes[0, rows, columns[rows]] = ticks["bid_size"][rows]
        sizes[1, rows, columns[rows]] = ticks["ask_size"][rows]
        traded = np.zeros((events, symbols))
        prints = rows[ticks["kind"][rows] == MarketEventKind.TRADE]
        traded[prints, columns[prints]] = ticks["ask_size"][prints]
        traded *= [float(i.lot) for i in self._instruments]
        sides = [self._carried(side, valid, k) for k, side in enumerate((bid, ask))]
        ts = ticks["ts_known"].copy()
        fx_num, fx_den = base_fx(events)
        return Panel(
            instruments=self._instruments,
            ts=ts,
            ts_known=ts,
            bid=PriceColumns(sides[0], sides[0], sides[0], sides[0]),
            ask=PriceColumns(sides[1], sides[1], sides[1], sides[1]),
            bid_size=sizes[0],
            ask_size=sizes[1],
            volume=traded,
            valid=valid,
            session=np.repeat(days[:, None], symbols, axis=1),
            currencies=(self._instruments[0].currency,),
            fx_num=fx_num,
            fx_den=fx_den,
            events=True,
            told=self._teller.tell(ticks, usable) if self._teller else None,
        )

    def _carried(self, prices: Ints, valid: np.ndarray[tuple[int, int], np.dtype[np.bool_]], side: int) -> Ints:
        """[events, symbols]: each symbol's last valid price, from the block before where it has none yet."""
        result = np.empty(valid.shape, np.int64)
        numbers = np.arange(len(prices))
        for column in range(valid.shape[1]):
            last = np.maximum.accumulate(np.where(valid[:, column], numbers, -1)) if len(prices) else numbers
            result[:, column] = np.where(last >= 0, prices[last], self._last[side, column])
            if len(prices):
                self._last[side, column] = result[-1, column]
        return result


def _usable(ticks: Records) -> Bools:
    """Events that show two positive prices, not crossed: bool [N]."""
    known = (ticks["kind"] >= MarketEventKind.QUOTE) & (ticks["kind"] <= MarketEventKind.BOOK)
    result: Bools = (ticks["bid"] > 0) & (ticks["ask"] >= ticks["bid"]) & known
    return result
