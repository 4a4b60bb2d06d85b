"""Universe ``all``: every symbol that has a valid bar in the slice."""

from __future__ import annotations

from consilience.core.jit import njit
from consilience.core.spec import Spec

SPEC = Spec("all", "every symbol with a valid bar", inputs=("valid",), outputs=("member",), family="universe")


@njit
def is_member_nb(valid: bool) -> bool:
    """Membership in this slice, from this slice's mask alone."""
    return valid
