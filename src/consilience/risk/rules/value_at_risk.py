"""Value at risk: the loss of one bar that is passed with a small probability, after the order."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import floor_share_nb, lots_within_measure_nb
from consilience.risk.limits import PARAMETRIC
from consilience.risk.request import share_of_equity_nb
from consilience.risk.rule import UNKNOWN, Rule, Severity

SPEC = Spec(
    "value_at_risk",
    "one-bar value at risk with the order <= a share of equity; what lowers it passes",
    params=(ParamSpec("max_var", 0.0, 0.0, 1.0, "x equity", text="0 is no limit"),),
    source="Consilience founding documents 000, 001",
    family="risk rule",
)


@njit_inline
def value_at_risk_nb(request: np.void, limits: np.void) -> int:
    """Lots that keep the value at risk within its limit.

    Historical value at risk is not convex in the lots, expected shortfall is and lies above it: a size between none
    and all is cut by the shortfall then.
    """
    if limits["max_var_ppm"] <= 0:
        return int(request["lots"])
    before, after = request["var_before"], request["var_after"]
    if before < 0 or after < 0:
        return UNKNOWN
    limit = share_of_equity_nb(request["equity"], limits["max_var_ppm"])
    if limits["var_method"] == PARAMETRIC or after <= limit or after <= before:
        return lots_within_measure_nb(request, before, after, limit)
    low, high = request["shortfall_before"], request["shortfall_after"]
    if low < 0 or high < 0:
        return UNKNOWN
    # the loss is beyond its limit, so the shortfall is too; where it was before, no size is certain
    return 0 if low >= limit or high <= limit else floor_share_nb(request["lots"], limit - low, high - low)


RULE = Rule(
    SPEC,
    value_at_risk_nb,
    Reason.VALUE_AT_RISK_LIMIT,
    Severity.HIGH,
    "cut the positions that add most to it",
)
