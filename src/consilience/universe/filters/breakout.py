"""Filter ``breakout``: near, or beyond, support or resistance."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.spec import ParamSpec, Spec
from consilience.universe.filters._base import Filter, percent

FILTER = Filter(
    Spec(
        name="breakout",
        summary="The nearer of resistance (highest high of the 20 bars before) and support (lowest low) is within the "
        "distance; a close beyond one counts as distance 0.",
        inputs=("high", "low", "close"),
        params=(ParamSpec("maximum", 0.02, low=1e-9, high=10.0, unit="fraction of the close"),),
        outputs=("member",),
        warm_up="20 bars",
        nan_rule="unknown while warming up; then `missing` decides",
        source="Consilience founding document 002, breakout potential (distance to support and resistance)",
        family="universe",
    ),
    measure="breakout",
    reason=Reason.FAR_FROM_BREAKOUT,
    unknown=Reason.BREAKOUT_UNKNOWN,
    text=percent,
    maximum="maximum",
)
