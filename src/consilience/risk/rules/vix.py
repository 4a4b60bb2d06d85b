"""VIX: no entries while the market's expected volatility is too high."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.rule import UNKNOWN, Rule, Severity

SPEC = Spec(
    "vix",
    "VIX < a threshold",
    params=(ParamSpec("vix", 0.0, 0.0, 200.0, "index points", text="0 is no limit"),),
    source="Consilience founding document 000 (vixThreshold)",
    family="risk rule",
)


@njit_inline
def vix_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none at the threshold or above; UNKNOWN for NaN."""
    if not limits["vix"] > 0.0:
        return int(request["lots"])
    if request["vix"] != request["vix"]:
        return UNKNOWN
    return 0 if request["vix"] >= limits["vix"] else int(request["lots"])


RULE = Rule(
    SPEC,
    vix_nb,
    Reason.VIX_TOO_HIGH,
    Severity.MEDIUM,
    "wait for calmer markets; tighten stops of what is held",
)
