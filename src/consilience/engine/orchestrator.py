"""Orchestrator ``direct``: every fused score that is not zero may go on at once, in every slice."""

from __future__ import annotations

from consilience.core.jit import njit_bare as njit
from consilience.core.spec import Spec

SPEC = Spec("direct", "a score goes straight on to risk", inputs=("score",), outputs=("go",), family="orchestrator")


@njit
def go_direct_nb(score: float) -> bool:
    """Whether the score may go on; NaN may not."""
    return score > 0.0 or score < 0.0
