"""Tables of a fused strategy: its funnel, the orchestrator's states, its sources. Page and terminal print the same."""

from __future__ import annotations

import math

from consilience.research.report.data import FusionNote, SourceNote, StateNote
from consilience.research.report.tables import Cell, Column, Table, number_cell
from consilience.research.report.text import DASH, number, percent


def fusion_tables(note: FusionNote, place: int) -> tuple[Table, Table, Table]:
    """Funnel, states and sources; ``place`` of the strategy in the report makes their ids distinct."""
    return funnel_table(note, place), states_table(note, place), sources_table(note, place)


def funnel_table(note: FusionNote, place: int = 0) -> Table:
    """Counts, and what part of the step before they are."""
    rows, before = [], 0
    for k, step in enumerate(note.steps):
        share = step.count / before if k and before else math.nan
        why = "the first step" if not k else "the step before has none"
        rows.append(
            (
                Cell(text=step.name, tip=step.text),
                number_cell(step.count, number(step.count, 0)),
                number_cell(share, percent(share, 1), why=why),
                Cell(text=step.text),
            )
        )
        before = step.count
    return Table(
        name=f"fusion-funnel-{place}",
        title=f"From signal to fill, {note.strategy}",
        columns=(
            Column(name="Step"),
            Column(name="Count", numeric=True),
            Column(name="Of the one before", numeric=True),
            Column(name="What got here", wide=True, key=False),
        ),
        rows=tuple(rows),
        empty="Nothing was counted.",
    )


def states_table(note: FusionNote, place: int = 0) -> Table:
    """Where the symbols stood, and what led there."""
    total = sum(state.slices for state in note.states)
    return Table(
        name=f"fusion-states-{place}",
        title=f"Orchestrator, {note.strategy}",
        columns=(
            Column(name="State"),
            Column(name="Share", numeric=True, tip="Of the symbols x slices that were looked at."),
            Column(name="Entered", numeric=True, tip="Steps into it."),
            Column(name="By", wide=True),
        ),
        rows=tuple(_state_row(state, total) for state in note.states),
        note="" if all(state.counted for state in note.states) else "Steps were not recorded at record level none.",
        empty="Nothing was counted.",
    )


def _state_row(state: StateNote, total: int) -> tuple[Cell, ...]:
    share = state.slices / total if total else math.nan
    steps = float(sum(count for _, count in state.steps)) if state.counted else math.nan
    taken = "; ".join(f"{text} {number(count, 0)}" for text, count in state.steps if count)
    return (
        Cell(text=state.state),
        Cell(text=percent(share, 1), value=share, tip=f"{state.slices:,} of {total:,} symbols x slices"),
        number_cell(steps, number(steps, 0), why="steps were not recorded"),
        Cell(text=taken or DASH),
    )


def sources_table(note: FusionNote, place: int = 0) -> Table:
    """How often each source spoke and how much it moved the score when it did."""
    decisions = max((source.decisions for source in note.sources), default=0)
    return Table(
        name=f"fusion-sources-{place}",
        title=f"Sources, {note.strategy}",
        columns=(
            Column(name="Source"),
            Column(name="Spoke", numeric=True, tip="Share of the recorded decisions in which it did not abstain."),
            Column(name="Mean size", numeric=True, tip="Mean |contribution| to the score, where it spoke."),
            Column(name="Led", numeric=True, tip="Share of the decisions in which its contribution was the largest."),
        ),
        rows=tuple(_source_row(source) for source in note.sources),
        note=f"Over the {decisions:,} recorded decisions at which fusion spoke.",
        empty="No source was heard.",
    )


def _source_row(source: SourceNote) -> tuple[Cell, ...]:
    spoke = source.spoke / source.decisions if source.decisions else math.nan
    led = source.leading / source.decisions if source.decisions else math.nan
    return (
        Cell(text=source.source),
        number_cell(spoke, percent(spoke, 1), why="fusion spoke at no recorded decision"),
        number_cell(source.mean_size, number(source.mean_size, 4), why="it never spoke"),
        number_cell(led, percent(led, 1), why="fusion spoke at no recorded decision"),
    )
