"""One rate for who takes liquidity, another (perhaps a rebate) for who makes it, as crypto venues charge."""

from __future__ import annotations

from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.core.units import MILLION, multiply_divide_nb
from consilience.execution.physics.base import PhysicsModel, parts_per_million


@njit_inline
def maker_taker_fee_nb(a: int, b: int, c: int, notional: int, lots: int, maker: int) -> int:
    """``a`` (taker) or ``b`` (maker) parts per million of the notional; negative is a rebate."""
    return multiply_divide_nb(notional, b if maker == 1 else a, MILLION)


MODEL = PhysicsModel(
    Spec(
        "maker_taker",
        "one rate for takers, another for makers",
        params=(
            ParamSpec("taker", 0.001, 0.0, 0.1, "fraction"),
            ParamSpec("maker", 0.0005, -0.01, 0.1, "fraction", text="negative is a rebate"),
        ),
        family="fee",
    ),
    maker_taker_fee_nb,
    lambda given, exponent: (parts_per_million(given["taker"]), parts_per_million(given["maker"]), 0),
)
