"""Kelly: bet the share of equity that grows it fastest, a quarter of it, from the source's own record."""

from __future__ import annotations

import numpy as np

from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.sizers.base import Sizer, SizeRequest, ppm_units_nb, share_units_nb
from consilience.risk.sizers.fixed_fraction import fixed_fraction_of_budget_nb

SPEC = Spec(
    "kelly",
    "win probability - (1 - win probability) / payoff, a part of it, capped; fixed fraction while the record is short",
    params=(
        ParamSpec("kelly_share", 0.25, 0.0, 1.0, "of the full bet"),
        ParamSpec("kelly_cap", 0.1, 0.0, 1.0, "x equity"),
        ParamSpec("kelly_trades", 30, 1, 1_000_000, "trades", text="fewer are no record"),
    ),
    source="Kelly (1956); Consilience founding document 003 (a quarter, at most 10 % of equity)",
    family="sizer",
)


@njit_inline
def lacks_record_nb(request: SizeRequest, sizing: np.void) -> bool:
    """Whether the source has too few closed trades, or its record is none: then the fixed fraction is used."""
    p = request.win_probability
    return bool(request.trades < sizing["kelly_trades"] or not (0.0 <= p <= 1.0) or not request.payoff > 0.0)


@njit_inline
def kelly_nb(request: SizeRequest, sizing: np.void) -> int:
    """Whole lots of the bet; 0 where the record says that the bet loses. The fallback keeps the cap too."""
    if request.lot_units <= 0:
        return 0
    cap = ppm_units_nb(request.equity, sizing["kelly_cap_ppm"])
    if lacks_record_nb(request, sizing):
        return min(fixed_fraction_of_budget_nb(request, sizing), max(cap, 0) // request.lot_units)
    p = request.win_probability
    bet = (p - (1.0 - p) / request.payoff) * sizing["kelly_share"]
    return min(share_units_nb(request.budget, bet), max(cap, 0)) // request.lot_units


SIZER = Sizer(SPEC, kelly_nb)
