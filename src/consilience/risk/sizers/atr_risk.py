"""ATR risk: each entry loses the same share of equity at its stop."""

from __future__ import annotations

import numpy as np

from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.sizers.base import Sizer, SizeRequest, ppm_units_nb

SPEC = Spec(
    "atr_risk",
    "lots = risk of one trade / distance of the stop, or of some ATRs where there is no stop",
    params=(
        ParamSpec("risk", 0.01, 0.0, 1.0, "x equity"),
        ParamSpec("atr_multiple", 2.0, 0.01, 100.0, "ATR"),
    ),
    source="Consilience founding documents 000 (maxRiskPerTrade), 003 (ATR)",
    family="sizer",
)


@njit_inline
def atr_risk_nb(request: SizeRequest, sizing: np.void) -> int:
    """Whole lots; 0 without a stop and an ATR."""
    loss = request.stop_units
    if loss <= 0:
        loss = int(request.atr_units * sizing["atr_multiple"] + 0.999999)
    if loss <= 0:
        return 0
    return max(ppm_units_nb(request.budget, sizing["risk_ppm"]), 0) // loss


SIZER = Sizer(SPEC, atr_risk_nb)
