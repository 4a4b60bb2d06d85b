"""Self-match: an order that would trade with an own resting order is a wash trade."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import Spec
from consilience.risk.rule import Rule, Severity

SPEC = Spec("self_match", "no order that would trade with an own order that rests", family="risk rule")


@njit_inline
def self_match_nb(request: np.void, _limits: np.void) -> int:
    """All lots, or none where both sides would be ours."""
    return 0 if request["self_match"] == 1 else int(request["lots"])


RULE = Rule(
    SPEC,
    self_match_nb,
    Reason.SELF_MATCH,
    Severity.HIGH,
    "cancel the resting order first",
    exposure=False,
    overridable=False,
)
