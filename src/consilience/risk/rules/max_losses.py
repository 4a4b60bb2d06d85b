"""Losses in a row: no entries after too many until a trade wins or a person resumes."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "max_losses",
    "round trips lost in a row, after costs, < a number",
    params=(ParamSpec("max_losses", 0, 0, 1_000_000, "trades", text="0 is no limit"),),
    source="Consilience founding document 000",
    family="risk rule",
)


@njit_inline
def max_losses_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none after too many losses."""
    reached = limits["max_losses"] > 0 and request["losses"] >= limits["max_losses"]
    return 0 if reached else int(request["lots"])


RULE = Rule(
    SPEC,
    max_losses_nb,
    Reason.CONSECUTIVE_LOSSES,
    Severity.HIGH,
    "pause, review the lost trades, then resume",
)
