"""A share of the bar's range: fast markets cost more."""

from __future__ import annotations

from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.execution.physics.base import PhysicsModel, parts_per_million, share_up_nb


@njit_inline
def volatility_slippage_nb(a: int, ticks: int, high: int, low: int, spread: int) -> int:
    """``a`` parts per million of high - low of the slice in which it fills, rounded up."""
    return share_up_nb(high - low, a)


MODEL = PhysicsModel(
    Spec(
        "volatility",
        "a share of the bar's range",
        params=(ParamSpec("share", 0.05, 0.0, 1.0, "fraction"),),
        family="slippage",
    ),
    volatility_slippage_nb,
    lambda given, exponent: (parts_per_million(given["share"]), 0, 0),
    needs_range=True,
)
