"""The venue step: one slice of market against all waiting orders. Backtest, callbacks, paper and live share it.

Order inside a slice: corporate actions; expiries; market orders at the open; stops; limits; protection armed
inside the bar; marks. Decisions come after (``engine.decide``) and wait for a later slice.
"""

from __future__ import annotations

import numpy as np

from consilience.core.codes import FIRST_FINAL_STATUS, OrderFlag, OrderStatus, OrderType, Reason, TimeInForce
from consilience.core.jit import njit_bare, njit_inline, njit_part
from consilience.engine.actions import apply_action_nb
from consilience.engine.book import Book, Market
from consilience.engine.fills import fill_order_nb, value_lane_nb
from consilience.engine.matching import prices_nb, ratchet_nb, resting_price_nb
from consilience.engine.orders import drop_final_orders_nb, end_order_nb
from consilience.engine.sorting import NUMBER_MASK, queue_key_nb, sort_keys_nb
from consilience.execution.catalog import slippage_nb
from consilience.execution.physics.base import share_down_nb

FINAL = int(FIRST_FINAL_STATUS)
INITIALIZED, CANCELLED = int(OrderStatus.INITIALIZED), int(OrderStatus.CANCELLED)
EXPIRED, REJECTED = int(OrderStatus.EXPIRED), int(OrderStatus.REJECTED)
MARKET, LIMIT, STOP_LIMIT, TRAILING = (
    int(OrderType.MARKET),
    int(OrderType.LIMIT),
    int(OrderType.STOP_LIMIT),
    int(OrderType.TRAILING_STOP),
)
GTC, DAY, IOC, FOK = int(TimeInForce.GTC), int(TimeInForce.DAY), int(TimeInForce.IOC), int(TimeInForce.FOK)
POST_ONLY, TRIGGERED, ARMED_INSIDE = int(OrderFlag.POST_ONLY), int(OrderFlag.TRIGGERED), int(OrderFlag.ARMED_INSIDE)
AT_ONCE, SESSION_ENDED = int(Reason.NOT_FILLED_AT_ONCE), int(Reason.SESSION_ENDED)
VALID_FOR, WOULD_TAKE = int(Reason.VALID_FOR_PASSED), int(Reason.POST_ONLY_WOULD_TAKE)
PHASE_OPEN, PHASE_STOPS, PHASE_LIMITS, PHASE_INSIDE = 0, 1, 2, 3
NO_CAP = 2**62
SMALL = 2**31


@njit_inline
def liquidity_nb(book: Book, symbol: int, side: int) -> int:
    """Lots that this slice still offers to ``side``: the participation cap less what was taken in this slice."""
    market = book.symbols[symbol]
    share = market["participation_ppm"]
    if share == 0:
        return NO_CAP
    size = market["ask_size"] if side > 0 else market["bid_size"]
    taken = market["bought"] if side > 0 else market["sold"]
    printed = book.config[0]["events"] == 1 and market["bid_close"] == market["ask_close"]
    if printed or book.config[0]["trade_bars"] == 1:
        taken = market["bought"] + market["sold"]  # one printed volume serves both sides
    left: int = max(share_down_nb(size, share) - taken, 0)
    return left


@njit_bare
def take_nb(book: Book, number: int, ticks: int, at_open: int) -> None:
    """Fill what the slice's liquidity allows of an order at ``ticks``, with slippage if it takes."""
    order = book.orders[number]
    symbol, side, kind = order["symbol"], order["side"], order["type"]
    symbol_now = book.symbols[symbol]
    remaining = order["lots"] - order["filled"]
    lots = min(remaining, liquidity_nb(book, symbol, side))
    if order["time_in_force"] == FOK and lots < remaining:
        end_order_nb(book, number, CANCELLED, AT_ONCE)
        return
    if lots <= 0:
        return
    maker = 0
    slip = 0
    if kind == LIMIT:
        # on its first slice a limit that the open already satisfies takes; later it was resting
        first = symbol_now["ask_open"] if side > 0 else symbol_now["bid_open"]
        takes = order["session"] == -1 and ticks == first
        maker = 0 if takes else 1
    elif kind != STOP_LIMIT:
        _, high, low, _ = prices_nb(symbol_now, side)
        spread = symbol_now["ask_open"] - symbol_now["bid_open"]
        slip = slippage_nb(symbol_now["slippage_model"], symbol_now["slippage_a"], ticks, high, low, spread)
        if side < 0:
            slip = min(slip, ticks - 1)
    filled = fill_order_nb(book, number, lots, ticks + side * slip, (slip, maker, at_open))
    if side > 0:
        symbol_now["bought"] += filled
    else:
        symbol_now["sold"] += filled


