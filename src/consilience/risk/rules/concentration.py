"""Concentration: one symbol, over all lanes that hold it, may be worth only a share of equity."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import lots_within_nb
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "concentration",
    "sum of |positions| in one symbol, over all strategies, <= a share of equity",
    params=(ParamSpec("max_symbol", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),),
    family="risk rule",
)


@njit_inline
def concentration_nb(request: np.void, limits: np.void) -> int:
    """Lots that keep the symbol within its limit."""
    return lots_within_nb(request, request["symbol_units"], limits["max_symbol_ppm"], request["lot_units"])


RULE = Rule(
    SPEC,
    concentration_nb,
    Reason.MAX_SYMBOL_EXPOSURE,
    Severity.MEDIUM,
    "spread the risk over more symbols",
)
