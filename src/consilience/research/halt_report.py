"""What the report tells of the circuit breaker: each halt with the number that met its limit, and what it refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consilience.core.codes import Reason
from consilience.core.reason_text import REASON_TEXT
from consilience.engine.settings import Settings
from consilience.research.report.data import HaltNote
from consilience.research.report.text import percent
from consilience.risk.breaker import HaltLevel

if TYPE_CHECKING:
    from consilience.research.result import BacktestResult

EFFECTS = {
    HaltLevel.NO_ENTRIES: "no new entries",
    HaltLevel.CANCEL_ENTRIES: "no new entries, waiting ones cancelled",
    HaltLevel.FLATTEN: "no new entries, positions closed",
}


def halt_notes(result: BacktestResult) -> tuple[HaltNote, ...]:
    """Every halt in its order; one that was raised to a higher level ends where the higher one begins."""
    output, halts = result.output, result.output.halts
    notes = []
    for k, halt in enumerate(halts):
        resumed = int(halt["resumed_row"])
        until = resumed if resumed >= 0 else len(output.ts)
        refused = int(halt["halted_entries_after"] if resumed >= 0 else output.account["halted_entries"][0])
        raised = k + 1 < len(halts) and int(halts[k + 1]["row"]) < until
        if raised:
            until, refused = int(halts[k + 1]["row"]), int(halts[k + 1]["halted_entries"])
        notes.append(
            HaltNote(
                since_ns=int(halt["ts"]),
                until_ns=int(output.ts[until]) if until < len(output.ts) else 0,
                raised=raised,
                cause=halt_cause(halt, result.settings),
                effect=EFFECTS[HaltLevel(int(halt["level"]))],
                bars=until - int(halt["row"]),
                refused=refused - int(halt["halted_entries"]),
            )
        )
    return tuple(notes)


def halt_cause(halt: Any, settings: Settings) -> str:
    """``5 losses in a row (limit 5)``. halt: one row of HALT_DTYPE."""
    reason, limits, equity = Reason(int(halt["reason"])), settings.risk, int(halt["equity"])
    if reason == Reason.HALT_LOSSES:
        count = int(halt["losses"])
        return f"{count} {'loss' if count == 1 else 'losses'} in a row (limit {limits.halt_losses})"
    if reason == Reason.HALT_DRAWDOWN:
        fall = percent(1.0 - equity / int(halt["peak_equity"]))
        return f"drawdown of {fall} (limit {percent(limits.halt_drawdown)})"
    if reason == Reason.HALT_DAILY_LOSS:
        fall = percent(1.0 - equity / int(halt["session_equity"]))
        return f"loss of {fall} in a day (limit {percent(limits.halt_daily_loss)})"
    return REASON_TEXT[reason]
