"""Sector exposure: the positions of one sector may be worth only a share of equity."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import lots_within_nb
from consilience.risk.rule import UNKNOWN, Rule, Severity

SPEC = Spec(
    "sector_exposure",
    "sum of |positions| in one sector <= a share of equity",
    params=(ParamSpec("max_sector", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),),
    family="risk rule",
)


@njit_inline
def sector_exposure_nb(request: np.void, limits: np.void) -> int:
    """Lots that keep the sector within its limit; UNKNOWN for a symbol without one."""
    if limits["max_sector_ppm"] <= 0:
        return int(request["lots"])
    if request["sector_units"] < 0:
        return UNKNOWN
    return lots_within_nb(request, request["sector_units"], limits["max_sector_ppm"], request["lot_units"])


RULE = Rule(
    SPEC,
    sector_exposure_nb,
    Reason.MAX_SECTOR_EXPOSURE,
    Severity.MEDIUM,
    "close positions of that sector, or choose from others",
)
