"""Net exposure: longs less shorts may not exceed a multiple of equity either way."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import lots_within_nb
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "net_exposure",
    "|sum of signed positions| <= a multiple of equity; what balances the book passes",
    params=(ParamSpec("max_net", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),),
    family="risk rule",
)


@njit_inline
def net_exposure_nb(request: np.void, limits: np.void) -> int:
    """Lots that keep the net exposure within its limit on the order's side."""
    return lots_within_nb(request, request["net"] * request["side"], limits["max_net_ppm"], request["lot_units"])


RULE = Rule(
    SPEC,
    net_exposure_nb,
    Reason.MAX_NET_EXPOSURE,
    Severity.HIGH,
    "balance the book: close some of the heavier side",
)
