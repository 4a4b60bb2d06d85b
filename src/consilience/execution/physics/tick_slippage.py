"""A fixed number of ticks against the order."""

from __future__ import annotations

from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.execution.physics.base import PhysicsModel


@njit_inline
def tick_slippage_nb(a: int, ticks: int, high: int, low: int, spread: int) -> int:
    """``a`` ticks."""
    return a


MODEL = PhysicsModel(
    Spec(
        "ticks",
        "a fixed number of ticks",
        params=(ParamSpec("ticks", 1, 0, 10_000, "ticks"),),
        family="slippage",
    ),
    tick_slippage_nb,
    lambda given, exponent: (int(given["ticks"]), 0, 0),
)
