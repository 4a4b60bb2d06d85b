"""Stop management of what is held, after each slice's marks: break-even, trailing, partial exits, time stop.

The kernels of ``risk.exits`` say what to do with one position; here it becomes orders. A stop moves on the venue's
grid, away from the market, and only in the position's favour; it acts from the next slice on. What is remembered of a
position is in forward-adjusted ticks, so that a split changes nothing.
"""

from __future__ import annotations

from consilience.core.codes import OrderFlag, OrderRole, OrderStatus, OrderType, Reason, TimeInForce
from consilience.core.jit import njit_bare, njit_inline
from consilience.engine.book import Book, Market
from consilience.engine.desk import Desk
from consilience.engine.orders import Draft, add_order_nb
from consilience.engine.risk_inputs import ATR_SHARE
from consilience.engine.venue import load_range_nb, load_symbol_nb
from consilience.execution.ticks import ceil_to_step_nb, floor_to_step_nb
from consilience.risk.exits import ExitStep, Position, exit_step_nb, first_stop_nb, first_target_nb

FINAL, INITIALIZED = int(OrderStatus.FILLED), int(OrderStatus.INITIALIZED)
MARKET, LIMIT, STOP, GTC = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.STOP), int(TimeInForce.GTC)
EXIT, STOP_LOSS, TAKE_PROFIT, TRAIL = (
    int(OrderRole.EXIT),
    int(OrderRole.STOP_LOSS),
    int(OrderRole.TAKE_PROFIT),
    int(OrderRole.TRAIL),
)
REDUCE_ONLY = int(OrderFlag.REDUCE_ONLY)
PARTIAL, TRAILED = int(Reason.PARTIAL_EXIT), int(Reason.TRAILING_STOP_HIT)
NAN = float("nan")


@njit_inline
def find_order_nb(book: Book, lane: int, role: int) -> int:
    """Number of the lane's armed protective order of ``role`` (a stop: also one that trails), or -1."""
    for k in range(book.account[0]["alive"]):
        order = book.orders[book.alive[k]]
        if order["lane"] != lane or order["status"] >= FINAL or order["status"] == INITIALIZED:
            continue
        if order["role"] == role or (role == STOP_LOSS and order["role"] == TRAIL and order["type"] == STOP):
            return int(book.alive[k])
    return -1


@njit_bare
def protect_nb(book: Book, lane: int, role: int, level: float) -> None:
    """Put the lane's stop or target at ``level`` ticks: move the order that is there, or add one."""
    position = book.lanes[lane]
    side = 1 if position["lots"] > 0 else -1
    instrument = book.symbols[position["symbol"]]
    up = (side < 0) == (role == STOP_LOSS)
    ticks = ceil_to_step_nb(instrument, level) if up else floor_to_step_nb(instrument, level)
    if ticks <= 0:
        return
    number = find_order_nb(book, lane, role)
    if number >= 0:
        if role == STOP_LOSS:
            book.orders[number]["stop"] = ticks
        else:
            book.orders[number]["limit"] = ticks
        return
    stop, limit = (ticks, 0) if role == STOP_LOSS else (0, ticks)
    kind = STOP if role == STOP_LOSS else LIMIT
    priority = book.strategies[position["strategy"]]["priority"]
    lots = abs(position["lots"])
    draft = Draft(lane, -side, kind, GTC, role, REDUCE_ONLY, 0, priority, lots, limit, stop, 0, -1, -1, -1, ticks)
    add_order_nb(book, draft)


@njit_inline
def cover_nb(book: Book, lane: int, number: int) -> None:
    """Let a protective order of stop management cover all that is held: the position may have grown since."""
    if number >= 0 and book.orders[number]["parent"] < 0:
        order = book.orders[number]
        order["lots"] = max(order["lots"], order["filled"] + abs(book.lanes[lane]["lots"]))


