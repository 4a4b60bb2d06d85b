"""A share of the notional, the same for makers and takers."""

from __future__ import annotations

from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.core.units import MILLION, multiply_divide_nb
from consilience.execution.physics.base import PhysicsModel, parts_per_million


@njit_inline
def percent_fee_nb(a: int, b: int, c: int, notional: int, lots: int, maker: int) -> int:
    """``a`` parts per million of the notional, half to even."""
    return multiply_divide_nb(notional, a, MILLION)


MODEL = PhysicsModel(
    Spec(
        "percent",
        "a share of the notional",
        params=(ParamSpec("rate", 0.001, 0.0, 0.1, "fraction", text="0.001 is 0.1 %"),),
        family="fee",
    ),
    percent_fee_nb,
    lambda given, exponent: (parts_per_million(given["rate"]), 0, 0),
)
