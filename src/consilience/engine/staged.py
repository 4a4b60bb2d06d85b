"""Fused decisions of one slice: fusion's verdict, the orchestrator's step, and entries for the best that may trade.

Every symbol of a fused strategy ends each slice at one gate, which is tallied, so that the funnel counts all of them.
What is recorded are steps of the orchestrator, entries, exits and changes of gate.
"""

from __future__ import annotations

from consilience.core.codes import Gate, OrderRole, OrderStatus, Reason, TickerState
from consilience.core.jit import njit_bare, njit_inline
from consilience.engine.book import Book, Market
from consilience.engine.decide import send_exit_nb
from consilience.engine.desk import STATE_TALLY, Desk
from consilience.engine.fused import CLOSE, RANK, ZONE
from consilience.engine.guard import decide_entry_full_nb
from consilience.engine.intent import Intent
from consilience.engine.members import admit_nb
from consilience.engine.orchestrator import Sight, Stages, next_state_nb
from consilience.engine.orders import end_order_nb
from consilience.engine.records import Outcome, record_nb
from consilience.engine.sorting import sort_keys_nb
from consilience.engine.venue import load_symbol_nb
from consilience.signals.fusion.fields import ALIGNED, CONFIDENCE, SCORE, STATUS, STOP, TARGET

NAN = float("nan")
# a key of the queue for trades: the best rank first, then the lower lane; ranks are weights up to 1e6 x confidence, or
# strength where the profile ranks
RANK_STEPS, MOST_RANK, LANE_BITS = 2**20, 2**40, 22
LANE_MASK = 2**LANE_BITS - 1
EXIT, CANCELLED = int(OrderRole.EXIT), int(OrderStatus.CANCELLED)
UNIVERSE_GATE, FUSION_GATE, SIGNAL_GATE = int(Gate.UNIVERSE), int(Gate.FUSION), int(Gate.SIGNAL)
ORCHESTRATOR_GATE, PASSED = int(Gate.ORCHESTRATOR), int(Gate.PASSED)
READY, SET, GO, COOLDOWN = int(TickerState.READY), int(TickerState.SET), int(TickerState.GO), int(TickerState.COOLDOWN)
NOT_VALID, ALREADY, WORKING = int(Reason.NOT_VALID), int(Reason.ALREADY_IN_POSITION), int(Reason.ENTRY_ALREADY_WORKING)
UNDECIDED, UNSURE, UNALIGNED = int(Reason.BELOW_THRESHOLD), int(Reason.NOT_CONFIDENT), int(Reason.NOT_ALIGNED)
BLOCKED, CROWDED, RESTING = int(Reason.ZONE_BLOCKED), int(Reason.MAX_CONCURRENT_TRADES), int(Reason.COOLING_DOWN)
UNWATCHED, FADED = int(Reason.NOT_ON_WATCHLIST), int(Reason.SIGNAL_FADED)
BY_EXIT = int(Reason.EXIT_SIGNAL)


@njit_inline
def stages_nb(book: Book, strategy: int) -> Stages:
    """The orchestrator's settings of a strategy."""
    rules = book.strategies[strategy]
    return Stages(
        rules["threshold"],
        rules["fade"],
        rules["aligned"],
        rules["set_bars"],
        rules["set_timeout"],
        rules["go_timeout"],
        rules["cooldown"],
        rules["blocked_zones"],
    )


@njit_inline
def tell_nb(book: Book, desk: Desk, lane: int, gate: int, reason: int, view: tuple[float, float, int]) -> None:
    """Tally and note where a symbol ended in this slice. view: score, confidence, side."""
    desk.tallies[book.lanes[lane]["strategy"], gate] += 1
    record_nb(book, lane, Outcome(gate, reason, float(view[2]), view[1], view[0], 0, 0, -1))


@njit_inline
def sight_nb(desk: Desk, j: int, lane: int, enter: float) -> tuple[float, float, int, int]:
    """(score, confidence, side, reason of silence) of a lane; NaN where fusion abstained."""
    status = int(desk.fused[STATUS, j, lane])
    if status != 0:
        return 0.0, 0.0, 0, status
    score, confidence = desk.fused[SCORE, j, lane], desk.fused[CONFIDENCE, j, lane]
    side = 1 if score >= enter else -1 if score <= -enter else 0
    return score, confidence, side, 0 if side != 0 else UNDECIDED


@njit_bare
def leave_nb(book: Book, lane: int, score: float, known: bool) -> int:
    """Reason to close the lane's position now, or 0: the score turned against it."""
    position, rules = book.lanes[lane], book.strategies[book.lanes[lane]["strategy"]]
    if position["lots"] == 0 or position["working_exit"] >= 0:
        return 0
    side = 1 if position["lots"] > 0 else -1
    if known and score * side <= -rules["exit_score"]:
        return BY_EXIT
    return 0


