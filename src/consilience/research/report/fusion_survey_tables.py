"""Tables of what a fused strategy saw: ranking, market conditions, what became of its signals. Page and terminal print
the same."""

from __future__ import annotations

from consilience.research.report.data import FusionNote
from consilience.research.report.survey_data import Period, Reliability
from consilience.research.report.tables import Cell, Column, Table, number_cell
from consilience.research.report.text import DASH, date_text, number, percent

_UNKNOWN = "it is not known"
_NONE = "none has reached its horizon"


def survey_tables(note: FusionNote, place: int = 0, *, daily: bool = False) -> tuple[Table, ...]:
    """All of them; ``place`` of the strategy in the report makes their ids distinct."""
    return (
        ranking_table(note, place),
        conditions_table(note, place, daily=daily),
        quality_table(note, place),
        reliability_table(note, place),
        classes_table(note, place),
        signals_table(note, place, daily=daily),
    )


def ranking_table(note: FusionNote, place: int = 0) -> Table:
    """Symbols of the last slice, the strongest first."""
    names = ("Hit rate", "Same side", "Volume", "Timeframes")
    tips = ("Past fused signals that were right.", "Other symbols that lean to this side.", "", "")
    how = (
        "Where not all may trade, the strongest do."
        if note.ranks
        else "Shown only: where not all may trade, the surest do; ranking.on = true lets the strongest."
    )
    return Table(
        name=f"fusion-ranking-{place}",
        title=f"Ranking, {note.strategy}",
        columns=(
            Column(name="Rank", numeric=True),
            Column(name="Symbol"),
            Column(name="Score", numeric=True),
            Column(name="Confidence", numeric=True),
            Column(name="Strength", numeric=True),
            *(Column(name=name, numeric=True, key=False, tip=tip) for name, tip in zip(names, tips, strict=True)),
            Column(name="Risk", numeric=True, key=False, tip="Factor: wild symbols count less."),
            Column(name="Market", numeric=True, key=False, tip="Factor: conditions of the market."),
        ),
        rows=tuple(
            (
                number_cell(row.rank, str(row.rank)),
                Cell(text=row.symbol),
                *(
                    number_cell(value, number(value, digits), why=_UNKNOWN)
                    for value, digits in (
                        (row.score, 3),
                        (row.confidence, 3),
                        (row.strength, 3),
                        *((level, 2) for level in row.levels),
                        (row.risk, 2),
                        (row.condition, 2),
                    )
                ),
            )
            for row in note.ranking
        ),
        note=f"At the last slice. {how}",
        empty="No symbol had a signal at the last slice.",
    )


def conditions_table(note: FusionNote, place: int = 0, *, daily: bool = False) -> Table:
    """The market over time."""
    return Table(
        name=f"fusion-market-{place}",
        title=f"Market conditions, {note.strategy}",
        columns=(
            Column(name="From"),
            Column(name="Breadth", numeric=True, tip="Share of the symbols with a fused score above 0."),
            Column(name="Volatility", numeric=True, tip="Percentile of the market's own history."),
            Column(name="Correlation", numeric=True, tip="Mean over pairs of symbols."),
            Column(name="Dried up", numeric=True, tip="Share of the symbols with under half of their usual volume."),
            Column(name="Sectors", wide=True, key=False),
        ),
        rows=tuple(_period_row(period, daily) for period in note.conditions),
        note="" if any(one.sectors for one in note.conditions) else "No sectors were given; [risk.sectors] names them.",
        empty="No slice was judged.",
    )


def _period_row(period: Period, daily: bool) -> tuple[Cell, ...]:
    return (
        Cell(text=date_text(period.start_ns, daily=daily), value=float(period.start_ns)),
        number_cell(period.breadth, percent(period.breadth, 0), why="fusion was silent"),
        number_cell(period.volatility, _with(percent(period.volatility, 0), period.environment), why=_UNKNOWN),
        number_cell(period.correlation, _with(number(period.correlation, 2), period.together), why=_UNKNOWN),
        number_cell(period.stressed, percent(period.stressed, 0), why=_UNKNOWN),
        Cell(text=period.sectors or DASH),
    )


def _with(text: str, level: str) -> str:
    return text if level == "unknown" else f"{text} {level}"


