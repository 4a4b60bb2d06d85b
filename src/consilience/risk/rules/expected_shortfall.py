"""Expected shortfall: the mean loss of the worst bars, after the order."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import lots_within_measure_nb
from consilience.risk.request import share_of_equity_nb
from consilience.risk.rule import UNKNOWN, Rule, Severity

SPEC = Spec(
    "expected_shortfall",
    "one-bar expected shortfall with the order <= a share of equity; what lowers it passes",
    params=(ParamSpec("max_shortfall", 0.0, 0.0, 1.0, "x equity", text="0 is no limit"),),
    source="Rockafellar and Uryasev (2000): convex in the position",
    family="risk rule",
)


@njit_inline
def expected_shortfall_nb(request: np.void, limits: np.void) -> int:
    """Lots that keep the expected shortfall within its limit."""
    if limits["max_shortfall_ppm"] <= 0:
        return int(request["lots"])
    before, after = request["shortfall_before"], request["shortfall_after"]
    if before < 0 or after < 0:
        return UNKNOWN
    limit = share_of_equity_nb(request["equity"], limits["max_shortfall_ppm"])
    return lots_within_measure_nb(request, before, after, limit)


RULE = Rule(
    SPEC,
    expected_shortfall_nb,
    Reason.EXPECTED_SHORTFALL_LIMIT,
    Severity.HIGH,
    "cut the positions that lose most in the worst bars",
)
