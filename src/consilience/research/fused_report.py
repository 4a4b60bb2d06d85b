"""What the report tells of a fused strategy: its funnel, its orchestrator, its sources, and decisions worth a look."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from consilience.core.codes import Gate, OrderRole, Reason, TickerState
from consilience.core.panel import Ints, Records
from consilience.core.reason_text import REASON_TEXT
from consilience.engine.desk import STATE_TALLY
from consilience.research.fused_frames import STEPS, FusedHearing, fused_hearings, spoke
from consilience.research.fused_survey import survey_notes
from consilience.research.report import data as report
from consilience.signals.fusion.fields import CONFIDENCE, SCORE

if TYPE_CHECKING:
    from consilience.research.result import BacktestResult

SHOWN = 6  # decisions of each kind that the report draws


def fusion_notes(result: BacktestResult) -> tuple[report.FusionNote, ...]:
    """One for each fused strategy, in their order; none for a run without one."""
    symbols, records = len(result.panel.symbols), result.output.records
    notes = []
    for heard in fused_hearings(result):
        number = heard.hearing.strategy
        mine = records[records["lane"] // symbols == number]
        notes.append(
            report.FusionNote(
                strategy=result.labels[number],
                profile=heard.profile.name,
                steps=fused_funnel(result, number),
                states=_states(result, number, mine),
                sources=_sources(heard),
                decisions=tuple(_decisions(result, heard)),
                **survey_notes(result, heard),
            )
        )
    return tuple(notes)


def fused_funnel(result: BacktestResult, number: int) -> tuple[report.FunnelStep, ...]:
    """From every symbol in every slice to entries that filled, by the gate at which each ended."""
    gates = result.output.tallies[number, :STATE_TALLY]
    orders, symbols = result.output.orders, len(result.panel.symbols)
    entries = (orders["role"] == OrderRole.ENTRY) & (orders["lane"] // symbols == number)
    filled = int(np.count_nonzero(orders["filled"][entries] > 0))
    left = int(gates.sum())  # integer
    steps = [("Looked at", left, "symbols x slices from the first that could decide")]
    for name, stops, text in (
        ("Seen", (Gate.QUALITY, Gate.UNIVERSE), "a valid bar, watched, in the universe"),
        ("Fusion", (Gate.FUSION,), "enough sources spoke, and the score takes a side"),
        ("New signal", (Gate.SIGNAL,), "not held on that side already, no entry waiting"),
        ("Orchestrator", (Gate.ORCHESTRATOR,), "in GO, not too many trades at once; a step is a stop"),
        ("Risk", (Gate.RISK,), "size and limits granted at least the minimum"),
        ("Ordered", (Gate.EXECUTION, Gate.VENUE), "prices were valid: an entry order was sent"),
    ):
        left -= sum(int(gates[int(gate)]) for gate in stops)
        steps.append((name, left, text))
    steps.append(("Filled", filled, "entry orders that filled, wholly or in part"))
    return tuple(report.FunnelStep(name=name, count=count, text=text) for name, count, text in steps)


def _states(result: BacktestResult, number: int, records: Records) -> tuple[report.StateNote, ...]:
    tallies = result.output.tallies[number, STATE_TALLY:]
    notes = []
    for state in TickerState:
        ways = [
            (reason, int(np.count_nonzero(records["reason"] == reason))) for reason, to in STEPS.items() if to == state
        ]
        notes.append(
            report.StateNote(
                state=state.name,
                slices=int(tallies[int(state)]),
                steps=tuple((REASON_TEXT[reason].split(": ", 1)[1], count) for reason, count in ways),
                counted=result.settings.record != "none",
            )
        )
    return tuple(notes)


def _sources(heard: FusedHearing) -> tuple[report.SourceNote, ...]:
    """Over the decisions at which fusion spoke."""
    rows, hearing = spoke(heard), heard.hearing
    leaders, notes = _leaders(hearing.contributions[rows]), []
    for k, name in enumerate(hearing.names):
        column = hearing.contributions[rows, k]
        present = np.isfinite(hearing.values[rows, k]) & np.isfinite(hearing.confidences[rows, k])
        size = np.abs(column[present])
        notes.append(
            report.SourceNote(
                source=name,
                decisions=len(rows),
                spoke=int(np.count_nonzero(present)),
                mean_size=math.fsum(size.tolist()) / len(size) if len(size) else math.nan,
                leading=int(np.count_nonzero(leaders == k)),
            )
        )
    return tuple(notes)


def _leaders(contributions: report.Floats) -> Ints:
    """The source with the largest |contribution| of each decision, the first of equals; -1 where nothing moved it."""
    if not len(contributions):
        return np.zeros(0, np.int64)
    size = np.abs(contributions)
    result: Ints = np.where(size.max(axis=1) > 0.0, size.argmax(axis=1), -1)
    return result


def _decisions(result: BacktestResult, heard: FusedHearing) -> Iterator[report.FusedDecision]:
    """The latest, newest first, and those with the largest |score|; of one symbol and slice the last record."""
    records, rows = result.output.records, spoke(heard)
    chosen = records[heard.hearing.rows[rows]]
    place = chosen["row"] * len(result.output.lanes) + chosen["lane"]
    _, backwards = np.unique(place[::-1], return_index=True)
    found = np.sort(rows[len(rows) - 1 - backwards])
    sizes = np.abs(heard.hearing.fields[SCORE, found])
    for kind, picked in (
        ("latest", found[::-1][:SHOWN]),
        ("largest", found[np.argsort(-sizes, kind="stable")[:SHOWN]]),
    ):
        for k in picked.tolist():
            yield _decision(result, heard, k, kind)


def _decision(result: BacktestResult, heard: FusedHearing, k: int, kind: str) -> report.FusedDecision:
    hearing = heard.hearing
    record = result.output.records[hearing.rows[k]]
    names = hearing.names
    return report.FusedDecision(
        kind=kind,
        symbol=result.panel.symbols[int(record["lane"]) % len(result.panel.symbols)],
        time_ns=int(record["ts"]),
        gate=Gate(int(record["gate"])).name.lower(),
        reason=REASON_TEXT[Reason(int(record["reason"]))],
        score=float(heard.hearing.fields[SCORE, k]),
        confidence=float(heard.hearing.fields[CONFIDENCE, k]),
        parts=tuple(
            report.SourcePart(
                source=name,
                value=float(hearing.values[k, j]),
                confidence=float(hearing.confidences[k, j]),
                weight=float(hearing.weights[k, j]),
                contribution=float(hearing.contributions[k, j]),
            )
            for j, name in enumerate(names)
        ),
    )