@njit_bare
def begin_lane_nb(book: Book, desk: Desk, lane: int, entry: float, atr: float, factor: float) -> None:
    """A position that is new: its first stop and target where the settings give them, and its R."""
    position, held, exits = book.lanes[lane], desk.held[lane], desk.exits[0]
    side = 1 if position["lots"] > 0 else -1
    stop = first_stop_nb(exits, side, entry, atr)
    if stop > 0.0:
        protect_nb(book, lane, STOP_LOSS, stop)
    number = find_order_nb(book, lane, STOP_LOSS)
    risk = abs(entry - float(book.orders[number]["stop"])) if number >= 0 else 0.0
    target = first_target_nb(exits, side, entry, atr, risk)
    if target > 0.0:
        protect_nb(book, lane, TAKE_PROFIT, target)
    held["entry_row"] = position["entry_row"]
    held["first_lots"] = abs(position["lots"])
    held["taken"] = 0
    held["risk"] = risk * factor
    held["best"] = entry * factor


@njit_bare
def manage_lane_nb(market: Market, book: Book, desk: Desk, at: tuple[int, int], lane: int) -> int:
    """One slice of a held position; returns the Reason to close it now, or 0. at: market row, column row."""
    row, j = at
    position, held, exits = book.lanes[lane], desk.held[lane], desk.exits[0]
    symbol = position["symbol"]
    value = abs(position["value"])
    if position["working_exit"] >= 0 or not market.valid[row, symbol] or value == 0:
        return 0
    load_symbol_nb(market, book, row, symbol)
    instrument = book.symbols[symbol]
    if instrument["whole"] == 0:
        load_range_nb(market, instrument, row, symbol)
    side = 1 if position["lots"] > 0 else -1
    mark = float(position["mark"])
    factor = float(instrument["factor"]) if book.config[0]["has_factor"] == 1 else 1.0
    # in ticks of the mark: what was paid is the value now less what was gained since
    entry = mark * (value - side * (position["value"] - position["cost"])) / value
    atr = desk.inputs[ATR_SHARE, j, symbol] * mark
    if held["entry_row"] != position["entry_row"] or held["first_lots"] == 0:
        begin_lane_nb(book, desk, lane, entry, atr, factor)
    best = instrument["bid_high"] if side > 0 else instrument["ask_low"]
    reached = float(best) * factor
    held["best"] = max(held["best"], reached) if side > 0 else min(held["best"], reached)
    number = find_order_nb(book, lane, STOP_LOSS)
    cover_nb(book, lane, number)
    cover_nb(book, lane, find_order_nb(book, lane, TAKE_PROFIT))
    stop = float(book.orders[number]["stop"]) if number >= 0 else NAN
    bars = book.config[0]["slice"] - position["entry_row"]
    lots = abs(position["lots"])
    seen = Position(
        side,
        entry,
        held["risk"] / factor,
        stop,
        held["best"] / factor,
        atr,
        bars,
        lots,
        held["first_lots"],
        held["taken"],
    )
    step: ExitStep = exit_step_nb(exits, seen)
    held["taken"] = step.taken
    if step.lots >= lots:
        return step.reason
    if step.lots > 0:
        priority = book.strategies[position["strategy"]]["priority"]
        reference = instrument["bid_close"] if side > 0 else instrument["ask_close"]
        draft = Draft(
            lane, -side, MARKET, GTC, EXIT, REDUCE_ONLY, PARTIAL, priority, step.lots, 0, 0, 0, -1, -1, -1, reference
        )  # fmt: skip
        add_order_nb(book, draft)
    # beyond the market it would be hit at once, at a price that nobody has seen
    if step.stop > 0.0 and step.stop != stop and (mark - step.stop) * side > 0.0:
        protect_nb(book, lane, STOP_LOSS, step.stop)
        if step.reason == TRAILED:
            moved = find_order_nb(book, lane, STOP_LOSS)
            if moved >= 0:
                book.orders[moved]["role"] = TRAIL
    return 0
