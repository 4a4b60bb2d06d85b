"""Position size: one lane's value may not exceed a share of equity."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import lots_within_nb
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "position_size",
    "value of one lane's position <= a share of equity",
    params=(ParamSpec("max_position", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),),
    source="Consilience founding documents 001 (student preset: 0.1), 003",
    family="risk rule",
)


@njit_inline
def position_size_nb(request: np.void, limits: np.void) -> int:
    """Lots that keep the position within its limit."""
    return lots_within_nb(request, request["position_units"], limits["max_position_ppm"], request["lot_units"])


RULE = Rule(
    SPEC,
    position_size_nb,
    Reason.MAX_POSITION,
    Severity.MEDIUM,
    "trim the position to its limit",
)