@njit_inline
def _belongs_nb(order: np.void, phase: int, slice_number: int) -> bool:
    """Whether an order meets the venue in this phase."""
    kind, flags = order["type"], order["flags"]
    if kind == MARKET:
        return phase == PHASE_OPEN
    inside = (flags & ARMED_INSIDE) != 0
    if phase == PHASE_INSIDE:
        return bool(inside and kind != LIMIT)
    if inside:
        return False
    triggered = kind == STOP_LIMIT and (flags & TRIGGERED) != 0
    if triggered and order["water"] == slice_number:
        return False
    limit = kind == LIMIT or triggered
    return bool(limit == (phase == PHASE_LIMITS) and phase != PHASE_OPEN)


@njit_part
def run_phase_nb(book: Book, phase: int) -> None:
    """Let every order of one phase meet the slice, in queue order."""
    slice_number = book.config[0]["slice"]
    count = 0
    for k in range(book.account[0]["alive"]):
        number = book.alive[k]
        order = book.orders[number]
        if (
            order["status"] < FINAL
            and order["status"] != INITIALIZED
            and order["eligible_row"] <= slice_number
            and book.symbols[order["symbol"]]["valid"]
            and _belongs_nb(order, phase, slice_number)
        ):
            book.keys[count] = queue_key_nb(order["side"], order["priority"], order["symbol"], number)
            count += 1
    if count == 0:
        return
    if count > 1:
        sort_keys_nb(book.keys, count)
    for k in range(count):
        number = book.keys[k] & NUMBER_MASK
        order = book.orders[number]
        if order["status"] >= FINAL or order["filled"] >= order["lots"]:
            continue
        bar = prices_nb(book.symbols[order["symbol"]], order["side"])
        if order["type"] == MARKET:
            take_nb(book, number, bar[0], 1)
            continue
        if order["flags"] & POST_ONLY and order["session"] == -1:
            crosses = bar[0] <= order["limit"] if order["side"] > 0 else bar[0] >= order["limit"]
            if crosses:
                end_order_nb(book, number, REJECTED, WOULD_TAKE)
                continue
        through = book.symbols[order["symbol"]]["limit_needs_through"]
        ticks = resting_price_nb(order, bar, through, phase != PHASE_INSIDE, slice_number)
        if ticks > 0:
            take_nb(book, number, ticks, 0)


@njit_bare
def expire_sessions_nb(book: Book) -> None:
    """End the DAY orders whose session is over."""
    for k in range(book.account[0]["alive"]):
        order = book.orders[book.alive[k]]
        seen = order["time_in_force"] == DAY and order["session"] >= 0 and order["status"] != INITIALIZED
        if seen and book.symbols[order["symbol"]]["session"] != order["session"]:
            end_order_nb(book, book.alive[k], EXPIRED, SESSION_ENDED)


@njit_inline
def age_orders_nb(book: Book) -> None:
    """After the slice: first sight noted, trails moved, validity counted down, IOC and FOK ended."""
    slice_number = book.config[0]["slice"]
    for k in range(book.account[0]["alive"]):
        number = book.alive[k]
        order = book.orders[number]
        symbol = order["symbol"]
        if order["status"] >= FINAL or order["status"] == INITIALIZED or not book.symbols[symbol]["valid"]:
            continue
        inside = (order["flags"] & ARMED_INSIDE) != 0
        if inside:
            order["flags"] &= ~ARMED_INSIDE
        if order["eligible_row"] > slice_number:
            continue
        if order["session"] == -1:
            order["session"] = book.symbols[symbol]["session"]
        if order["type"] == TRAILING:
            bar = prices_nb(book.symbols[symbol], order["side"])
            # armed inside the bar, its extremes may lie before the fill: only the close is surely after it
            ratchet_nb(book.symbols[symbol], order, (bar[3], bar[3], bar[3], bar[3]) if inside else bar)
        if order["time_in_force"] == IOC or order["time_in_force"] == FOK:
            if book.config[0]["external"] == 0:
                end_order_nb(book, number, CANCELLED, AT_ONCE)
        elif order["bars_left"] > 0:
            order["bars_left"] -= 1
            if order["bars_left"] == 0:
                end_order_nb(book, number, EXPIRED, VALID_FOR)


@njit_inline
def load_range_nb(market: Market, target: np.void, row: int, symbol: int) -> None:
    """The part of a slice that resting orders need."""
    target["whole"] = 1
    target["bid_high"] = market.bid_high[row, symbol]
    target["bid_low"] = market.bid_low[row, symbol]
    target["ask_high"] = market.ask_high[row, symbol]
    target["ask_low"] = market.ask_low[row, symbol]
    target["bid_size"] = market.bid_size[row, symbol]
    target["ask_size"] = market.ask_size[row, symbol]
    target["session"] = market.session[row, symbol]


