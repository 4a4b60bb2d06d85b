"""Gross exposure limit: the sum of all |positions| may not exceed a multiple of equity."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.request import RiskLimits, RiskRequest, share_of_equity_nb

SPEC = Spec(
    "max_gross",
    "sum of |positions| <= a multiple of equity",
    params=(ParamSpec("max_gross", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),),
    family="risk rule",
)
REASON = Reason.MAX_GROSS_EXPOSURE


@njit_inline
def max_gross_nb(request: RiskRequest, limits: RiskLimits) -> int:
    """Lots that keep the gross exposure within its limit."""
    if limits.max_gross_ppm <= 0:
        return request.lots
    room = share_of_equity_nb(request.equity, limits.max_gross_ppm) - request.gross
    return min(request.lots, max(room, 0) // request.lot_units)
