"""Filter ``spread``: the distance of bid and ask."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.spec import ParamSpec, Spec
from consilience.universe.filters._base import Filter, percent

FILTER = Filter(
    Spec(
        name="spread",
        summary="Ask less bid over their middle, at the close of a bid/ask bar or as a fact says, is below the cap.",
        inputs=("bid", "ask"),
        params=(ParamSpec("maximum", 0.0005, low=1e-9, high=1.0, unit="fraction", text="spread must be below"),),
        outputs=("member",),
        nan_rule="unknown on bars of trades without a fact; then `missing` decides",
        source="Consilience founding document 002, universe screening pipeline (spread below 0.05 %)",
        family="universe",
    ),
    measure="spread",
    reason=Reason.WIDE_SPREAD,
    unknown=Reason.SPREAD_UNKNOWN,
    text=percent,
    maximum="maximum",
    strict=True,
)
