"""Halt: while trading is halted, nothing opens; what reduces passes at every level."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import Spec
from consilience.risk.rule import Rule, Severity, VerdictKind

SPEC = Spec("halt", "no entries while trading is halted (risk.breaker)", family="risk rule")


@njit_inline
def halt_nb(request: np.void, _limits: np.void) -> int:
    """All lots, or none while halted."""
    return 0 if request["halt_level"] > 0 else int(request["lots"])


RULE = Rule(
    SPEC,
    halt_nb,
    Reason.HALTED,
    Severity.CRITICAL,
    "find the cause, then resume trading with your name and the reason",
    overridable=False,
    refusal=VerdictKind.HALT,
)
