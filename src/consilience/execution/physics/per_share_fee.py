"""So much per lot with a minimum per fill and a cap in percent of the notional, as US stock brokers charge."""

from __future__ import annotations

from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.core.units import MILLION, OVERFLOW, multiply_divide_nb, to_units
from consilience.execution.physics.base import PhysicsModel, parts_per_million


@njit_inline
def per_share_fee_nb(a: int, b: int, c: int, notional: int, lots: int, maker: int) -> int:
    """``a`` units per lot, at least ``b`` units, at most ``c`` parts per million of the notional (0: no cap)."""
    charge = multiply_divide_nb(a, lots, 1)
    if charge == OVERFLOW:
        return OVERFLOW
    fee = max(charge, b)
    if c > 0:
        fee = min(fee, multiply_divide_nb(notional, c, MILLION))
    return fee


MODEL = PhysicsModel(
    Spec(
        "per_share",
        "so much per lot, with a minimum and a cap",
        params=(
            ParamSpec("per_lot", 0.005, 0.0, 1000.0, "currency per lot"),
            ParamSpec("minimum", 1.0, 0.0, 1000.0, "currency per fill"),
            ParamSpec("cap", 0.01, 0.0, 1.0, "fraction of the notional", text="0 is no cap"),
        ),
        family="fee",
    ),
    per_share_fee_nb,
    lambda given, exponent: (
        to_units(given["per_lot"], exponent),
        to_units(given["minimum"], exponent),
        parts_per_million(given["cap"]),
    ),
)
