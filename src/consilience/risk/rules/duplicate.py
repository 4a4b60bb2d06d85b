"""Duplicates: the same order again, while the first is alive or within seconds of it, is a fault."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "duplicate",
    "no order that repeats one just sent: same lane, side, type, lots and prices",
    params=(ParamSpec("duplicate_seconds", 0.0, 0.0, 86_400.0, "seconds", text="0 is no check"),),
    source="Consilience founding document 003 (duplicate order detection)",
    family="risk rule",
)


@njit_inline
def duplicate_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none for a duplicate."""
    if limits["duplicate_ns"] <= 0:
        return int(request["lots"])
    return 0 if request["duplicate"] == 1 else int(request["lots"])


RULE = Rule(
    SPEC,
    duplicate_nb,
    Reason.DUPLICATE_ORDER,
    Severity.MEDIUM,
    "look for what sends orders twice",
    exposure=False,
    overridable=False,
)
