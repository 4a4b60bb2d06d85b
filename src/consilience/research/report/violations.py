"""Passive risk violations in words: a line for each rule that was violated severely."""

from __future__ import annotations

from consilience.research.report.data import ReportData, ViolationNote
from consilience.research.report.text import date_text, is_daily, number

SEVERITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
TOLD_FROM = SEVERITIES.index("HIGH")


def violation_words(data: ReportData) -> list[tuple[str, str, str]]:
    """(rule, title, text) of every rule whose worst violation was HIGH or CRITICAL, the most severe first."""
    by_rule: dict[str, list[ViolationNote]] = {}
    for note in data.violations:
        by_rule.setdefault(note.rule, []).append(note)
    worst = {rule: max(notes, key=lambda note: (note.severity, excess(note))) for rule, notes in by_rule.items()}
    told = sorted((rule for rule in worst if worst[rule].severity >= TOLD_FROM), key=lambda rule: -worst[rule].severity)
    return [(rule, _title(worst[rule]), _text(data, by_rule[rule], worst[rule])) for rule in told]


def excess(note: ViolationNote) -> float:
    """The value as a multiple of its limit; infinite where nothing was allowed."""
    return note.value / note.limit if note.limit > 0.0 else float("inf")


def amount_text(value: float, note: ViolationNote, data: ReportData) -> str:
    """A violation's value or limit with its unit."""
    if note.unit == "money":
        return number(value, data.money_decimals, suffix=f" {data.base_currency}")
    return number(value, 0) if note.unit == "count" else number(value, 2)


def _title(worst: ViolationNote) -> str:
    return f"Risk violation, {SEVERITIES[worst.severity]}: {worst.cause}"


def _text(data: ReportData, notes: list[ViolationNote], worst: ViolationNote) -> str:
    times, bars = len(notes), sum(note.bars for note in notes)
    often = "Once" if times == 1 else "Twice" if times == 2 else f"{times:,} times"
    values = f"{amount_text(worst.value, worst, data)}, limit {amount_text(worst.limit, worst, data)}"
    when = date_text(worst.worst_ns, daily=is_daily(data.timeframe))
    end = "; it lasts at the end" if notes[-1].lasts else ""
    return (
        f"{often}, {bars:,} bar{'' if bars == 1 else 's'}, after the marks{end}. Worst on {when}: {values}. "
        f"Recommended: {worst.action}."
    )
