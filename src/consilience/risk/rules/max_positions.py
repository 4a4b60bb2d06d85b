"""Number of positions: so many symbols may be held or waited for."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "max_positions",
    "symbols held or waited for <= a number; adding to one that counts already passes",
    params=(ParamSpec("max_positions", 0, 0, 1_000_000, "symbols", text="0 is no limit"),),
    source="Consilience founding document 001 (student preset: 10)",
    family="risk rule",
)


@njit_inline
def max_positions_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none for one symbol too many."""
    full = limits["max_positions"] > 0 and request["positions"] >= limits["max_positions"]
    return 0 if full and request["opens"] == 1 else int(request["lots"])


RULE = Rule(
    SPEC,
    max_positions_nb,
    Reason.MAX_POSITIONS,
    Severity.MEDIUM,
    "close the weakest position first",
)
