"""Correlation: no entry that moves with a holding; the opposite side of one hedges it and passes."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.rule import UNKNOWN, Rule, Severity

SPEC = Spec(
    "correlation",
    "correlation of returns with every holding, in the sense of both positions, <= a limit",
    params=(ParamSpec("max_correlation", 0.0, 0.0, 1.0, text="0 is no limit"),),
    source="Consilience founding document 003 (correlation with existing positions)",
    family="risk rule",
)


@njit_inline
def correlation_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none where the highest correlation is above the limit; UNKNOWN for NaN."""
    if not limits["max_correlation"] > 0.0:
        return int(request["lots"])
    if request["correlation"] != request["correlation"]:
        return UNKNOWN
    return 0 if request["correlation"] > limits["max_correlation"] else int(request["lots"])


RULE = Rule(
    SPEC,
    correlation_nb,
    Reason.CORRELATED_HOLDINGS,
    Severity.MEDIUM,
    "count correlated positions as one; keep the best of them",
)
