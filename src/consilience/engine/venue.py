"""The venue step: one slice of market against all waiting orders. Backtest, callbacks, paper and live share it.

Order inside a slice: corporate actions; expiries; market orders at the open; stops; limits; protection armed
inside the bar; marks. Decisions come after (``engine.decide``) and wait for a later slice.
"""

from __future__ import annotations

from consilience.core.codes import FIRST_FINAL_STATUS, OrderFlag, OrderStatus, OrderType, Reason, TimeInForce
from consilience.core.jit import njit
from consilience.core.units import MILLION
from consilience.engine.actions import apply_action_nb
from consilience.engine.book import Book, Market
from consilience.engine.fills import fill_order_nb, value_lane_nb
from consilience.engine.matching import prices_nb, ratchet_nb, resting_price_nb
from consilience.engine.orders import drop_final_orders_nb, end_order_nb
from consilience.engine.sorting import NUMBER_MASK, queue_key_nb, sort_keys_nb
from consilience.execution.catalog import slippage_nb

FINAL = int(FIRST_FINAL_STATUS)
INITIALIZED, CANCELLED = int(OrderStatus.INITIALIZED), int(OrderStatus.CANCELLED)
EXPIRED, REJECTED = int(OrderStatus.EXPIRED), int(OrderStatus.REJECTED)
MARKET, LIMIT, STOP_LIMIT, TRAILING = (
    int(OrderType.MARKET),
    int(OrderType.LIMIT),
    int(OrderType.STOP_LIMIT),
    int(OrderType.TRAILING_STOP),
)
DAY, IOC, FOK = int(TimeInForce.DAY), int(TimeInForce.IOC), int(TimeInForce.FOK)
POST_ONLY, TRIGGERED, ARMED_INSIDE = int(OrderFlag.POST_ONLY), int(OrderFlag.TRIGGERED), int(OrderFlag.ARMED_INSIDE)
AT_ONCE, SESSION_ENDED = int(Reason.NOT_FILLED_AT_ONCE), int(Reason.SESSION_ENDED)
VALID_FOR, WOULD_TAKE = int(Reason.VALID_FOR_PASSED), int(Reason.POST_ONLY_WOULD_TAKE)
PHASE_OPEN, PHASE_STOPS, PHASE_LIMITS, PHASE_INSIDE = 0, 1, 2, 3
NO_CAP = 2**62


@njit
def liquidity_nb(market: Market, book: Book, row: int, symbol: int, side: int) -> int:
    """Lots that this slice still offers to ``side``: the participation cap less what was taken in this slice."""
    share = book.physics[symbol]["participation_ppm"]
    if share == 0:
        return NO_CAP
    used = book.liquidity[symbol]
    slice_number = book.config[0]["first_slice"] + row
    if used["slice"] != slice_number:
        used["slice"] = slice_number
        used["bought"] = 0
        used["sold"] = 0
    size = market.ask_size[row, symbol] if side > 0 else market.bid_size[row, symbol]
    taken = used["bought"] if side > 0 else used["sold"]
    if book.config[0]["trade_bars"] == 1:
        taken = used["bought"] + used["sold"]  # one printed volume serves both sides
    offered = int(float(size) * (float(share) / MILLION)) if size > 2**40 else size * share // MILLION
    return max(offered - taken, 0)


@njit
def take_nb(market: Market, book: Book, row: int, number: int, ticks: int, at_open: int) -> None:
    """Fill what the slice's liquidity allows of an order at ``ticks``, with slippage if it takes."""
    order = book.orders[number]
    symbol, side, kind = order["symbol"], order["side"], order["type"]
    physics = book.physics[symbol]
    remaining = order["lots"] - order["filled"]
    lots = min(remaining, liquidity_nb(market, book, row, symbol, side))
    if order["time_in_force"] == FOK and lots < remaining:
        end_order_nb(book, number, CANCELLED, AT_ONCE, market.ts[row])
        return
    if lots <= 0:
        return
    maker = 0
    slip = 0
    if kind == LIMIT:
        # on its first slice a limit that the open already satisfies takes; later it was resting
        maker = 0 if order["session"] == -1 and at_open == 0 and ticks != order["limit"] else 1
    elif kind != STOP_LIMIT:
        _, high, low, _ = prices_nb(market, row, symbol, side)
        spread = market.ask_open[row, symbol] - market.bid_open[row, symbol]
        slip = slippage_nb(physics["slippage_model"], physics["slippage_a"], ticks, high, low, spread)
        if side < 0:
            slip = min(slip, ticks - 1)
    filled = fill_order_nb(market, book, row, number, lots, ticks + side * slip, (slip, maker, at_open))
    if physics["participation_ppm"] > 0:
        if side > 0:
            book.liquidity[symbol]["bought"] += filled
        else:
            book.liquidity[symbol]["sold"] += filled


@njit
def _belongs_nb(kind: int, flags: int, phase: int) -> bool:
    """Whether an order of this type meets the venue in this phase."""
    if kind == MARKET:
        return phase == PHASE_OPEN
    inside = (flags & ARMED_INSIDE) != 0
    if phase == PHASE_INSIDE:
        return inside and kind != LIMIT
    if inside:
        return False
    limit = kind == LIMIT or (kind == STOP_LIMIT and (flags & TRIGGERED) != 0)
    return limit == (phase == PHASE_LIMITS) and phase != PHASE_OPEN


