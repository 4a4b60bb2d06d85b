"""Zero-DTE: what expires today may be worth only a share of equity."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import lots_within_nb
from consilience.risk.rule import UNKNOWN, Rule, Severity

SPEC = Spec(
    "zero_dte",
    "value of all that expires today <= a share of equity",
    params=(ParamSpec("max_zero_dte", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),),
    family="risk rule",
)


@njit_inline
def zero_dte_nb(request: np.void, limits: np.void) -> int:
    """Lots that keep what expires today within its limit; later expiries pass."""
    if limits["max_zero_dte_ppm"] <= 0 or request["days_to_expiry"] > 0:
        return int(request["lots"])
    if request["days_to_expiry"] < 0:
        return UNKNOWN
    return lots_within_nb(request, request["expiring_units"], limits["max_zero_dte_ppm"], request["lot_units"])


RULE = Rule(
    SPEC,
    zero_dte_nb,
    Reason.MAX_ZERO_DTE,
    Severity.HIGH,
    "close some of what expires today",
)
