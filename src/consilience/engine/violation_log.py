"""The log of passive violations: from when to when the account was beyond a limit after the marks, and how far.

An episode is a run of slices after whose marks one rule's limit was exceeded. The log grows by one row for each; what
an order would have exceeded is not in it, for such an order is refused or cut.
"""

from __future__ import annotations

import numpy as np

from consilience.core.jit import njit_bare
from consilience.core.panel import Ints, Records
from consilience.risk.violations import RULE_COUNT

EPISODE = 2  # row of the desk's table of breaches: the row in the log of a rule's latest episode

VIOLATION_DTYPE = np.dtype(
    [
        ("rule", "i8"),  # place in ``risk.catalog.FULL_RULES``
        ("first_row", "i8"),  # slice after whose marks the limit was exceeded first
        ("last_row", "i8"),  # and last, without a break between
        ("worst_row", "i8"),  # slice whose value was furthest beyond, as a multiple of its limit; the first of equals
        ("value", "i8"),  # in that slice: base units, a count, or thousandths of a VIX point
        ("limit", "i8"),  # in that slice
    ],
    align=True,
)
NO_VIOLATIONS = np.zeros(0, VIOLATION_DTYPE)


def most_violations(slices: int) -> int:
    """Episodes that can begin in ``slices``: a rule's next one waits for a slice within its limit."""
    return RULE_COUNT * ((slices + 1) // 2)


@njit_bare
def is_worse_nb(value: int, limit: int, worst: np.void) -> bool:
    """Whether ``value`` is a larger multiple of ``limit`` than the episode's worst; a limit may be 0."""
    now, before = float(value) * float(worst["limit"]), float(worst["value"]) * float(limit)
    return bool(now > before or (now == before and value > worst["value"]))


@njit_bare
def note_violations_nb(log: Records, state: np.void, table: Ints, before: int, row: int) -> None:
    """Note what slice ``row`` exceeds; ``state['violations']`` counts the rows of the log that are used.

    table: int64 [3, RULE_COUNT], value and limit of ``breaches_nb``, and EPISODE. before: ``state['breaches']`` after
    the marks of the slice before.
    """
    for rule in range(RULE_COUNT):
        if state["breaches"] >> rule & 1 == 0:
            continue
        begins = before >> rule & 1 == 0
        if begins:
            table[EPISODE, rule] = state["violations"]
            state["violations"] += 1
        episode = log[table[EPISODE, rule]]
        if begins:
            episode["rule"] = rule
            episode["first_row"] = row
        episode["last_row"] = row
        if begins or is_worse_nb(table[0, rule], table[1, rule], episode):
            episode["worst_row"] = row
            episode["value"] = table[0, rule]
            episode["limit"] = table[1, rule]