@njit
def run_phase_nb(market: Market, book: Book, row: int, phase: int) -> None:
    """Let every order of one phase meet the slice, in queue order."""
    slice_number = book.config[0]["first_slice"] + row
    count = 0
    for k in range(book.account[0]["alive"]):
        number = book.alive[k]
        order = book.orders[number]
        if (
            order["status"] < FINAL
            and order["status"] != INITIALIZED
            and order["eligible_row"] <= slice_number
            and market.valid[row, order["symbol"]]
            and _belongs_nb(order["type"], order["flags"], phase)
        ):
            book.keys[count] = queue_key_nb(order["side"], order["priority"], order["symbol"], number)
            count += 1
    if count == 0:
        return
    sort_keys_nb(book.keys, count)
    for k in range(count):
        number = book.keys[k] & NUMBER_MASK
        order = book.orders[number]
        if order["status"] >= FINAL or order["filled"] >= order["lots"]:
            continue
        bar = prices_nb(market, row, order["symbol"], order["side"])
        if order["type"] == MARKET:
            take_nb(market, book, row, number, bar[0], 1)
            continue
        if order["flags"] & POST_ONLY and order["session"] == -1:
            crosses = bar[0] <= order["limit"] if order["side"] > 0 else bar[0] >= order["limit"]
            if crosses:
                end_order_nb(book, number, REJECTED, WOULD_TAKE, market.ts[row])
                continue
        through = book.physics[order["symbol"]]["limit_needs_through"]
        ticks = resting_price_nb(order, bar, through, phase != PHASE_INSIDE)
        if ticks > 0:
            take_nb(market, book, row, number, ticks, 0)


@njit
def expire_sessions_nb(market: Market, book: Book, row: int) -> None:
    """End the DAY orders whose session is over."""
    for k in range(book.account[0]["alive"]):
        order = book.orders[book.alive[k]]
        if order["time_in_force"] == DAY and order["session"] >= 0 and order["status"] != INITIALIZED:
            if market.session[row, order["symbol"]] != order["session"]:
                end_order_nb(book, book.alive[k], EXPIRED, SESSION_ENDED, market.ts[row])


@njit
def age_orders_nb(market: Market, book: Book, row: int) -> None:
    """After the slice: first sight noted, trails moved, validity counted down, IOC and FOK ended."""
    slice_number = book.config[0]["first_slice"] + row
    for k in range(book.account[0]["alive"]):
        number = book.alive[k]
        order = book.orders[number]
        symbol = order["symbol"]
        if order["status"] >= FINAL or order["status"] == INITIALIZED or not market.valid[row, symbol]:
            continue
        inside = (order["flags"] & ARMED_INSIDE) != 0
        if inside:
            order["flags"] &= ~ARMED_INSIDE
        if order["eligible_row"] > slice_number:
            continue
        if order["session"] == -1:
            order["session"] = market.session[row, symbol]
        if order["type"] == TRAILING:
            bar = prices_nb(market, row, symbol, order["side"])
            # armed inside the bar, its extremes may lie before the fill: only the close is surely after it
            ratchet_nb(order, (bar[3], bar[3], bar[3], bar[3]) if inside else bar)
        if order["time_in_force"] == IOC or order["time_in_force"] == FOK:
            end_order_nb(book, number, CANCELLED, AT_ONCE, market.ts[row])
        elif order["bars_left"] > 0:
            order["bars_left"] -= 1
            if order["bars_left"] == 0:
                end_order_nb(book, number, EXPIRED, VALID_FOR, market.ts[row])


@njit
def mark_lanes_nb(market: Market, book: Book, row: int) -> None:
    """Mark every open lane at the close of the side it would leave by; masked symbols keep their last value."""
    if book.account[0]["open_lanes"] == 0:
        return
    symbols = book.config[0]["symbols"]
    for lane in range(len(book.lanes)):
        lots = book.lanes[lane]["lots"]
        if lots == 0:
            continue
        symbol = lane % symbols
        if market.valid[row, symbol]:
            ticks = market.bid_close[row, symbol] if lots > 0 else market.ask_close[row, symbol]
            value_lane_nb(market, book, row, lane, ticks)


@njit
def venue_row_nb(market: Market, book: Book, row: int) -> None:
    """One slice: actions, orders, marks, and the equity curve's row."""
    account = book.account[0]
    while account["actions"] < len(market.actions) and market.actions[account["actions"]]["row"] <= row:
        apply_action_nb(market, book, row, account["actions"])
        account["actions"] += 1
    if account["alive"] > 0:
        expire_sessions_nb(market, book, row)
        for phase in range(PHASE_INSIDE + 1):
            run_phase_nb(market, book, row, phase)
        age_orders_nb(market, book, row)
        drop_final_orders_nb(book)
    mark_lanes_nb(market, book, row)
    book.curves[row, 0] = account["equity"]
    book.curves[row, 1] = account["cash"]
    book.curves[row, 2] = account["gross"]
