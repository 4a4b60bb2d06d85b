"""Cash rule: the initial margin of everything held may not exceed leverage x equity."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.request import RiskLimits, RiskRequest, share_of_equity_nb

SPEC = Spec(
    "buying_power",
    "margin of all positions <= leverage x equity; with leverage 1 that is cash in hand",
    params=(ParamSpec("leverage", 1.0, 0.1, 100.0, "x equity"),),
    family="risk rule",
)
REASON = Reason.INSUFFICIENT_CASH


@njit_inline
def buying_power_nb(request: RiskRequest, limits: RiskLimits) -> int:
    """Lots whose margin fits into what is free."""
    free = share_of_equity_nb(request.equity, limits.leverage_ppm) - request.margin
    if free <= 0:
        return 0
    if request.lot_margin <= 0:
        return request.lots
    return min(request.lots, free // request.lot_margin)
