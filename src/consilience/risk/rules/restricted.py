"""Restricted list: symbols that may not be entered; what is held may be sold off."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import Spec
from consilience.risk.rule import Rule, Severity

SPEC = Spec("restricted", "no entries into symbols on the restricted list or blocked by a person", family="risk rule")


@njit_inline
def restricted_nb(request: np.void, _limits: np.void) -> int:
    """All lots, or none for a restricted symbol."""
    return 0 if request["restricted"] == 1 else int(request["lots"])


RULE = Rule(
    SPEC,
    restricted_nb,
    Reason.RESTRICTED,
    Severity.HIGH,
    "close the position; take the symbol off the list only with leave to do so",
    overridable=False,
)
