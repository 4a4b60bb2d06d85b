"""No fee at all: for comparisons, never a default."""

from __future__ import annotations

from consilience.core.jit import njit_inline
from consilience.core.spec import Spec
from consilience.execution.physics.base import PhysicsModel


@njit_inline
def no_fee_nb(a: int, b: int, c: int, notional: int, lots: int, maker: int) -> int:
    """Zero units."""
    return 0


MODEL = PhysicsModel(Spec("none", "no fee", family="fee"), no_fee_nb, lambda given, exponent: (0, 0, 0))
