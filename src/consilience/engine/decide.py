"""From the conditions of one lane to orders: the semantics of an Entry, the gates, risk, sizing, protection.

In a position, an entry on the same side is ignored unless it may pyramid. An exit beats an entry on its side.
An opposite entry closes and then reverses. Stops and targets are fixed here and armed at the fill. A price that
is given but NaN is a refusal.
"""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.codes import Gate, OrderFlag, OrderRole, OrderStatus, OrderType, Reason, TimeInForce
from consilience.core.jit import njit_inline
from consilience.core.units import MILLION, OVERFLOW, notional_nb
from consilience.engine.book import Book
from consilience.engine.capital import slice_equity_nb, slice_verdict_nb
from consilience.engine.fills import base_units_nb, margin_units_nb
from consilience.engine.intent import Intent, Plan, plan_entry_nb
from consilience.engine.orchestrator import go_direct_nb
from consilience.engine.orders import Draft, add_order_nb, end_order_nb
from consilience.engine.records import Outcome, record_nb
from consilience.risk.catalog import size_nb, verdict_nb
from consilience.risk.request import RiskLimits, RiskRequest
from consilience.signals.fusion.single import fuse_single_nb
from consilience.universe.all_symbols import is_member_nb

MARKET, LIMIT, STOP, STOP_LIMIT, TRAILING = 0, 1, 2, 3, int(OrderType.TRAILING_STOP)
GTC = int(TimeInForce.GTC)
CANCELLED = int(OrderStatus.CANCELLED)
ENTRY, EXIT, STOP_LOSS, TAKE_PROFIT, TRAIL, REVERSAL = (
    int(OrderRole.ENTRY),
    int(OrderRole.EXIT),
    int(OrderRole.STOP_LOSS),
    int(OrderRole.TAKE_PROFIT),
    int(OrderRole.TRAIL),
    int(OrderRole.REVERSAL),
)
REDUCE_ONLY, TRAIL_PERCENT = int(OrderFlag.REDUCE_ONLY), int(OrderFlag.TRAIL_PERCENT)
SIGNAL_GATE, UNIVERSE_GATE, ORCHESTRATOR_GATE = int(Gate.SIGNAL), int(Gate.UNIVERSE), int(Gate.ORCHESTRATOR)
RISK_GATE, EXECUTION_GATE, PASSED = int(Gate.RISK), int(Gate.EXECUTION), int(Gate.PASSED)
ALREADY, WORKING = int(Reason.ALREADY_IN_POSITION), int(Reason.ENTRY_ALREADY_WORKING)
NOT_VALID, ZERO_SIZE = int(Reason.NOT_VALID), int(Reason.SIZE_IS_ZERO)
NO_SHORT, HALTED, TOO_SMALL = int(Reason.SHORT_NOT_ALLOWED), int(Reason.HALTED), int(Reason.BELOW_MINIMUM)
OVERFLOWED, CONTRADICTORY = int(Reason.OVERFLOW), int(Reason.CONTRADICTORY_ENTRY)
BY_ENTRY, BY_EXIT, BY_REVERSE = int(Reason.ENTRY_SIGNAL), int(Reason.EXIT_SIGNAL), int(Reason.REVERSED)
BY_STRATEGY = int(Reason.CANCELLED_BY_STRATEGY)


@njit_inline
def lot_value_nb(book: Book, lane: int, reference: int) -> int:
    """Value of one lot at ``reference`` ticks, base units, at least 1; OVERFLOW where it does not fit."""
    instrument = book.symbols[book.lanes[lane]["symbol"]]
    unit = notional_nb(reference, 1, instrument["notional_num"], instrument["notional_den"])
    units = base_units_nb(instrument, unit)
    return units if units == OVERFLOW else max(units, 1)


@njit_inline
def account_lots_nb(book: Book, lane: int, side: int, lot_units: int, wanted: int) -> tuple[int, int]:
    """(lots, reason): what the account rules, and the strategy's slice, let pass of an entry."""
    config, account, position = book.config[0], book.account[0], book.lanes[lane]
    instrument = book.symbols[position["symbol"]]
    # an opposite position is closed before this entry fills: it frees its margin
    reverses = position["lots"] * side < 0
    request = RiskRequest(
        wanted,
        lot_units,
        margin_units_nb(instrument, lot_units),
        0 if reverses else abs(position["value"]),
        account["cash"],
        account["equity"],
        account["gross"] - (abs(position["value"]) if reverses else 0),
        account["margin"] - (position["margin"] if reverses else 0),
    )
    verdict = verdict_nb(
        request, RiskLimits(config["leverage_ppm"], config["max_position_ppm"], config["max_gross_ppm"])
    )
    if book.strategies[book.lanes[lane]["strategy"]]["capital_ppm"] != MILLION:
        verdict = slice_verdict_nb(book, lane, request, verdict, abs(position["value"]) if reverses else 0)
    if verdict.lots < instrument["minimum_lots"]:
        return 0, verdict.reason if verdict.reason else TOO_SMALL
    return verdict.lots, verdict.reason


