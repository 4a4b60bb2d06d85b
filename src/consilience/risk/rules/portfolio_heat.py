"""Portfolio heat: what it would cost when every stop is hit may not exceed a share of equity."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import lot_risk_nb, lots_within_nb
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "portfolio_heat",
    "sum over positions of their loss at the stop <= a share of equity; without a stop the whole value counts",
    params=(ParamSpec("max_heat", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),),
    source="Consilience founding document 000 (portfolio heat)",
    family="risk rule",
)


@njit_inline
def portfolio_heat_nb(request: np.void, limits: np.void) -> int:
    """Lots that fit into the heat that is left."""
    return lots_within_nb(request, request["heat"], limits["max_heat_ppm"], lot_risk_nb(request))


RULE = Rule(
    SPEC,
    portfolio_heat_nb,
    Reason.MAX_HEAT,
    Severity.HIGH,
    "tighten stops or close positions before adding new ones",
)
