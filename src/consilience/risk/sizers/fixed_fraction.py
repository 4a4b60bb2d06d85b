"""Fixed fraction: each entry is worth the same share of equity."""

from __future__ import annotations

import numpy as np

from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.core.units import MILLION, multiply_divide_nb
from consilience.risk.sizers.base import Sizer, SizeRequest

SPEC = Spec(
    "fixed_fraction",
    "each entry is worth the same share of equity",
    params=(ParamSpec("fraction", 0.1, 0.0, 10.0, "x equity"),),
    family="sizer",
)


@njit_inline
def fixed_fraction_nb(equity: int, lot_units: int, fraction_ppm: int) -> int:
    """Whole lots worth at most ``fraction_ppm`` of ``equity``; 0 when equity is not positive."""
    if equity <= 0 or lot_units <= 0:
        return 0
    return multiply_divide_nb(equity, fraction_ppm, MILLION) // lot_units


@njit_inline
def fixed_fraction_of_budget_nb(request: SizeRequest, sizing: np.void) -> int:
    """The same for the full set: of the budget."""
    return max(fixed_fraction_nb(request.budget, request.lot_units, sizing["fraction_ppm"]), 0)


SIZER = Sizer(SPEC, fixed_fraction_of_budget_nb)
