"""Bars from single trades and quotes: one step function per kind, run over a batch or event by event.

The state is one record that the caller keeps, so a stream cut anywhere gives the same bars as one batch. Trades make
time, tick-count or volume bars; quotes make bid/ask time bars. Everything is stamped at its close.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.jit import njit
from consilience.core.panel import Ints, Records

# A bar under construction. ``bid`` columns hold the trade price for trade bars.
BAR_STATE_DTYPE = np.dtype(
    [
        ("end", "i8"),  # its bucket's end, 0 when none is open
        ("closed_end", "i8"),  # end of the last bar given out; older events are late
        ("last_ts", "i8"),  # time of the last event in it
        ("count", "i8"),  # events in it
        ("volume", "i8"),  # lots
        ("bid_open", "i8"),
        ("bid_high", "i8"),
        ("bid_low", "i8"),
        ("bid_close", "i8"),
        ("ask_open", "i8"),
        ("ask_high", "i8"),
        ("ask_low", "i8"),
        ("ask_close", "i8"),
        ("bid_size", "i8"),
        ("ask_size", "i8"),
        ("late", "i8"),  # events that came after their bar was given out; counted, not used
        ("bid", "i8"),  # prevailing quote, carried over bars
        ("ask", "i8"),
    ],
    align=True,
)
# A finished bar has the same columns; ``end`` is its close.
BAR_ROW_DTYPE = BAR_STATE_DTYPE


class TradeEvents(NamedTuple):
    """Trades in arrival order, int64 [N]. end: each one's bucket end; any value for tick and volume bars."""

    ts: Ints
    price: Ints
    size: Ints
    end: Ints


class QuoteEvents(NamedTuple):
    """Best bid and ask in arrival order, int64 [N]; a price of 0 leaves that side as it was."""

    ts: Ints
    bid: Ints
    ask: Ints
    bid_size: Ints
    ask_size: Ints
    end: Ints


def new_state() -> Records:
    """State of one symbol before its first event, a record array of one row."""
    return np.zeros(1, BAR_STATE_DTYPE)


@njit
def _open_bar_nb(state: Records, end: int, bid: int, ask: int) -> None:
    state["end"][0] = end
    state["count"][0] = 0
    state["volume"][0] = 0
    state["bid_open"][0] = bid
    state["bid_high"][0] = bid
    state["bid_low"][0] = bid
    state["ask_open"][0] = ask
    state["ask_high"][0] = ask
    state["ask_low"][0] = ask


@njit
def _take_nb(state: Records, ts: int, bid: int, ask: int) -> None:
    state["last_ts"][0] = ts
    state["count"][0] += 1
    state["bid_high"][0] = max(state["bid_high"][0], bid)
    state["bid_low"][0] = min(state["bid_low"][0], bid)
    state["bid_close"][0] = bid
    state["ask_high"][0] = max(state["ask_high"][0], ask)
    state["ask_low"][0] = min(state["ask_low"][0], ask)
    state["ask_close"][0] = ask


@njit
def _give_out_nb(state: Records, out: Records, used: int) -> int:
    out[used] = state[0]
    state["closed_end"][0] = state["end"][0]
    state["end"][0] = 0
    return used + 1


@njit
def trade_time_bars_nb(state: Records, events: TradeEvents, out: Records) -> int:
    """Time bars: writes finished bars to ``out`` (room for N) and returns how many.

    A bar is finished by the first trade of a later bucket, or by ``close_until_nb``. A trade of a bucket that has been
    given out is counted as late and left out.
    """
    used = 0
    for i in range(events.ts.shape[0]):
        end = events.end[i]
        if end <= state["closed_end"][0] or (state["end"][0] != 0 and end < state["end"][0]):
            state["late"][0] += 1
            continue
        if state["end"][0] != 0 and end > state["end"][0]:
            used = _give_out_nb(state, out, used)
        price = events.price[i]
        if state["end"][0] == 0:
            _open_bar_nb(state, end, price, price)
        _take_nb(state, events.ts[i], price, price)
        state["volume"][0] += events.size[i]
    return used


@njit
def trade_threshold_bars_nb(state: Records, events: TradeEvents, out: Records, threshold: int, by_volume: bool) -> int:
    """Bars of ``threshold`` trades, or of at least ``threshold`` lots, stamped with the trade that fills them."""
    used = 0
    for i in range(events.ts.shape[0]):
        price = events.price[i]
        if state["count"][0] == 0:
            _open_bar_nb(state, 0, price, price)
        _take_nb(state, events.ts[i], price, price)
        state["volume"][0] += events.size[i]
        measure = state["volume"][0] if by_volume else state["count"][0]
        if measure >= threshold:
            state["end"][0] = events.ts[i]
            used = _give_out_nb(state, out, used)
            state["count"][0] = 0
    return used


@njit
def quote_time_bars_nb(state: Records, events: QuoteEvents, out: Records) -> int:
    """Bid/ask time bars, like ``trade_time_bars_nb``. Nothing starts before both sides have been seen once.

    Sizes are those of the last quote of the bar; volume stays 0.
    """
    used = 0
    for i in range(events.ts.shape[0]):
        end = events.end[i]
        if end <= state["closed_end"][0] or (state["end"][0] != 0 and end < state["end"][0]):
            state["late"][0] += 1
            continue
        if state["end"][0] != 0 and end > state["end"][0]:
            used = _give_out_nb(state, out, used)
        if events.bid[i] > 0:
            state["bid"][0] = events.bid[i]
            state["bid_size"][0] = events.bid_size[i]
        if events.ask[i] > 0:
            state["ask"][0] = events.ask[i]
            state["ask_size"][0] = events.ask_size[i]
        bid, ask = state["bid"][0], state["ask"][0]
        if bid == 0 or ask == 0:
            continue
        if state["end"][0] == 0:
            _open_bar_nb(state, end, bid, ask)
        _take_nb(state, events.ts[i], bid, ask)
    return used


@njit
def close_until_nb(state: Records, out: Records, until: int) -> int:
    """Finish the open time bar when its bucket is over at ``until``; 1 when one was written to ``out``, else 0."""
    if state["end"][0] != 0 and state["end"][0] <= until:
        return _give_out_nb(state, out, 0)
    return 0


def trade_bars(events: TradeEvents, until_ns: int) -> npt.NDArray[np.void]:
    """All time bars of a batch of trades that are over by ``until_ns``, as BAR_ROW_DTYPE rows."""
    state, out = new_state(), np.zeros(len(events.ts) + 1, BAR_ROW_DTYPE)
    used = int(trade_time_bars_nb(state, events, out))
    used += int(close_until_nb(state, out[used:], until_ns))
    return out[:used]


def quote_bars(events: QuoteEvents, until_ns: int) -> npt.NDArray[np.void]:
    """All bid/ask time bars of a batch of quotes that are over by ``until_ns``, as BAR_ROW_DTYPE rows."""
    state, out = new_state(), np.zeros(len(events.ts) + 1, BAR_ROW_DTYPE)
    used = int(quote_time_bars_nb(state, events, out))
    used += int(close_until_nb(state, out[used:], until_ns))
    return out[:used]
