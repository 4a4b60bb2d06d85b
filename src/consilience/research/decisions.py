"""Decisions in words, and counted: the funnel from signal to fill and what stopped the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from consilience.core.codes import Gate, OrderRole, OrderStatus, Reason
from consilience.core.panel import Ints, Panel, Records
from consilience.core.reason_text import REASON_TEXT
from consilience.core.time import format_time
from consilience.research.fused_frames import STEPS
from consilience.research.report.data import FunnelStep, Rejection

if TYPE_CHECKING:
    from consilience.research.result import BacktestResult

DIRECTION = {1: "long", -1: "short", 0: "exit"}


def funnel(result: BacktestResult) -> tuple[FunnelStep, ...]:
    """How many entry signals passed each stage, from the decision records, and how many orders filled.

    Fused strategies have a funnel of their own (``fused_report``) and don't count here.
    At record level ``events`` a signal that repeats the outcome before it is recorded once.
    """
    records, fused = result.output.records, [heard.strategy for heard in result.output.hearings]
    if result.settings.record == "none" or len(fused) == len(result.strategies):
        return ()
    if fused:
        records = records[~np.isin(records["lane"] // len(result.panel.symbols), fused)]
    entries = records[records["direction"] != 0.0]
    gates = entries["gate"]
    kept = "every one" if result.settings.record == "full" else "repeats of the same outcome count once"
    passed = entries[gates == Gate.PASSED]
    orders = passed["order"][passed["order"] >= 0]
    filled = int(np.count_nonzero(result.output.orders["filled"][orders] > 0))
    steps = (
        ("Signals", len(entries), f"entry signals, long or short; {kept}"),
        ("Universe", int(np.count_nonzero(gates > Gate.UNIVERSE)), f"universe '{result.settings.universe.name}'"),
        ("Signal gate", int(np.count_nonzero(gates > Gate.SIGNAL)), "not in a position on that side already"),
        ("Fusion", int(np.count_nonzero(gates > Gate.FUSION)), "profile 'single': the signal is the score"),
        ("Orchestrator", int(np.count_nonzero(gates > Gate.ORCHESTRATOR)), "a score that is not zero goes"),
        ("Ordered", len(passed), "risk and size granted at least the minimum, prices were valid"),
        ("Filled", filled, "entry orders that filled, wholly or in part"),
    )
    return tuple(FunnelStep(name=name, count=count, text=text) for name, count, text in steps)


def rejections(result: BacktestResult) -> tuple[Rejection, ...]:
    """Signals stopped at a gate, and orders that ended without filling, by reason, most frequent first."""
    records, orders = result.output.records, result.output.orders
    # a step of the orchestrator is no refusal
    stopped = records[(records["gate"] != Gate.PASSED) & ~np.isin(records["reason"], [int(step) for step in STEPS])]
    found = []
    for gate, reason in sorted({(int(g), int(r)) for g, r in zip(stopped["gate"], stopped["reason"], strict=True)}):
        rows = stopped[(stopped["gate"] == gate) & (stopped["reason"] == reason)]
        how = _lot_beside_cash if reason == Reason.SIZE_IS_ZERO else describe_size
        example = f"{_who(result, int(rows[0]['lane']))}, {how(result, rows[0])}".rstrip(", ")
        found.append(_rejection(Gate(gate).name.lower(), reason, rows["ts"], example))
    dead = np.isin(orders["status"], (OrderStatus.REJECTED, OrderStatus.DENIED, OrderStatus.EXPIRED))
    dead |= (orders["status"] == OrderStatus.CANCELLED) & (orders["role"] == OrderRole.ENTRY)
    for reason in np.unique(orders["reason"][dead]).tolist():
        rows = orders[dead & (orders["reason"] == reason)]
        text = f"{_who(result, int(rows[0]['lane']))}, order of {_quantity(result, rows[0], 'lots')}"
        found.append(_rejection("venue", reason, result.output.ts[rows["done_row"]], text))
    return tuple(sorted(found, key=lambda r: -r.count))


def _rejection(gate: str, reason: int, ts: Ints, example: str) -> Rejection:
    text = REASON_TEXT[Reason(reason)] or "no reason given"
    first, last = int(ts.min()), int(ts.max())
    return Rejection(
        gate=gate, reason=text, count=len(ts), first_ns=first, last_ns=last, example=f"{format_time(first)}: {example}"
    )


def _who(result: BacktestResult, lane: int) -> str:
    symbols = result.panel.symbols
    return f"{result.labels[lane // len(symbols)]} {symbols[lane % len(symbols)]}"


def _quantity(result: BacktestResult, record: Records, name: str) -> str:
    instrument = result.panel.instruments[int(record["lane"]) % len(result.panel.symbols)]
    return f"{int(record[name]) * float(instrument.lot):g}"


def describe_size(result: BacktestResult, record: Records) -> str:
    """What was wanted and approved, or an empty text when it did not come to that."""
    if record["lots_wanted"] == 0:
        return ""
    return f"wanted {_quantity(result, record, 'lots_wanted')}, approved {_quantity(result, record, 'lots_approved')}"


def _lot_beside_cash(result: BacktestResult, record: Records) -> str:
    """What one lot costs at the close of the decision's bar, beside the cash that was there."""
    panel, ts = result.panel, int(record["ts"])
    column = int(record["lane"]) % len(panel.symbols)
    one = panel.instruments[column]
    ticks = int(panel.ask.close[np.searchsorted(panel.ts, ts), column])
    cost = ticks * one.price_increment * one.lot * one.multiplier
    row = min(int(np.searchsorted(result.output.ts, ts)), len(result.output.ts) - 1)
    cash = result.output.curves[row, 1] / 10.0**result.output.exponent
    return f"a lot is {one.lot:f} and costs {cost:,.2f} {one.currency}, cash is {cash:,.2f} {panel.currencies[0]}"


@dataclass(frozen=True)
class Decision:
    """One decision record in words. direction: long, short or exit. gate: where it ended, ``passed`` when it became
    an order. wanted, approved: quantities. order: number of the order, None without one."""

    ts: int
    strategy: str
    symbol: str
    direction: str
    gate: str
    reason: str
    confidence: float
    score: float
    wanted: float
    approved: float
    order: int | None

    def __str__(self) -> str:
        tail = f" ({self.reason})" if self.reason else ""
        size = f" {self.approved:g} of {self.wanted:g}" if self.wanted else ""
        return f"{format_time(self.ts)} {self.strategy} {self.symbol} {self.direction}{size} -> {self.gate}{tail}"


def decisions_of(records: Records, labels: tuple[str, ...], panel: Panel) -> Iterator[Decision]:
    """Decision records (DECISION_DTYPE) in words, in their order."""
    symbols = panel.symbols
    for record in records:
        lane = int(record["lane"])
        lot = float(panel.instruments[lane % len(symbols)].lot)
        yield Decision(
            ts=int(record["ts"]),
            strategy=labels[lane // len(symbols)],
            symbol=symbols[lane % len(symbols)],
            direction=DIRECTION[int(np.sign(record["direction"]))],
            gate=Gate(int(record["gate"])).name.lower(),
            reason=REASON_TEXT[Reason(int(record["reason"]))],
            confidence=float(record["confidence"]),
            score=float(record["score"]),
            wanted=int(record["lots_wanted"]) * lot,
            approved=int(record["lots_approved"]) * lot,
            order=int(record["order"]) if record["order"] >= 0 else None,
        )
