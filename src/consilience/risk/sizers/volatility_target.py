"""Volatility target: each position is to move equity by the same share a year."""

from __future__ import annotations

import numpy as np

from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.sizers.base import Sizer, SizeRequest, ppm_units_nb, share_units_nb

SPEC = Spec(
    "volatility_target",
    "value = equity x wanted volatility / volatility of the symbol, capped; nothing while it is not known",
    params=(
        ParamSpec("volatility", 0.15, 0.0, 10.0, "a year"),
        ParamSpec("volatility_cap", 1.0, 0.0, 100.0, "x equity"),
    ),
    source="Consilience founding document 003 (volatility based sizing)",
    family="sizer",
)


@njit_inline
def volatility_target_nb(request: SizeRequest, sizing: np.void) -> int:
    """Whole lots; 0 for a volatility that is NaN or not above 0."""
    if request.lot_units <= 0 or not request.volatility > 0.0:
        return 0
    value = share_units_nb(request.budget, sizing["volatility"] / request.volatility)
    cap = ppm_units_nb(request.equity, sizing["volatility_cap_ppm"])
    return min(value, max(cap, 0)) // request.lot_units


SIZER = Sizer(SPEC, volatility_target_nb)