def _outcome_cells(settled: float, hit_rate: float, mean: float) -> tuple[Cell, ...]:
    """How many signals have an outcome, how many were right, and what they brought."""
    return (
        number_cell(settled, number(settled, 0)),
        number_cell(hit_rate, percent(hit_rate, 1), why=_NONE),
        number_cell(mean, percent(mean, 2, signed=True), why=_NONE),
    )


def quality_table(note: FusionNote, place: int = 0) -> Table:
    """What became of each source's signals."""
    return Table(
        name=f"fusion-quality-{place}",
        title=f"Signal quality by source, {note.strategy}",
        columns=(
            Column(name="Source"),
            Column(name="Outcomes", numeric=True),
            Column(name="Right", numeric=True),
            Column(name="Mean outcome", numeric=True, tip="Forward return in the signal's direction, after cost."),
        ),
        rows=tuple(
            (
                Cell(text=one.source),
                *_outcome_cells(one.settled, one.hit_rate, one.mean),
            )
            for one in note.quality
        ),
        note="At each source's own horizon, warm-up included; signals that overlap count once.",
        empty="No source was heard.",
    )


def reliability_table(note: FusionNote, place: int = 0) -> Table:
    """Confidence against how often it was right."""
    how = (
        f"Confidences are calibrated where {note.minimum_sample:,} outcomes or more stand behind a tenth"
        f"{' of the symbol itself; this table adds the symbols up' if note.per_symbol else ''}."
        if note.calibrates
        else "Not used by this profile; performance.calibrate = true lets it."
    )
    return Table(
        name=f"fusion-reliability-{place}",
        title=f"Reliability of the confidence, {note.strategy}",
        columns=(
            Column(name="Confidence"),
            Column(name="Outcomes", numeric=True),
            Column(name="Mean stated", numeric=True),
            Column(name="Right", numeric=True),
            Column(name="Counts as", numeric=True),
        ),
        rows=tuple(_reliability_row(one) for one in note.reliability if one.sample > 0.0),
        note=f"Fused signals after {note.horizon} bars, warm-up included. {how}",
        empty="No fused signal has reached its horizon.",
    )


def _reliability_row(one: Reliability) -> tuple[Cell, ...]:
    return (
        Cell(text=f"{one.low:.1f} to {one.high:.1f}", value=one.low),
        number_cell(one.sample, number(one.sample, 0)),
        number_cell(one.confidence, number(one.confidence, 3)),
        number_cell(one.hit_rate, percent(one.hit_rate, 1)),
        number_cell(one.used, number(one.used, 3), why="its own confidence"),
    )


def classes_table(note: FusionNote, place: int = 0) -> Table:
    """What became of the fused signals, by class."""
    return Table(
        name=f"fusion-classes-{place}",
        title=f"Signal history by class, {note.strategy}",
        columns=(
            Column(name="Signal"),
            Column(name="Entered", numeric=True),
            Column(name="Outcomes", numeric=True),
            Column(name="Right", numeric=True),
            Column(name="Mean outcome", numeric=True),
        ),
        rows=tuple(
            (
                Cell(text=one.signal.replace("_", " ").lower()),
                number_cell(one.entered, number(one.entered, 0)),
                *_outcome_cells(one.settled, one.hit_rate, one.mean),
            )
            for one in note.classes
        ),
        note=f"Forward return over {note.horizon} bars in the signal's direction, before cost, warm-up included.",
        empty="No signal was entered.",
    )


def signals_table(note: FusionNote, place: int = 0, *, daily: bool = False) -> Table:
    """The latest fused signals."""
    return Table(
        name=f"fusion-signals-{place}",
        title=f"Latest signals, {note.strategy}",
        columns=(
            Column(name="Time"),
            Column(name="Symbol"),
            Column(name="Signal"),
            Column(name="Score", numeric=True),
            Column(name="Confidence", numeric=True),
            Column(name="Outcome", numeric=True),
        ),
        rows=tuple(
            (
                Cell(text=date_text(one.time_ns, daily=daily), value=float(one.time_ns)),
                Cell(text=one.symbol),
                Cell(text=one.signal.replace("_", " ").lower()),
                number_cell(one.score, number(one.score, 3)),
                number_cell(one.confidence, number(one.confidence, 3)),
                number_cell(one.outcome, percent(one.outcome, 2, signed=True), why="its horizon is not over"),
            )
            for one in note.signals
        ),
        empty="No signal was entered.",
    )
