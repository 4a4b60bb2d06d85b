"""Kernels of the round trips: one pass over the fills, then one look at the bars of each trade."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from consilience.core.codes import OrderRole, Reason
from consilience.core.jit import njit
from consilience.core.panel import Bools, Floats, Ints, Records
from consilience.core.units import OVERFLOW
from consilience.portfolio.posting_nb import base_value_nb, share_nb

# One round trip: a lane's position from flat to flat, or from one reversal to the next. Amounts are exact base units.
TRADE_DTYPE = np.dtype(
    [
        ("lane", "i8"),
        ("symbol", "i8"),
        ("side", "i8"),  # 1 long, -1 short
        ("entry_row", "i8"),  # slice of the first fill
        ("exit_row", "i8"),  # slice of the last fill; of the last mark while open
        ("entry_ts", "i8"),
        ("exit_ts", "i8"),
        ("bars", "i8"),  # exit_row - entry_row
        ("fills", "i8"),  # a fill through zero counts in both trades
        ("max_lots", "i8"),  # largest position, as counted at that time
        ("entry_reason", "i8"),  # Reason of the first fill
        ("exit_reason", "i8"),  # Reason of the last fill, NONE while open
        ("exit_role", "i8"),  # OrderRole of the last fill
        ("still_open", "i8"),  # 1: closed by nothing yet, marked to market
        ("realised", "i8"),  # before fees
        ("unrealised", "i8"),  # market value less open cost, 0 when closed
        ("fees", "i8"),
        ("dividends", "i8"),
        ("slippage", "i8"),
        ("gross", "i8"),  # realised + unrealised + dividends
        ("net", "i8"),  # gross - fees
        ("invested", "i8"),  # value of all opening fills
        ("cost", "i8"),  # signed open cost, 0 when closed
        ("entry_lots", "f8"),  # lots of opening fills, in lots of the entry's day (splits undone)
        ("exit_lots", "f8"),
        ("entry_ticks", "f8"),  # average price of opening fills, in ticks of the entry's day
        ("exit_ticks", "f8"),  # average price of closing fills, likewise; the mark while open
        ("mae", "f8"),  # worst move against the average entry price, fraction <= 0
        ("mfe", "f8"),  # best move, fraction >= 0
    ],
    align=True,
)

SPLIT_NOTE, LIEU_NOTE, DIVIDEND_NOTE = int(Reason.SPLIT), int(Reason.CASH_IN_LIEU), int(Reason.DIVIDEND)
_FREE = int(OrderRole.FREE)
Row: TypeAlias = Any


class Bars(NamedTuple):
    """Prices that positions are watched and marked at, int64 ticks [T, S]: longs by the bid, shorts by the ask."""

    bid_high: Ints
    bid_low: Ints
    bid_close: Ints
    ask_high: Ints
    ask_low: Ints
    ask_close: Ints
    valid: Bools
    split_factor: Floats  # [T, S], or (0, 0) where there are no splits


class Marks(NamedTuple):
    """What turns ticks into base units: facts by symbol, and FX by slice and currency."""

    notional_num: Ints
    notional_den: Ints
    currency: Ints
    fx_num: Ints  # [T, C]
    fx_den: Ints  # [C]
    ts: Ints  # [T]
    first_slice: int


@njit
def _open_nb(trades: Records, count: int, fill: Row, side: int) -> None:
    trade = trades[count]
    trade["lane"] = fill["lane"]
    trade["symbol"] = fill["symbol"]
    trade["side"] = side
    trade["entry_row"] = fill["row"]
    trade["entry_ts"] = fill["ts"]
    trade["entry_reason"] = fill["reason"]
    trade["still_open"] = 1


@njit
def _touch_nb(trade: Row, fill: Row) -> None:
    """The latest fill of a trade is its exit until another comes."""
    trade["exit_row"] = fill["row"]
    trade["exit_ts"] = fill["ts"]
    trade["exit_reason"] = fill["reason"]
    trade["exit_role"] = fill["role"]
    trade["fills"] += 1


@njit
def _factor_nb(bars: Bars, row: int, symbol: int) -> float:
    if bars.split_factor.shape[0] == 0:
        return 1.0
    return float(bars.split_factor[row, symbol])


@njit
def _growth_nb(bars: Bars, trade: Row, row: int, first_slice: int) -> float:
    """How many lots one lot of the entry's day has become by ``row``."""
    then = _factor_nb(bars, trade["entry_row"] - first_slice, trade["symbol"])
    return _factor_nb(bars, row, trade["symbol"]) / then


