"""Position limit: one lane's value may not exceed a share of equity."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.request import RiskLimits, RiskRequest, share_of_equity_nb

SPEC = Spec(
    "max_position",
    "value of one position <= a share of equity",
    params=(ParamSpec("max_position", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),),
    family="risk rule",
)
REASON = Reason.MAX_POSITION


@njit_inline
def max_position_nb(request: RiskRequest, limits: RiskLimits) -> int:
    """Lots that keep the position within its limit."""
    if limits.max_position_ppm <= 0:
        return request.lots
    room = share_of_equity_nb(request.equity, limits.max_position_ppm) - request.position_units
    return min(request.lots, max(room, 0) // request.lot_units)
