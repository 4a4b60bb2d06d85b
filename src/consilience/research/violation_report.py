"""What the report tells of passive violations: each with its rule in words, how far, how severe, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consilience.core.codes import Reason
from consilience.core.reason_text import REASON_TEXT
from consilience.research.report.data import ViolationNote
from consilience.risk.violations import violation_of

if TYPE_CHECKING:
    from consilience.research.result import BacktestResult


def violation_notes(result: BacktestResult) -> tuple[ViolationNote, ...]:
    """Every episode in the order in which they began; those that ended during warm-up are left out."""
    output, notes = result.output, []
    for episode in output.violations:
        first, last, worst = (int(episode[name]) for name in ("first_row", "last_row", "worst_row"))
        if last < result.first_row:
            continue
        what = violation_of(int(episode["rule"]), int(episode["value"]), int(episode["limit"]), output.exponent)
        notes.append(
            ViolationNote(
                rule=what.rule,
                severity=what.severity,
                cause=REASON_TEXT[Reason(what.reason)],
                action=what.action,
                since_ns=int(output.ts[first]),
                last_ns=int(output.ts[last]),
                lasts=last == len(output.ts) - 1,
                bars=last - first + 1,
                worst_ns=int(output.ts[worst]),
                value=what.value,
                limit=what.limit,
                unit=what.unit,
            )
        )
    return tuple(notes)
