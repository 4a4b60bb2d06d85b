"""The execution catalogue: every fee and slippage model, and the compiled dispatch made from it.

A new model is one file in ``physics/`` and one line here; its place in the list is its code in the
physics record, so append only.
"""

from __future__ import annotations

from collections.abc import Sequence

from consilience.core.errors import NotFound
from consilience.core.jit import generated_module
from consilience.execution.physics import (
    maker_taker_fee,
    no_fee,
    no_slippage,
    per_share_fee,
    percent_fee,
    spread_slippage,
    tick_slippage,
    volatility_slippage,
)
from consilience.execution.physics.base import PhysicsModel

FEES: tuple[PhysicsModel, ...] = (no_fee.MODEL, percent_fee.MODEL, per_share_fee.MODEL, maker_taker_fee.MODEL)
SLIPPAGES: tuple[PhysicsModel, ...] = (
    no_slippage.MODEL,
    tick_slippage.MODEL,
    spread_slippage.MODEL,
    volatility_slippage.MODEL,
)


def find_model(models: Sequence[PhysicsModel], name: str) -> tuple[int, PhysicsModel]:
    """(code, model) of ``name``. Raises NotFound with the nearest name."""
    for code, model in enumerate(models):
        if model.spec.name == name:
            return code, model
    raise NotFound.named(f"{models[0].spec.family} model", name, [m.spec.name for m in models])


def _dispatch_source(models: Sequence[PhysicsModel], arguments: str) -> str:
    """Text of a module with one ``choose_nb(model, ...)`` that calls the model of that code."""
    imports, branches = [], []
    for code, model in enumerate(models):
        name = model.kernel.__name__
        imports.append(f"from {model.kernel.__module__} import {name}")
        branches.append(f"    if model == {code}:\n        return {name}({arguments})")
    return "\n".join(
        [
            "from consilience.core.jit import njit_inline",
            *imports,
            "",
            "",
            "@njit_inline",
            f"def choose_nb(model, {arguments}):",
            *branches,
            "    return 0",
            "",
        ]
    )


fee_nb = generated_module("fees", _dispatch_source(FEES, "a, b, c, notional, lots, maker")).choose_nb
slippage_nb = generated_module("slippages", _dispatch_source(SLIPPAGES, "a, ticks, high, low, spread")).choose_nb

__all__ = ["FEES", "SLIPPAGES", "fee_nb", "find_model", "slippage_nb"]