@njit_inline
def size_entry_nb(book: Book, lane: int, side: int, reference: int, quantity: float) -> tuple[int, int, int]:
    """(wanted, approved, reason): the strategy's own quantity where it gives one, else the sizer's, through risk.

    A quantity that is given but NaN is no size.
    """
    account, symbol = book.account[0], book.lanes[lane]["symbol"]
    lot_units = lot_value_nb(book, lane, reference)
    if lot_units == OVERFLOW:
        return 0, 0, OVERFLOWED
    if quantity == quantity or book.strategies[book.lanes[lane]["strategy"]]["has_size"] == 1:
        lots = quantity / book.symbols[symbol]["lot_size"]
        wanted = int(lots + 1e-9) if 0.0 < lots < 9.0e15 else 0
    else:
        rules = book.strategies[book.lanes[lane]["strategy"]]
        own = slice_equity_nb(account["equity"], rules["capital_ppm"])
        wanted = size_nb(own, lot_units, rules["fraction_ppm"])
    if wanted <= 0:
        return 0, 0, ZERO_SIZE
    approved, why = account_lots_nb(book, lane, side, lot_units, wanted)
    return wanted, approved, why


@njit_inline
def send_entry_nb(book: Book, lane: int, side: int, lots: int, plan: Plan) -> int:
    """Create the entry and its dormant protection; returns the entry's order number."""
    rules = book.strategies[book.lanes[lane]["strategy"]]
    bars = rules["valid_for"]
    entry = add_order_nb(
        book,
        Draft(
            lane,
            side,
            rules["order_type"],
            rules["time_in_force"],
            ENTRY,
            rules["order_flags"],
            BY_ENTRY,
            rules["priority"],
            lots,
            plan.limit,
            plan.stop,
            0,
            bars,
            -1,
            -1,
            plan.reference,
        ),
    )
    book.lanes[lane]["working_entry"] = entry
    group = -1
    for role in range(STOP_LOSS, TRAIL + 1):
        kind = STOP if role == STOP_LOSS else LIMIT if role == TAKE_PROFIT else TRAILING
        level = plan.stop_loss if role == STOP_LOSS else plan.take_profit if role == TAKE_PROFIT else plan.trail
        if level == 0:
            continue
        flags = REDUCE_ONLY
        if role == TRAIL and rules["trail_percent"] == 1:
            flags |= TRAIL_PERCENT
        if group == -1:
            group = book.account[0]["orders"]
        add_order_nb(
            book,
            Draft(
                lane,
                -side,
                kind,
                GTC,
                role,
                flags,
                0,
                rules["priority"],
                0,
                level if kind == LIMIT else 0,
                level if kind == STOP else 0,
                level if kind == TRAILING else 0,
                -1,
                entry,
                group,
                level,
            ),
        )
    return entry


@njit_inline
def send_exit_nb(book: Book, lane: int, role: int) -> int:
    """Close the lane's position at the market; one exit works at a time. Returns its order number."""
    position = book.lanes[lane]
    working: int = position["working_exit"]
    if working >= 0:
        return working
    symbol = book.lanes[lane]["symbol"]
    side = -1 if position["lots"] > 0 else 1
    reference = book.symbols[symbol]["bid_close"] if side < 0 else book.symbols[symbol]["ask_close"]
    reason = BY_REVERSE if role == REVERSAL else BY_EXIT
    priority = book.strategies[book.lanes[lane]["strategy"]]["priority"]
    lots = abs(position["lots"])
    draft = Draft(lane, side, MARKET, GTC, role, REDUCE_ONLY, reason, priority, lots, 0, 0, 0, -1, -1, -1, reference)
    number = add_order_nb(book, draft)
    position["working_exit"] = number
    return number


@njit_inline
def entry_gate_nb(book: Book, lane: int, side: int) -> tuple[int, int]:
    """(gate, reason) that stops an entry before it is planned, or (PASSED, 0); counts what a halt refuses."""
    position, config = book.lanes[lane], book.config[0]
    rules = book.strategies[book.lanes[lane]["strategy"]]
    lots = position["lots"]
    if lots * side > 0 and (position["entries"] > rules["pyramid"] or position["working_exit"] >= 0):
        return SIGNAL_GATE, ALREADY
    working = position["working_entry"]
    if working >= 0 and book.orders[working]["side"] == side:
        return SIGNAL_GATE, WORKING
    if side < 0 and (config["allow_short"] == 0 or book.symbols[book.lanes[lane]["symbol"]]["shortable"] == 0):
        return EXECUTION_GATE, NO_SHORT
    if book.account[0]["halt_level"] > 0:
        book.account[0]["halted_entries"] += 1
        return RISK_GATE, HALTED
    return PASSED, 0


@njit_inline
def voice_nb(side: int, intent: Intent) -> tuple[float, float]:
    """(confidence, fused score) of an entry signal; a confidence that is NaN or negative is none."""
    confidence = intent.confidence if intent.confidence >= 0.0 else 0.0
    return confidence, fuse_single_nb(float(side), min(confidence, 1.0))


