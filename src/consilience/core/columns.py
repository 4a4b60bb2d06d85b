"""Typed columns as adapters hand them over: bars, rates and session schedules, before any judgement on them.

Adapters fill these from files and feeds; the market room gates, adjusts and aligns them into a panel.
Prices stay float64 as read: a double parsed from decimal text equals ``ticks * num / den`` exactly when
the price is on the grid, so nothing is lost and the gate can tell what is off it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from consilience.core.errors import DataError
from consilience.core.events import CorporateAction
from consilience.core.instruments import Instrument
from consilience.core.panel import Bools, Floats, Ints


@dataclass(frozen=True)
class PriceFloats:
    """Open, high, low, close of one side as read, float64 [N] in price units; NaN where the source had none."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def take(self, index: Ints | Bools | slice) -> PriceFloats:
        """The rows that ``index`` picks."""
        return PriceFloats(self.open[index], self.high[index], self.low[index], self.close[index])

    @property
    def all(self) -> tuple[Floats, Floats, Floats, Floats]:
        """The four columns in order."""
        return self.open, self.high, self.low, self.close


@dataclass(frozen=True)
class RawBars:
    """Bars of one instrument in source order, nothing judged or repaired.

    ts: int64 [N] UTC nanoseconds, the bar's CLOSE. ts_known: int64 [N] when we knew, or None when equal to ts.
    trade: prices of a trade bar, or the bid side of a bid/ask bar. ask: the ask side, or None for trades.
    volume: float64 [N] in units (shares, coins, contracts); NaN where unknown.
    bid_size, ask_size: float64 [N] in units at the close, or None. adj_close: float64 [N] or None.
    duration_ns: length of one bar, 0 when irregular. Daily bars have one day, whatever the session's hours.
    notes: what the reader inferred or dropped, one line each, for the user to see.
    actions: corporate actions of this history that are known with it, such as the rolls of a continuous series.
    """

    instrument: Instrument
    ts: Ints
    trade: PriceFloats
    volume: Floats
    duration_ns: int
    ask: PriceFloats | None = None
    bid_size: Floats | None = None
    ask_size: Floats | None = None
    adj_close: Floats | None = None
    ts_known: Ints | None = None
    notes: tuple[str, ...] = field(default=())
    actions: tuple[CorporateAction, ...] = field(default=())

    def __post_init__(self) -> None:
        rows = self.ts.shape
        optional = (self.bid_size, self.ask_size, self.adj_close, self.ts_known)
        columns = [*self.trade.all, self.volume, *(c for c in optional if c is not None)]
        columns.extend(self.ask.all if self.ask is not None else ())
        if any(c.shape != rows for c in columns):
            raise DataError(f"{self.symbol}: the columns of the bars differ in length")

    @property
    def symbol(self) -> str:
        """Symbol of the instrument."""
        return self.instrument.symbol

    @property
    def is_bid_ask(self) -> bool:
        """Whether there is an ask side of its own."""
        return self.ask is not None

    def __len__(self) -> int:
        return len(self.ts)

    def take(self, index: Ints | Bools | slice) -> RawBars:
        """The rows that ``index`` picks, in its order."""
        return replace(
            self,
            ts=self.ts[index],
            trade=self.trade.take(index),
            volume=self.volume[index],
            ask=None if self.ask is None else self.ask.take(index),
            bid_size=None if self.bid_size is None else self.bid_size[index],
            ask_size=None if self.ask_size is None else self.ask_size[index],
            adj_close=None if self.adj_close is None else self.adj_close[index],
            ts_known=None if self.ts_known is None else self.ts_known[index],
        )


@dataclass(frozen=True)
class RawRates:
    """Exchange rates over time: one unit of ``currency`` = numerator / denominator units of ``base``, exactly.

    ts_event, ts_known: int64 [N], ascending ts_known. numerator, denominator: int64 [N], positive.
    """

    currency: str
    base: str
    ts_event: Ints
    ts_known: Ints
    numerator: Ints
    denominator: Ints

    def __post_init__(self) -> None:
        if len(self.ts_known) > 1 and not bool((self.ts_known[1:] > self.ts_known[:-1]).all()):
            raise DataError(f"rates of {self.currency}/{self.base} must ascend strictly in the time they became known")
        if not bool((self.numerator > 0).all()) or not bool((self.denominator > 0).all()):
            raise DataError(f"rates of {self.currency}/{self.base} must be positive")


@dataclass(frozen=True)
class SessionSchedule:
    """Sessions of one trading calendar as arrays over sessions [K], ascending.

    code: calendar code (``XNYS``, ``24/7``, ``24/5``). session_id: int64, days from 1970-01-01 to the session's date,
    so an id never depends on where the schedule starts. open_ns, close_ns: int64 UTC; session k covers
    (open_ns[k], close_ns[k]]. early_close: bool, closes before the calendar's usual time.
    break_start_ns, break_end_ns: int64, the midday break, 0 where there is none.
    """

    code: str
    session_id: Ints
    open_ns: Ints
    close_ns: Ints
    early_close: Bools
    break_start_ns: Ints
    break_end_ns: Ints

    def __post_init__(self) -> None:
        if len(self.session_id) == 0:
            raise DataError(f"calendar {self.code} has no session in the asked range")
        if not bool((self.close_ns > self.open_ns).all()) or not bool((self.open_ns[1:] >= self.close_ns[:-1]).all()):
            raise DataError(f"calendar {self.code}: sessions must not overlap")
        if not bool((np.diff(self.session_id) > 0).all()):
            raise DataError(f"calendar {self.code}: session ids must ascend")

    def __len__(self) -> int:
        return len(self.session_id)

    @property
    def always_open(self) -> bool:
        """Whether no time lies between sessions (``24/7``)."""
        return bool((self.open_ns[1:] == self.close_ns[:-1]).all())


@dataclass(frozen=True)
class RawTicks:
    """Single quotes and trades of one instrument in arrival order, nothing judged.

    ts: int64 [N] UTC ns of the event. ts_known: int64 [N] or None. is_trade: bool [N].
    bid, ask: float64 [N] prices as read; a trade has its price in both. A quote side of 0 or NaN is not in that update.
    bid_size, ask_size: float64 [N] units, NaN where unknown; a trade has its size in both.
    aggressor: int16 [N] 1, -1 or 0 unknown. notes: what the reader inferred, one line each.
    """

    instrument: Instrument
    ts: Ints
    is_trade: Bools
    bid: Floats
    ask: Floats
    bid_size: Floats
    ask_size: Floats
    aggressor: npt.NDArray[np.int16]
    ts_known: Ints | None = None
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        columns = (self.is_trade, self.bid, self.ask, self.bid_size, self.ask_size, self.aggressor)
        if any(c.shape != self.ts.shape for c in columns):
            raise DataError(f"{self.instrument.symbol}: the columns of the ticks differ in length")

    def __len__(self) -> int:
        return len(self.ts)
