"""Leverage: gross exposure over equity has a cap of its own, a higher one for confident signals."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.full_request import lots_within_nb
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "leverage",
    "gross exposure / equity <= a cap; leverage_confident where confidence reaches leverage_confidence",
    params=(
        ParamSpec("leverage", 0.0, 0.0, 100.0, "x equity", text="0 is no limit"),
        ParamSpec("leverage_confident", 0.0, 0.0, 100.0, "x equity", text="0: confidence changes nothing"),
        ParamSpec("leverage_confidence", 0.8, 0.0, 1.0, "confidence"),
    ),
    source="Consilience founding document 001 (momentum 4:1 above a confidence of 0.8, mean reversion 2:1 above 0.7)",
    family="risk rule",
)


@njit_inline
def leverage_nb(request: np.void, limits: np.void) -> int:
    """Lots that keep leverage within the cap of this confidence."""
    cap = limits["leverage_ppm"]
    if limits["leverage_confident_ppm"] > 0 and request["confidence"] >= limits["leverage_confidence"]:
        cap = limits["leverage_confident_ppm"]
    return lots_within_nb(request, request["gross"], cap, request["lot_units"])


RULE = Rule(
    SPEC,
    leverage_nb,
    Reason.LEVERAGE_LIMIT,
    Severity.HIGH,
    "pay back borrowed money: close positions",
)