class Ask(NamedTuple):
    """An entry on its way. go: False when it ended at a gate. wanted, approved: lots; why: Reason."""

    go: bool
    plan: Plan
    wanted: int
    approved: int
    why: int
    confidence: float
    score: float


@njit_inline
def prepare_entry_nb(book: Book, lane: int, side: int, intent: Intent) -> Ask:
    """Take one entry signal through the gates up to the account rules; close an opposite position first."""
    position = book.lanes[lane]
    confidence, score = voice_nb(side, intent)
    no_plan = Plan(0, 0, 0, 0, 0, 0, 0)
    excluded = book.symbols[book.lanes[lane]["symbol"]]["excluded"]
    if excluded != 0:
        record_nb(book, lane, Outcome(UNIVERSE_GATE, excluded, float(side), confidence, score, 0, 0, -1))
        return Ask(False, no_plan, 0, 0, 0, confidence, score)
    gate, reason = entry_gate_nb(book, lane, side)
    if gate != PASSED:
        record_nb(book, lane, Outcome(gate, reason, float(side), confidence, score, 0, 0, -1))
        return Ask(False, no_plan, 0, 0, 0, confidence, score)
    if not go_direct_nb(score):
        record_nb(book, lane, Outcome(ORCHESTRATOR_GATE, 0, float(side), confidence, score, 0, 0, -1))
        return Ask(False, no_plan, 0, 0, 0, confidence, score)
    plan = plan_entry_nb(book, lane, side, intent)
    if plan.bad != 0:
        record_nb(book, lane, Outcome(EXECUTION_GATE, plan.bad, float(side), confidence, score, 0, 0, -1))
        return Ask(False, no_plan, 0, 0, 0, confidence, score)
    if position["working_entry"] >= 0:
        end_order_nb(book, position["working_entry"], CANCELLED, BY_STRATEGY)
    if position["lots"] * side < 0:
        send_exit_nb(book, lane, REVERSAL)
    wanted, approved, why = size_entry_nb(book, lane, side, plan.reference, intent.quantity)
    return Ask(True, plan, wanted, approved, why, confidence, score)


@njit_inline
def finish_entry_nb(book: Book, lane: int, side: int, ask: Ask) -> None:
    """Send what was approved of an entry, or note why nothing was."""
    if ask.approved <= 0:
        outcome = Outcome(RISK_GATE, ask.why, float(side), ask.confidence, ask.score, ask.wanted, 0, -1)
        record_nb(book, lane, outcome)
        return
    number = send_entry_nb(book, lane, side, ask.approved, ask.plan)
    if ask.approved < ask.wanted:
        book.account[0]["shrunk"] += 1
    record_nb(
        book, lane, Outcome(PASSED, ask.why, float(side), ask.confidence, ask.score, ask.wanted, ask.approved, number)
    )


@njit_inline
def decide_entry_nb(book: Book, lane: int, side: int, intent: Intent) -> None:
    """Take one entry signal through the gates, by the account rules."""
    ask = prepare_entry_nb(book, lane, side, intent)
    if ask.go:
        finish_entry_nb(book, lane, side, ask)


@njit_inline
def weigh_lane_nb(book: Book, lane: int, intent: Intent) -> int:
    """Validity, cancellations and exits of one lane, whose symbol is loaded; returns the side to enter, 0 for none."""
    long, short, exit_long, exit_short = intent.long, intent.short, intent.exit_long, intent.exit_short
    position = book.lanes[lane]
    direction = 1.0 if long else -1.0 if short else 0.0
    if not is_member_nb(book.symbols[book.lanes[lane]["symbol"]]["valid"] == 1):
        record_nb(book, lane, Outcome(UNIVERSE_GATE, NOT_VALID, direction, 0.0, 0.0, 0, 0, -1))
        return 0
    lots, working = position["lots"], position["working_entry"]
    if working >= 0:
        side = book.orders[working]["side"]
        if (side > 0 and exit_long) or (side < 0 and exit_short):
            end_order_nb(book, working, CANCELLED, BY_STRATEGY)
    # an exit beats an entry on its own side
    long = long and not exit_long
    short = short and not exit_short
    if long and short:
        record_nb(book, lane, Outcome(SIGNAL_GATE, CONTRADICTORY, 0.0, 0.0, 0.0, 0, 0, -1))
        return 0
    leaves = (lots > 0 and exit_long) or (lots < 0 and exit_short)
    reverses = (lots > 0 and short) or (lots < 0 and long)
    # out of the universe a position may be closed, but not turned round
    outside = book.symbols[book.lanes[lane]["symbol"]]["excluded"] != 0
    if (leaves and not reverses) or (reverses and outside):
        number = send_exit_nb(book, lane, EXIT if leaves else REVERSAL)
        record_nb(book, lane, Outcome(PASSED, BY_EXIT, 0.0, 1.0, 0.0, abs(lots), abs(lots), number))
    return 1 if long else -1 if short else 0


@njit_inline
def decide_lane_nb(book: Book, lane: int, intent: Intent) -> None:
    """All conditions of one lane in the slice at hand, by the account rules."""
    side = weigh_lane_nb(book, lane, intent)
    if side != 0:
        decide_entry_nb(book, lane, side, intent)
