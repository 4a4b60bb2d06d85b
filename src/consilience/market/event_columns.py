"""What single quotes and trades tell features besides a price: the prevailing quote, and who traded how much."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import MarketEventKind
from consilience.core.jit import njit_bare
from consilience.core.panel import Bools, EventColumns, Ints, Records

_TRADE = int(MarketEventKind.TRADE)


@njit_bare
def told_nb(ticks: Records, usable: Bools, last: Ints, out: EventColumns) -> None:
    """Fill each usable event's cell; ``last``, int64 [4, S], is the quote of each symbol before it and is kept on."""
    for row in range(len(ticks)):
        if not usable[row]:
            continue
        symbol = ticks["symbol"][row]
        if ticks["kind"][row] == _TRADE:
            out.traded[row, symbol] = ticks["ask_size"][row]
            out.aggressor[row, symbol] = ticks["aggressor"][row]
        else:
            last[0, symbol] = ticks["bid"][row]
            last[1, symbol] = ticks["ask"][row]
            last[2, symbol] = ticks["bid_size"][row]
            last[3, symbol] = ticks["ask_size"][row]
        out.bid[row, symbol] = last[0, symbol]
        out.ask[row, symbol] = last[1, symbol]
        out.bid_size[row, symbol] = last[2, symbol]
        out.ask_size[row, symbol] = last[3, symbol]


class EventTeller:
    """Makes the EventColumns of one block of TICK_DTYPE rows after the other, over ``symbols`` symbols."""

    def __init__(self, symbols: int) -> None:
        self._last = np.zeros((4, symbols), np.int64)

    def tell(self, ticks: Records, usable: Bools) -> EventColumns:
        """Columns of the next events; the cells of the other symbols, and of events that are not usable, hold 0."""
        shape = (len(ticks), self._last.shape[1])
        columns = EventColumns(*(np.zeros(shape, np.int64) for _ in EventColumns._fields))
        told_nb(ticks, usable, self._last, columns)
        return columns


@njit_bare
def complete_nb(ticks: Records, last: Ints, out: Records) -> None:
    """Copy ``ticks`` to ``out`` with the missing sides of quotes; last: int64 [4, S] bid, its size, ask, its size."""
    for row in range(len(ticks)):
        out[row] = ticks[row]
        if ticks["kind"][row] == _TRADE:
            continue
        symbol = ticks["symbol"][row]
        if ticks["bid"][row] > 0:
            last[0, symbol] = ticks["bid"][row]
            last[1, symbol] = ticks["bid_size"][row]
        if ticks["ask"][row] > 0:
            last[2, symbol] = ticks["ask"][row]
            last[3, symbol] = ticks["ask_size"][row]
        out["bid"][row] = last[0, symbol]
        out["bid_size"][row] = last[1, symbol]
        out["ask"][row] = last[2, symbol]
        out["ask_size"][row] = last[3, symbol]


def complete_quotes(ticks: Records, symbols: int = 1) -> Records:
    """TICK_DTYPE rows in time order whose quotes have both sides: one that names a side leaves the other as it was."""
    result = np.empty_like(ticks)
    complete_nb(ticks, np.zeros((4, symbols), np.int64), result)
    return result
