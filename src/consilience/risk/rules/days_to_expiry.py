"""Days to expiry: entries need so many; 1 forbids zero-DTE."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.rule import UNKNOWN, Rule, Severity

SPEC = Spec(
    "days_to_expiry",
    "an entry needs so many days to expiry; what never expires has enough",
    params=(ParamSpec("minimum_days", 0, 0, 10_000, "days", text="0 is no limit, 1 forbids zero-DTE"),),
    family="risk rule",
)


@njit_inline
def days_to_expiry_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none too close to expiry."""
    if limits["minimum_days"] <= 0:
        return int(request["lots"])
    if request["days_to_expiry"] < 0:
        return UNKNOWN
    return 0 if request["days_to_expiry"] < limits["minimum_days"] else int(request["lots"])


RULE = Rule(
    SPEC,
    days_to_expiry_nb,
    Reason.TOO_CLOSE_TO_EXPIRY,
    Severity.MEDIUM,
    "take a later expiry",
)
