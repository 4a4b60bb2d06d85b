"""Drawdown: no entries while equity is too far below its peak."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.request import share_of_equity_nb
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "max_drawdown",
    "fall of equity from its peak < a share of the peak",
    params=(ParamSpec("max_drawdown", 0.0, 0.0, 1.0, "of the peak", text="0 is no limit"),),
    source="Consilience founding documents 000, 003",
    family="risk rule",
)


@njit_inline
def max_drawdown_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none while the drawdown is at its limit or beyond."""
    if limits["max_drawdown_ppm"] <= 0:
        return int(request["lots"])
    fall = request["peak_equity"] - request["equity"]
    reached = fall > 0 and fall >= share_of_equity_nb(request["peak_equity"], limits["max_drawdown_ppm"])
    return 0 if reached else int(request["lots"])


RULE = Rule(
    SPEC,
    max_drawdown_nb,
    Reason.DRAWDOWN_LIMIT,
    Severity.HIGH,
    "cut positions and review the strategies before adding risk",
)