@njit_inline
def load_symbol_nb(market: Market, book: Book, row: int, symbol: int) -> None:
    """Bring one symbol's slice at hand up to market row ``row``; once a slice is enough.

    Columns lie far apart in memory and each touch is a cache miss, so only what a market order and a decision
    need is read here (``load_range_nb`` reads the rest).
    """
    target = book.symbols[symbol]
    number = book.config[0]["slice"]
    if target["slice"] == number:
        return
    target["slice"] = number
    target["whole"] = 0
    if book.config[0]["events"] == 0:
        target["bought"] = 0
        target["sold"] = 0
    elif market.valid[row, symbol]:
        # a quote that still shows the same price still shows the size that we took; a print is new each time
        printed = market.ask_close[row, symbol] == market.bid_close[row, symbol]
        if printed or market.ask_close[row, symbol] != target["ask_close"]:
            target["bought"] = 0
        if printed or market.bid_close[row, symbol] != target["bid_close"]:
            target["sold"] = 0
    target["bid_open"] = market.bid_open[row, symbol]
    target["bid_close"] = market.bid_close[row, symbol]
    target["ask_open"] = market.ask_open[row, symbol]
    target["ask_close"] = market.ask_close[row, symbol]
    target["valid"] = 1 if market.valid[row, symbol] else 0
    if target["currency"] != 0:
        target["fx_num"] = market.fx_num[row, target["currency"]]
        target["fx_den"] = market.fx_den[target["currency"]]
    if len(market.factor) > 0:
        target["factor"] = market.factor[row, symbol]


@njit_part
def meet_resting_nb(book: Book) -> None:
    """Stops, limits and protection against the slice at hand, then the ageing of every order."""
    for phase in range(PHASE_STOPS, PHASE_INSIDE + 1):
        run_phase_nb(book, phase)
    age_orders_nb(book)


@njit_part
def meet_orders_nb(market: Market, book: Book, row: int) -> None:
    """All waiting orders against the slice at hand, phase by phase."""
    account = book.account[0]
    resting, day = 0, 0
    for k in range(account["alive"]):
        order = book.orders[book.alive[k]]
        symbol = order["symbol"]
        load_symbol_nb(market, book, row, symbol)
        plain = order["type"] == MARKET and order["time_in_force"] == GTC and order["bars_left"] < 0
        needs = not plain or book.symbols[symbol]["needs_range"] == 1
        if needs and book.symbols[symbol]["whole"] == 0:
            load_range_nb(market, book.symbols[symbol], row, symbol)
        resting += 0 if plain else 1
        day += 1 if order["time_in_force"] == DAY else 0
    if day > 0:
        expire_sessions_nb(book)
    run_phase_nb(book, PHASE_OPEN)
    if resting > 0:
        meet_resting_nb(book)
    drop_final_orders_nb(book)


@njit_inline
def mark_lanes_nb(market: Market, book: Book, row: int) -> None:
    """Mark every open lane at the close of the side it would leave by; masked symbols keep their last value."""
    account = book.account[0]
    for lane in range(len(book.lanes)):
        position = book.lanes[lane]
        lots = position["lots"]
        if lots == 0:
            continue
        symbol = position["symbol"]
        if not market.valid[row, symbol]:
            continue
        ticks = market.bid_close[row, symbol] if lots > 0 else market.ask_close[row, symbol]
        per_tick = position["value_per_tick"]
        position["mark"] = ticks
        if per_tick != 0 and ticks < SMALL:
            # base currency, fully paid, whole units a tick: exact without division, and it cannot overflow
            value = ticks * per_tick
            change = value - position["value"]
            account["equity"] += change
            growth = abs(value) - abs(position["value"])
            account["gross"] += growth
            account["margin"] += growth
            position["value"] = value
            position["margin"] = abs(value)
            continue
        if book.symbols[symbol]["currency"] != 0:
            config = book.config[0]
            config["slice"] = config["first_slice"] + row
            load_symbol_nb(market, book, row, symbol)
        value_lane_nb(book, lane, ticks)


@njit_part
def venue_row_nb(market: Market, book: Book, row: int) -> None:
    """One slice before its marks: actions, then orders."""
    account, config = book.account[0], book.config[0]
    config["slice"] = config["first_slice"] + row
    while account["actions"] < len(market.actions) and market.actions[account["actions"]]["row"] <= row:
        action = market.actions[account["actions"]]
        load_symbol_nb(market, book, row, action["symbol"])
        apply_action_nb(book, action)
        account["actions"] += 1
    if account["alive"] > 0 and config["external"] == 0:
        meet_orders_nb(market, book, row)
