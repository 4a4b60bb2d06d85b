"""Gross exposure: the sum of all |positions| may not exceed a multiple of equity."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import lots_within_nb
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "gross_exposure",
    "sum of |positions| <= a multiple of equity",
    params=(ParamSpec("max_gross", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),),
    source="Consilience founding document 003 (portfolio exposure)",
    family="risk rule",
)


@njit_inline
def gross_exposure_nb(request: np.void, limits: np.void) -> int:
    """Lots that keep the gross exposure within its limit."""
    return lots_within_nb(request, request["gross"], limits["max_gross_ppm"], request["lot_units"])


RULE = Rule(
    SPEC,
    gross_exposure_nb,
    Reason.MAX_GROSS_EXPOSURE,
    Severity.HIGH,
    "close positions until gross exposure is within its limit",
)
