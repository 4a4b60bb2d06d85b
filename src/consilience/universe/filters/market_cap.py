"""Filter ``market_cap``: no micro caps."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.spec import ParamSpec, Spec
from consilience.universe.filters._base import Filter, money

FILTER = Filter(
    Spec(
        name="market_cap",
        summary="Market capitalisation, the last known fact or the last known number of shares x close in the base "
        "currency, is at or above the floor. The founding document names no number; the default is ours.",
        inputs=("facts",),
        params=(ParamSpec("minimum", 50e6, low=0.0, high=1e15, unit="base currency"),),
        outputs=("member",),
        nan_rule="unknown without a fact; then `missing` decides",
        source="Consilience founding document 002, universe screening pipeline (exclude micro caps)",
        family="universe",
    ),
    measure="market_cap",
    reason=Reason.SMALL_MARKET_CAP,
    unknown=Reason.MARKET_CAP_UNKNOWN,
    text=money,
    minimum="minimum",
)
