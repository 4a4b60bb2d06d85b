"""The engine's state as arrays, and the market and decision columns that the compiled step reads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.jit import njit_inline
from consilience.core.panel import Bools, Floats, Ints, Panel, Records
from consilience.core.schemas import (
    ACCOUNT_DTYPE,
    DECISION_DTYPE,
    FILL_DTYPE,
    LANE_DTYPE,
    ORDER_DTYPE,
    SYMBOL_DTYPE,
)

NO_BAND = 2**62
MOST_REQUESTS = 1024
# fields of a request, in order
REQUEST_FIELDS = ("lane", "side", "type", "time_in_force", "flags", "priority", "lots", "limit", "stop", "trail")
MOST_RESERVED = 500_000
Codes = npt.NDArray[np.int16]
NO_CODES = np.zeros((0, 0), np.int16)


class Market(NamedTuple):
    """Slices as the venue sees them: int64 ticks [T, S]; sells match bid, buys match ask."""

    bid_open: Ints
    bid_high: Ints
    bid_low: Ints
    bid_close: Ints
    ask_open: Ints
    ask_high: Ints
    ask_low: Ints
    ask_close: Ints
    bid_size: Ints
    ask_size: Ints
    valid: Bools
    session: Ints
    ts: Ints
    fx_num: Ints
    fx_den: Ints
    factor: Floats
    actions: Records
    excluded: Codes  # [T, S] Reason that keeps a symbol out of the universe; read where the run has one


class Columns(NamedTuple):
    """Decision columns of a block, float64 [B, L], lane = strategy * S + symbol; absent ones have no rows.

    Conditions count as true above 0.5, so NaN is false. Prices are forward-adjusted.
    """

    long: Floats
    short: Floats
    exit_long: Floats
    exit_short: Floats
    limit: Floats
    stop: Floats
    stop_loss: Floats
    take_profit: Floats
    trail: Floats
    size: Floats
    confidence: Floats


class Book(NamedTuple):
    """Everything that changes: the symbols' slice at hand, orders, positions, account, and what was recorded."""

    symbols: Records  # SYMBOL_DTYPE [S]
    strategies: Records
    orders: Records
    alive: Ints  # numbers of the orders that may still act, oldest first
    keys: Ints  # scratch for sorting orders
    lanes: Records
    account: Records  # one row
    config: Records  # one row
    requests: Ints  # [MOST_REQUESTS, fields]: orders of callbacks, added when the next slice begins
    fills: Records
    records: Records


def market_of(panel: Panel, excluded: Codes = NO_CODES) -> Market:
    """Kernel view of a panel; nothing is copied. excluded: universe codes of its slices, where the run has one."""
    factor = panel.factor if panel.factor is not None else np.zeros((0, 0), np.float64)
    return Market(
        *panel.bid,
        *panel.ask,
        panel.bid_size,
        panel.ask_size,
        panel.valid,
        panel.session,
        panel.ts,
        panel.fx_num,
        panel.fx_den,
        factor,
        panel.actions,
        excluded,
    )


def symbol_records(panel: Panel) -> Records:
    """SYMBOL_DTYPE rows with the facts of the panel's instruments; physics are zero: free and frictionless."""
    result = np.zeros(len(panel.instruments), SYMBOL_DTYPE)
    result["slice"] = -1
    result["factor"] = 1.0
    result["fx_num"] = 1
    result["fx_den"] = 1
    for row, instrument in zip(result, panel.instruments, strict=True):
        row["notional_num"], row["notional_den"] = instrument.notional_fraction()
        row["minimum_lots"] = instrument.minimum_lots
        row["margin_ppm"] = instrument.margin_ppm
        row["currency"] = panel.currencies.index(instrument.currency)
        row["kind"] = int(instrument.kind)
        row["shortable"] = int(instrument.shortable)
        row["tick_value"] = float(instrument.price_increment)
        row["lot_size"] = float(instrument.lot)
        row["band_floor"] = NO_BAND
        row["band_step"] = 1
        for band, (floor, step) in enumerate(instrument.order_tick_bands()):
            row["band_floor"][band] = floor
            row["band_step"][band] = step
    return result


def new_lanes(strategies: int, symbols: int) -> Records:
    """LANE_DTYPE [strategies * symbols]: no position, no order."""
    lanes = np.zeros(strategies * symbols, LANE_DTYPE)
    lanes["strategy"], lanes["symbol"] = np.divmod(np.arange(len(lanes)), symbols)
    for name in ("working_entry", "working_exit", "last_trade_row"):
        lanes[name] = -1
    return lanes


def new_book(symbols: Records, strategies: Records, config: Records, *, cash_units: int, slices: int = 0) -> Book:
    """An empty book with ``cash_units``: one lane for each strategy and symbol.

    ``slices`` to come tells how much room to reserve; reserved memory costs nothing until it is written.
    """
    lanes = new_lanes(len(strategies), len(symbols))
    account = np.zeros(1, ACCOUNT_DTYPE)
    account["cash"] = cash_units
    account["equity"] = cash_units
    room = 16 * len(lanes) + 256 + min(slices * len(lanes) // 4, MOST_RESERVED)
    return Book(
        symbols=symbols,
        strategies=strategies,
        orders=np.zeros(room, ORDER_DTYPE),
        alive=np.zeros(16 * len(lanes) + 256, np.int64),
        keys=np.zeros(16 * len(lanes) + 256, np.int64),
        lanes=lanes,
        account=account,
        config=config,
        requests=np.zeros((MOST_REQUESTS, len(REQUEST_FIELDS)), np.int64),
        fills=np.zeros(room, FILL_DTYPE),
        records=np.zeros(room, DECISION_DTYPE),
    )


@njit_inline
def lacks_room_nb(book: Book) -> bool:
    """Whether the next slice might need more room than some array has (``engine.growth`` makes it)."""
    account = book.account[0]
    need = 8 * len(book.lanes) + account["requests"] + 16
    alive = account["alive"]
    return bool(
        account["orders"] + need > len(book.orders)
        or alive + need > len(book.alive)
        or account["fills"] + alive + need > len(book.fills)
        or account["records"] + need > len(book.records)
    )
