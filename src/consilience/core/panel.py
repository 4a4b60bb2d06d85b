"""The universe as arrays: a panel is a run of slices, time-major [T, S]; one slice is a panel of one row."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.errors import DataError
from consilience.core.instruments import Instrument
from consilience.core.schemas import ACTION_DTYPE, FACT_DTYPE, SIGNAL_DTYPE

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Records = npt.NDArray[np.void]


class PriceColumns(NamedTuple):
    """Open, high, low, close of one side, int64 ticks [T, S]."""

    open: Ints
    high: Ints
    low: Ints
    close: Ints


class FloatBars(NamedTuple):
    """What features read: forward-adjusted float64 [T, S]; NaN where the slice masks the symbol.

    bid, ask, bid_size, ask_size: the best quote as of the slice. trade_size, aggressor: of the slice's one trade. These
    are None where nobody reads them.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    bid: Floats | None = None
    ask: Floats | None = None
    bid_size: Floats | None = None
    ask_size: Floats | None = None
    trade_size: Floats | None = None
    aggressor: Floats | None = None


class EventColumns(NamedTuple):
    """What a panel of single events tells besides its prices, int64 [T, S] each.

    bid, ask: ticks, bid_size, ask_size: lots of the symbol's last quote, on its trades too; 0 before the first one
    and for a size that is not known. traded: lots of the slice's trade, 0 where it is none. aggressor: 1 the buyer, -1
    the seller, 0 unknown or no trade.
    """

    bid: Ints
    ask: Ints
    bid_size: Ints
    ask_size: Ints
    traded: Ints
    aggressor: Ints


NEVER = 2**62  # ns until trading stops where it does not


class TradingHours(NamedTuple):
    """Where each slice's close lies in its venue's hours, int64 ns [T, C] by calendar; an order sent then meets these.

    since_open: since trading began, until_close: until it stops, NEVER where it does not; both -1 while the venue is
    shut, which it is at the close itself. calendar: int64 [S], each symbol's column.
    """

    since_open: Ints
    until_close: Ints
    calendar: Ints