@njit
def _add_lots_nb(trade: Row, lots: float, ticks: int, growth: float, opening: bool) -> None:
    """Add ``lots`` at ``ticks`` to a trade's sums of lots and of lots times price (kept in the price field)."""
    then = lots / growth  # lots of the entry's day; the price grows the other way, so lots * ticks stays
    if opening:
        trade["entry_lots"] += then
        trade["entry_ticks"] += lots * ticks
    else:
        trade["exit_lots"] += then
        trade["exit_ticks"] += lots * ticks


# long kernel: the life of a position in one pass; each branch is one kind of fill row
@njit
def collect_nb(
    fills: Records, of_fill: Ints, bars: Bars, first_slice: int, current: Ints, held: Ints, trades: Records
) -> int:
    """Fill ``trades`` in order of opening; how many. Price fields hold sums of lots * ticks until ``finish_nb``.

    fills: FILL_DTYPE in order. of_fill: compact lane of each. current, held: [lanes], -1 and 0; after, open trade and
    position of each lane. trades: zeros, room for one a fill.
    """
    count = 0
    for f in range(len(fills)):
        fill, k = fills[f], of_fill[f]
        side, lots = int(fill["side"]), fill["lots"]
        if side == 0:
            if current[k] < 0:
                continue
            trade = trades[current[k]]
            if fill["reason"] == DIVIDEND_NOTE:
                trade["dividends"] += fill["cash"]
                continue
            trade["realised"] += fill["realised"]
            trade["cost"] += fill["realised"] - fill["cash"]
            if fill["reason"] == LIEU_NOTE and fill["position"] == 0:  # the split left no whole lot
                _touch_nb(trade, fill)
                trade["still_open"] = 0
                current[k] = -1
            held[k] = fill["position"]
            trade["max_lots"] = max(trade["max_lots"], abs(held[k]))
            continue
        row = fill["row"] - first_slice
        value = abs(fill["cash"] + fill["fee_base"])
        fee, slippage = fill["fee_base"], fill["slippage_base"]
        before = held[k]
        held[k] += side * lots
        opened = lots if before * side >= 0 else max(lots - abs(before), 0)
        closed = lots - opened
        value_open, fee_open, slippage_open = value, fee, slippage
        if closed > 0:
            value_open = share_nb(value, opened, lots)
            fee_open = share_nb(fee, opened, lots)
            slippage_open = share_nb(slippage, opened, lots)
            trade = trades[current[k]]
            _touch_nb(trade, fill)
            growth = _growth_nb(bars, trade, row, first_slice)
            _add_lots_nb(trade, float(closed), fill["ticks"], growth, False)
            trade["realised"] += fill["realised"]
            trade["fees"] += fee - fee_open
            trade["slippage"] += slippage - slippage_open
            trade["cost"] += fill["realised"] + side * (value - value_open)
            if before + side * closed == 0:
                trade["still_open"] = 0
                current[k] = -1
        if opened > 0:
            if current[k] < 0:
                current[k] = count
                _open_nb(trades, count, fill, side)
                count += 1
            trade = trades[current[k]]
            _touch_nb(trade, fill)
            growth = _growth_nb(bars, trade, row, first_slice)
            _add_lots_nb(trade, float(opened), fill["ticks"], growth, True)
            trade["fees"] += fee_open
            trade["slippage"] += slippage_open
            trade["invested"] += value_open
            trade["cost"] += side * value_open
            trade["max_lots"] = max(trade["max_lots"], abs(held[k]))
    return count


