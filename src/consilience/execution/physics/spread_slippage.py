"""A share of the price, as half a spread that trade bars do not show; on bid/ask data, a share of the spread seen."""

from __future__ import annotations

from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.execution.physics.base import PhysicsModel, parts_per_million, share_up_nb


@njit_inline
def spread_slippage_nb(a: int, ticks: int, high: int, low: int, spread: int) -> int:
    """``a`` parts per million of the price where no spread is known, else of that spread; rounded up."""
    base = spread if spread > 0 else ticks
    return share_up_nb(base, a)


MODEL = PhysicsModel(
    Spec(
        "spread",
        "a share of the price (trade bars) or of the spread (bid/ask data)",
        params=(ParamSpec("share", 0.0005, 0.0, 1.0, "fraction"),),
        family="slippage",
    ),
    spread_slippage_nb,
    lambda given, exponent: (parts_per_million(given["share"]), 0, 0),
)