@dataclass(frozen=True)
class Panel:
    """Slices of S instruments over T close times.

    ts: int64 [T] close time of the slice, strictly ascending. ts_known: int64 [T], when it was complete.
    bid, ask: raw ticks; a trade panel has the same arrays on both sides. Buys match ``ask``, sells ``bid``.
    bid_size, ask_size: int64 lots [T, S] that one may trade against; the bar's volume on a trade panel.
    volume: float64 [T, S] in units (shares, coins), NaN where unknown; features read it, divided by the split factor.
    valid: bool [T, S]; False masks the symbol in that slice. flags: uint16 [T, S] QualityFlag bits.
    session: int64 [T, S] id of the trading session, ascending; DAY orders end when it changes.
    factor: float64 [T, S] forward-adjustment factor F (1 on the first bar), or None when there are no actions.
    split_factor: float64 [T, S] the part of F that comes from splits, or None; volume is divided by it.
    actions: ACTION_DTYPE rows in (row, symbol) order.
    facts: FACT_DTYPE rows in row order: market capitalisation, status and the like as they became known.
    signals: SIGNAL_DTYPE rows in row order: what external feeds said, as it became known. feeds: their names.
    fx_num: int64 [T, C], fx_den: int64 [C]: base units = units of currency c * num / den. Currency 0 is the base.
    events: slices are single quotes and trades; they may share a close time. told: what those say, or None.
    duration_ns: length of one bar, 0 when irregular.
    hours: None where the calendar is not known, and for bars of a day and longer, which have no time of day.
    """

    instruments: tuple[Instrument, ...]
    ts: Ints
    ts_known: Ints
    bid: PriceColumns
    ask: PriceColumns
    bid_size: Ints
    ask_size: Ints
    volume: Floats
    valid: Bools
    session: Ints
    currencies: tuple[str, ...]
    fx_num: Ints
    fx_den: Ints
    duration_ns: int = 0
    flags: npt.NDArray[np.uint16] | None = None
    factor: Floats | None = None
    split_factor: Floats | None = None
    actions: Records = field(default_factory=lambda: np.zeros(0, ACTION_DTYPE))
    facts: Records = field(default_factory=lambda: np.zeros(0, FACT_DTYPE))
    events: bool = False
    told: EventColumns | None = None
    signals: Records = field(default_factory=lambda: np.zeros(0, SIGNAL_DTYPE))
    feeds: tuple[str, ...] = ()
    hours: TradingHours | None = None
    first_row: int = 0  # row number of this panel's first slice in the history it was cut from

    def __post_init__(self) -> None:
        rows, symbols = self.shape
        if self.ts.shape != (rows,) or self.ts_known.shape != (rows,):
            raise DataError("a panel's time columns must have one entry for each slice")
        if symbols != len(self.instruments):
            raise DataError(f"the panel has {symbols} columns for {len(self.instruments)} instruments")
        if self.events:
            if rows > 1 and not bool((self.ts[1:] >= self.ts[:-1]).all()):
                raise DataError("a panel's times of events may not go back")
        elif rows > 1 and not bool((self.ts[1:] > self.ts[:-1]).all()):
            raise DataError("a panel's close times must ascend strictly")

    @property
    def shape(self) -> tuple[int, int]:
        """(T, S)."""
        rows, symbols = self.valid.shape
        return rows, symbols

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols in column order."""
        return tuple(i.symbol for i in self.instruments)

    @property
    def is_bid_ask(self) -> bool:
        """Whether bids and asks differ, i.e. it is not a trade panel."""
        return self.bid.close is not self.ask.close

    @cached_property
    def dense(self) -> bool:
        """Whether no symbol is masked anywhere."""
        return bool(self.valid.all())

    def rows(self, start: int, stop: int) -> Panel:
        """Slices ``start`` to ``stop`` as views; the rows of their actions, facts and signals count from ``start``."""
        cut = slice(start, stop)
        bid = PriceColumns(*(c[cut] for c in self.bid))
        ask = PriceColumns(*(c[cut] for c in self.ask)) if self.is_bid_ask else bid
        bid_size = self.bid_size[cut]
        return replace(
            self,
            ts=self.ts[cut],
            ts_known=self.ts_known[cut],
            bid=bid,
            ask=ask,
            bid_size=bid_size,
            ask_size=bid_size if self.ask_size is self.bid_size else self.ask_size[cut],
            volume=self.volume[cut],
            valid=self.valid[cut],
            session=self.session[cut],
            fx_num=self.fx_num[cut],
            hours=_cut_hours(self.hours, cut),
            flags=None if self.flags is None else self.flags[cut],
            factor=None if self.factor is None else self.factor[cut],
            told=None if self.told is None else EventColumns(*(c[cut] for c in self.told)),
            split_factor=None if self.split_factor is None else self.split_factor[cut],
            actions=_rows_of(self.actions, start, stop),
            facts=_rows_of(self.facts, start, stop),
            signals=_rows_of(self.signals, start, stop),
            first_row=self.first_row + start,
        )


def _cut_hours(hours: TradingHours | None, cut: slice) -> TradingHours | None:
    if hours is None:
        return None
    return TradingHours(hours.since_open[cut], hours.until_close[cut], hours.calendar)


def _rows_of(records: Records, start: int, stop: int) -> Records:
    rows = records["row"]  # ascending; bisect does not copy the strided column as searchsorted would
    chosen = records[bisect_left(rows, start) : bisect_left(rows, stop)].copy()
    chosen["row"] -= start
    return chosen


def base_fx(rows: int) -> tuple[Ints, Ints]:
    """FX columns of a panel with one currency: rate 1."""
    return np.ones((rows, 1), np.int64), np.ones(1, np.int64)


def trade_panel(
    instruments: Sequence[Instrument],
    ts: Ints,
    prices: PriceColumns,
    volume_lots: Ints,
    *,
    valid: Bools | None = None,
    session: Ints | None = None,
    duration_ns: int = 0,
) -> Panel:
    """A one-currency panel of trade bars from ready ticks; sessions default to UTC days."""
    rows, symbols = prices.close.shape
    lots = np.array([float(i.lot) for i in instruments], np.float64)
    fx_num, fx_den = base_fx(rows)
    if session is None:
        # a broadcast of one symbol would stay read-only, and every kernel that reads it compile a second time
        session = np.repeat(((ts - 1) // 86_400_000_000_000)[:, None], symbols, axis=1)
    currencies = {i.currency for i in instruments}
    if len(currencies) != 1:
        raise DataError("trade_panel takes instruments of one currency; build a panel with FX rates for several")
    return Panel(
        instruments=tuple(instruments),
        ts=ts,
        ts_known=ts,
        bid=prices,
        ask=prices,
        bid_size=volume_lots,
        ask_size=volume_lots,
        volume=volume_lots * lots,
        valid=np.ones((rows, symbols), np.bool_) if valid is None else valid,
        session=session,
        currencies=(instruments[0].currency,),
        fx_num=fx_num,
        fx_den=fx_den,
        duration_ns=duration_ns,
    )