@njit
def _excursions_nb(trade: Row, bars: Bars, first: int, last: int) -> None:
    """MAE and MFE over valid bars ``first`` .. ``last`` (the entry's bar whole), and the exit price."""
    symbol, side, entry = trade["symbol"], trade["side"], trade["entry_ticks"]
    if entry <= 0.0:
        trade["mae"], trade["mfe"] = np.nan, np.nan
        return
    start = _factor_nb(bars, first, symbol)
    worst, best = 0.0, 0.0
    for row in range(first, last + 1):
        if not bars.valid[row, symbol]:
            continue
        growth = _factor_nb(bars, row, symbol) / start
        if side > 0:
            low, high = bars.bid_low[row, symbol] * growth, bars.bid_high[row, symbol] * growth
            worst = min(worst, (low - entry) / entry)
            best = max(best, (high - entry) / entry)
        else:
            low, high = bars.ask_low[row, symbol] * growth, bars.ask_high[row, symbol] * growth
            worst = min(worst, (entry - high) / entry)
            best = max(best, (entry - low) / entry)
    if trade["exit_lots"] > 0.0:
        move = side * (trade["exit_ticks"] - entry) / entry
        worst = min(worst, move)
        best = max(best, move)
    trade["mae"] = worst
    trade["mfe"] = best


@njit
def _mark_nb(trade: Row, held: int, bars: Bars, marks: Marks) -> int:
    """Mark an open trade at its last valid close and the FX of then; that row, or -1 when there is none or no room."""
    symbol, side = trade["symbol"], trade["side"]
    row = len(marks.ts) - 1
    while row >= 0 and not bars.valid[row, symbol]:
        row -= 1
    if row < 0:
        return -1
    ticks = bars.bid_close[row, symbol] if side > 0 else bars.ask_close[row, symbol]
    column = marks.currency[symbol]
    num, den = marks.notional_num[symbol], marks.notional_den[symbol]
    value = base_value_nb(held, ticks, num, den, marks.fx_num[row, column], marks.fx_den[column])
    if value == OVERFLOW:
        return -1
    trade["unrealised"] = value - trade["cost"]
    first = trade["entry_row"] - marks.first_slice
    trade["exit_ticks"] = ticks * _factor_nb(bars, row, symbol) / _factor_nb(bars, first, symbol)
    return row


@njit
def finish_nb(trades: Records, held: Ints, bars: Bars, marks: Marks) -> int:
    """Averages, marks, excursions and totals of collected trades; index of a trade without a mark, or -1.

    held: [trades] lots still held, 0 for closed trades.
    """
    for i in range(len(trades)):
        trade = trades[i]
        trade["entry_ticks"] = trade["entry_ticks"] / trade["entry_lots"]
        trade["exit_ticks"] = trade["exit_ticks"] / trade["exit_lots"] if trade["exit_lots"] > 0.0 else np.nan
        first = trade["entry_row"] - marks.first_slice
        last = trade["exit_row"] - marks.first_slice - 1  # the exit's bar counts by the exit price alone
        if trade["still_open"] == 1:
            last = _mark_nb(trade, held[i], bars, marks)
            if last < 0:
                return i
            trade["exit_row"] = marks.first_slice + len(marks.ts) - 1
            trade["exit_ts"] = marks.ts[len(marks.ts) - 1]
            trade["exit_reason"] = 0
            trade["exit_role"] = _FREE
        _excursions_nb(trade, bars, first, last)
        trade["bars"] = trade["exit_row"] - trade["entry_row"]
        trade["gross"] = trade["realised"] + trade["unrealised"] + trade["dividends"]
        trade["net"] = trade["gross"] - trade["fees"]
    return -1
