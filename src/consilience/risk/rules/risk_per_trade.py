"""Risk per trade: one order's loss at its stop may not exceed a share of equity."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import lot_risk_nb, lots_within_nb
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "risk_per_trade",
    "loss of one order at its stop <= a share of equity; without a stop the whole value counts",
    params=(ParamSpec("risk_per_trade", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),),
    source="Consilience founding documents 000 (maxRiskPerTrade), 001 (student preset: 0.02)",
    family="risk rule",
)


@njit_inline
def risk_per_trade_nb(request: np.void, limits: np.void) -> int:
    """Lots whose loss at the stop is within the limit."""
    return lots_within_nb(request, 0, limits["risk_per_trade_ppm"], lot_risk_nb(request))


RULE = Rule(
    SPEC,
    risk_per_trade_nb,
    Reason.RISK_PER_TRADE,
    Severity.MEDIUM,
    "trade smaller, or closer to the stop",
)
