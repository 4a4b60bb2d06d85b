"""Fills at the reference price: for comparisons, never a default."""

from __future__ import annotations

from consilience.core.jit import njit_inline
from consilience.core.spec import Spec
from consilience.execution.physics.base import PhysicsModel


@njit_inline
def no_slippage_nb(a: int, ticks: int, high: int, low: int, spread: int) -> int:
    """Zero ticks."""
    return 0


MODEL = PhysicsModel(Spec("none", "no slippage", family="slippage"), no_slippage_nb, lambda given, exponent: (0, 0, 0))
