"""Trading hours: entries inside the session only, and not in its first and last minutes.

An order is sent at the close of a bar, so the last bar of a session is outside: its order would wait for the next one.
Sessions without a pause between them are one. Bars of a day and longer have no time of day; their orders go to the open
of the next session, and all pass.
"""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.rule import UNKNOWN, Rule, Severity

SPEC = Spec(
    "trading_hours",
    "entries inside the session, not in its first and last minutes",
    params=(
        ParamSpec("trading_hours", False),
        ParamSpec("skip_first_minutes", 0, 0, 1_440, "minutes"),
        ParamSpec("skip_last_minutes", 0, 0, 1_440, "minutes"),
    ),
    source="Consilience founding document 003 (market hours before each order)",
    family="risk rule",
)


@njit_inline
def trading_hours_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none outside the hours; UNKNOWN without a calendar."""
    if limits["trading_hours"] == 0:
        return int(request["lots"])
    if request["in_session"] < 0:
        return UNKNOWN
    inside = (
        request["in_session"] == 1
        and request["minutes_open"] >= limits["skip_first_minutes"]
        and (limits["skip_last_minutes"] == 0 or request["minutes_left"] > limits["skip_last_minutes"])
    )
    return int(request["lots"]) if inside else 0


RULE = Rule(
    SPEC,
    trading_hours_nb,
    Reason.OUTSIDE_TRADING_HOURS,
    Severity.LOW,
    "wait for the session",
)
