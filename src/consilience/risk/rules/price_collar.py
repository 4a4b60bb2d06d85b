"""Price collar: an order may not pay much more than the price it was decided at.

An order that reduces is never refused: it goes out as a limit that the market can still take.
"""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.core.units import MILLION, OVERFLOW, multiply_divide_nb
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "price_collar",
    "price now at most max_slippage worse than the price at the decision",
    params=(ParamSpec("max_slippage", 0.0, 0.0, 1.0, "share of price", text="0 is no limit"),),
    source="Consilience founding document 003 (slippage protection, 0.5 %); a better price is no fault here",
    family="risk rule",
)


@njit_inline
def beyond_collar_nb(request: np.void, limits: np.void) -> bool:
    """Whether the price now is worse than the decision's by more than the collar; no price, no collar."""
    decided = request["decided_ticks"]
    if limits["max_slippage_ppm"] <= 0 or decided <= 0 or request["price_ticks"] <= 0:
        return False
    worse = (request["price_ticks"] - decided) * request["side"]
    allowed = multiply_divide_nb(decided, limits["max_slippage_ppm"], MILLION)
    return bool(allowed != OVERFLOW and worse > allowed)


@njit_inline
def price_collar_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none beyond the collar; all of them for an order that reduces."""
    if request["reduces"] == 1:
        return int(request["lots"])
    return 0 if beyond_collar_nb(request, limits) else int(request["lots"])


@njit_inline
def collar_limit_nb(request: np.void, limits: np.void) -> int:
    """Limit for a reducing order that is beyond the collar, ticks: the price now, worse by the collar; 0 for none."""
    if request["reduces"] == 0 or not beyond_collar_nb(request, limits):
        return 0
    width = multiply_divide_nb(request["price_ticks"], limits["max_slippage_ppm"], MILLION)
    if width == OVERFLOW:
        return 0
    return int(max(request["price_ticks"] + request["side"] * width, 1))


RULE = Rule(
    SPEC,
    price_collar_nb,
    Reason.PRICE_COLLAR,
    Severity.MEDIUM,
    "decide again at the present price",
    exposure=False,
)
