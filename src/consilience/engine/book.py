"""The engine's state as arrays, and the market and decision columns that the compiled step reads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.panel import Bools, Floats, Ints, Panel, Records
from consilience.core.schemas import (
    ACCOUNT_DTYPE,
    DECISION_DTYPE,
    FILL_DTYPE,
    INSTRUMENT_DTYPE,
    LANE_DTYPE,
    LIQUIDITY_DTYPE,
    ORDER_DTYPE,
)

NO_BAND = 2**62


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
    """Everything that changes: orders, positions, account, and what was recorded. ``curves`` is int64 [T, 3]."""

    instruments: Records
    physics: Records
    strategies: Records
    tick_value: Floats  # [S] price of one tick, instrument currency
    lot_size: Floats  # [S] quantity of one lot
    orders: Records
    alive: Ints
    keys: Ints  # scratch for sorting orders
    lanes: Records
    liquidity: Records
    account: Records
    fills: Records
    records: Records
    curves: Ints  # equity, cash, gross after the marks of each slice, base units
    config: Records


def market_of(panel: Panel) -> Market:
    """Kernel view of a panel; nothing is copied."""
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
    )


def instrument_records(panel: Panel) -> Records:
    """INSTRUMENT_DTYPE rows of the panel's instruments."""
    result = np.zeros(len(panel.instruments), INSTRUMENT_DTYPE)
    for row, instrument in zip(result, panel.instruments, strict=True):
        row["notional_num"], row["notional_den"] = instrument.notional_fraction()
        row["minimum_lots"] = instrument.minimum_lots
        row["margin_ppm"] = instrument.margin_ppm
        row["currency"] = panel.currencies.index(instrument.currency)
        row["kind"] = int(instrument.kind)
        row["shortable"] = int(instrument.shortable)
        row["band_floor"] = NO_BAND
        row["band_step"] = 1
        for band, (floor, step) in enumerate(instrument.order_tick_bands()):
            row["band_floor"][band] = floor
            row["band_step"][band] = step
    return result


def new_book(
    panel: Panel, physics: Records, strategies: Records, config: Records, *, cash_units: int, rows: int
) -> Book:
    """An empty book with ``cash_units`` for ``rows`` slices of the panel's instruments."""
    symbols = len(panel.instruments)
    lanes = np.zeros(symbols * len(strategies), LANE_DTYPE)
    lanes["working_entry"] = -1
    lanes["working_exit"] = -1
    lanes["last_trade_row"] = -1
    liquidity = np.zeros(symbols, LIQUIDITY_DTYPE)
    liquidity["slice"] = -1
    account = np.zeros(1, ACCOUNT_DTYPE)
    account["cash"] = cash_units
    account["equity"] = cash_units
    room = 4 * len(lanes) + 64
    return Book(
        instruments=instrument_records(panel),
        physics=physics,
        strategies=strategies,
        tick_value=np.array([float(i.price_increment) for i in panel.instruments], np.float64),
        lot_size=np.array([float(i.lot) for i in panel.instruments], np.float64),
        orders=np.zeros(room, ORDER_DTYPE),
        alive=np.zeros(room, np.int64),
        keys=np.zeros(room, np.int64),
        lanes=lanes,
        liquidity=liquidity,
        account=account,
        fills=np.zeros(room, FILL_DTYPE),
        records=np.zeros(room, DECISION_DTYPE),
        curves=np.zeros((rows, 3), np.int64),
        config=config,
    )


def _grown(array: npt.NDArray[np.generic], size: int) -> npt.NDArray[np.generic]:
    bigger = np.zeros((size, *array.shape[1:]), array.dtype)
    bigger[: len(array)] = array
    return bigger


def with_room(book: Book, lanes: int) -> Book:
    """The same book with room for one more slice in which every lane acts; arrays double when they are near full."""
    account = book.account[0]
    changes = {}
    for name, used, need in (
        ("orders", account["orders"], 6 * lanes + 64),
        ("alive", account["alive"], 6 * lanes + 64),
        ("keys", account["alive"], 6 * lanes + 64),
        ("fills", account["fills"], 6 * lanes + int(account["alive"]) + 64),
        ("records", account["records"], 2 * lanes + 64),
    ):
        array = getattr(book, name)
        if used + need > len(array):
            changes[name] = _grown(array, max(2 * len(array), int(used) + 2 * need))
    return book._replace(**changes) if changes else book
