"""What a run leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from consilience.core.panel import Ints, Records
from consilience.engine.desk import TALLIES, Desk
from consilience.engine.halts import NO_HALTS
from consilience.engine.hearings import Hearing, Survey
from consilience.engine.violation_log import NO_VIOLATIONS

NO_TALLIES = np.zeros((0, TALLIES), np.int64)


@dataclass(frozen=True)
class RunOutput:
    """What a run left.

    ts: int64 [T]. marks: int64 [1 or 3, T], see ``curves``; of one lane the equity is enough.
    fills, orders, records, lanes, account: see ``core.schemas``; slice numbers count from the run's first slice.
    cash_start: starting cash in units of 10**-exponent. hearings: of fused strategies, what each source said at each
    recorded decision; surveys: of the same, what market and signals were like. tallies: int64 [strategies, TALLIES],
    see ``engine.desk``: at which gate each symbol ended in each slice, and its state. halts: HALT_DTYPE, what the
    circuit breaker did. violations: VIOLATION_DTYPE, which limits the account was beyond after marks, as it began.
    refused_voices: values out of range that sources gave.
    """

    ts: Ints
    marks: Ints
    fills: Records
    orders: Records
    records: Records
    lanes: Records
    account: Records
    cash_start: int
    exponent: int
    hearings: tuple[Hearing, ...] = ()
    surveys: tuple[Survey, ...] = ()
    tallies: Ints = field(default_factory=lambda: NO_TALLIES)
    halts: Records = field(default_factory=lambda: NO_HALTS)
    violations: Records = field(default_factory=lambda: NO_VIOLATIONS)
    refused_voices: int = 0

    @cached_property
    def curves(self) -> Ints:
        """int64 [T, 3], equity, cash and gross exposure after each slice, base ledger units."""
        if len(self.marks) == 3:
            return self.marks.T
        changes = np.zeros(self.marks.shape[1], np.int64)
        np.add.at(changes, self.fills["row"], self.fills["cash"])  # integer
        cash = self.cash_start + np.cumsum(changes)  # integer
        return np.stack([self.marks[0], cash, np.abs(self.marks[0] - cash)], axis=1)


def desk_output(desk: Desk | None, halts: int) -> dict[str, Any]:
    """What a run's desk leaves, by the names of ``RunOutput``; nothing without one. halts: rows of that log in use."""
    if desk is None:
        return {}
    violations = int(desk.risk[0]["violations"])
    return {"tallies": desk.tallies, "halts": desk.halts[:halts], "violations": desk.violations[:violations]}
