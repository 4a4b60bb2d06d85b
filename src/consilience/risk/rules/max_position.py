"""Position limit: one lane's value may not exceed a share of equity."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.core.units import MILLION, multiply_divide_nb
from consilience.risk.request import RiskLimits, RiskRequest

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
    room = multiply_divide_nb(max(request.equity, 0), limits.max_position_ppm, MILLION) - request.position_units
    return min(request.lots, max(room, 0) // request.lot_units)