@njit_bare
def step_lane_nb(book: Book, desk: Desk, j: int, lane: int) -> bool:
    """One symbol's slice up to GO; returns whether it asks for an entry. Its symbol's slice is loaded."""
    position, rules = book.lanes[lane], book.strategies[book.lanes[lane]["strategy"]]
    slice_number = book.config[0]["slice"]
    score, confidence, side, silent = sight_nb(desk, j, lane, rules["enter_score"])
    view = (score, confidence, side)
    state, lots = position["state"], position["lots"]
    why = leave_nb(book, lane, score, silent == 0 or silent == UNDECIDED)
    if why != 0:
        number = send_exit_nb(book, lane, EXIT)
        book.orders[number]["reason"] = why
        record_nb(book, lane, Outcome(PASSED, why, 0.0, confidence, score, abs(lots), abs(lots), number))
    turned = side != 0 and state in (SET, GO) and side != position["state_side"]
    # what is held already, or waits to be, is no new signal
    wanted = 0 if turned or lots * side > 0 else side
    zone = desk.fused[ZONE, j, lane]
    sight = Sight(
        wanted,
        confidence,
        int(desk.fused[ALIGNED, j, lane]) if silent == 0 else 0,
        int(zone) if zone == zone else 0,
        position["last_trade_row"] > position["state_row"],
        slice_number - position["state_row"],
    )
    stages = stages_nb(book, position["strategy"])
    after, step = next_state_nb(state, sight, stages)
    desk.tallies[position["strategy"], STATE_TALLY + after] += 1
    if step != 0:
        position["state"], position["state_row"], position["state_side"] = after, slice_number, side
        if after == READY and position["working_entry"] >= 0:
            end_order_nb(book, position["working_entry"], CANCELLED, FADED)
        if after == GO:  # it is counted where its entry ends
            record_nb(book, lane, Outcome(ORCHESTRATOR_GATE, step, float(side), confidence, score, 0, 0, -1))
            return True
        tell_nb(book, desk, lane, ORCHESTRATOR_GATE, step, view)
        return False
    if after == COOLDOWN:
        tell_nb(book, desk, lane, ORCHESTRATOR_GATE, RESTING, view)
    elif silent != 0:
        tell_nb(book, desk, lane, FUSION_GATE, silent, view)
    elif lots * side > 0:
        tell_nb(book, desk, lane, SIGNAL_GATE, ALREADY, view)
    elif after == READY:
        tell_nb(book, desk, lane, ORCHESTRATOR_GATE, UNSURE, view)
    elif after == SET:
        allowed = (stages.blocked_zones >> sight.zone) & 1 == 0
        tell_nb(book, desk, lane, ORCHESTRATOR_GATE, UNALIGNED if allowed else BLOCKED, view)
    elif position["working_entry"] >= 0:
        tell_nb(book, desk, lane, SIGNAL_GATE, WORKING, view)
    else:
        return True
    return False


@njit_bare
def enter_lane_nb(book: Book, desk: Desk, j: int, lane: int) -> bool:
    """Ask for the entry of a lane in GO; returns whether an order was sent."""
    position = book.lanes[lane]
    score, confidence = desk.fused[SCORE, j, lane], desk.fused[CONFIDENCE, j, lane]
    side, close = position["state_side"], desk.fused[CLOSE, j, lane]
    stop, target = desk.fused[STOP, j, lane], desk.fused[TARGET, j, lane]
    intent = Intent(
        side > 0,
        side < 0,
        False,
        False,
        NAN,
        NAN,
        close * (1.0 - side * stop),
        close * (1.0 + side * target),
        NAN,
        NAN,
        confidence,
    )
    account, before = book.account[0], book.account[0]["records"]
    decide_entry_full_nb(book, desk, j, lane, side, intent)
    desk.tallies[position["strategy"], position["last_gate"]] += 1
    if account["records"] > before:
        record = book.records[account["records"] - 1]
        record["score"], record["contribution"], record["value"] = score, score, score
    return bool(position["last_gate"] == PASSED)


@njit_bare
def decide_fused_nb(market: Market, book: Book, desk: Desk, at: tuple[int, int], strategy: int) -> None:
    """All symbols of a strategy, if it is fused, in market row ``at[0]``, whose column row is ``at[1]``."""
    config, symbols, rules = book.config[0], len(book.symbols), book.strategies[strategy]
    if rules["fused"] == 0:
        return
    row, j = at
    config["slice"] = config["first_slice"] + row
    first = strategy * symbols
    busy, asking = 0, 0
    for symbol in range(symbols):
        lane = first + symbol
        position = book.lanes[lane]
        if position["lots"] != 0 or position["working_entry"] >= 0:
            busy += 1
        if not market.valid[row, symbol]:
            tell_nb(book, desk, lane, UNIVERSE_GATE, NOT_VALID, (0.0, 0.0, 0))
            continue
        if desk.priorities[symbol] < 0.0:
            tell_nb(book, desk, lane, UNIVERSE_GATE, UNWATCHED, (0.0, 0.0, 0))
            continue
        load_symbol_nb(market, book, row, symbol)
        admit_nb(market, book, row, symbol)
        if step_lane_nb(book, desk, j, lane):
            rank = desk.priorities[symbol] * desk.fused[RANK, j, lane]
            book.keys[asking] = ((MOST_RANK - int(rank * RANK_STEPS)) << LANE_BITS) | lane
            asking += 1
    if asking > 1:
        sort_keys_nb(book.keys, asking)
    for k in range(asking):
        lane = book.keys[k] & LANE_MASK
        position = book.lanes[lane]
        opens = position["lots"] == 0 and position["working_entry"] < 0
        if opens and busy >= rules["maximum_trades"]:
            view = (desk.fused[SCORE, j, lane], desk.fused[CONFIDENCE, j, lane], position["state_side"])
            tell_nb(book, desk, lane, ORCHESTRATOR_GATE, CROWDED, view)
        elif enter_lane_nb(book, desk, j, lane) and opens:
            busy += 1
