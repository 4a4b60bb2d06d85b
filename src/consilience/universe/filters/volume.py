"""Filter ``volume``: money traded in the last 24 hours."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.spec import ParamSpec, Spec
from consilience.universe.filters._base import Filter, money

FILTER = Filter(
    Spec(
        name="volume",
        summary="Turnover of the last 24 hours, close x volume x multiplier of each bar in the base currency, is above "
        "the floor. A bar of a day or longer counts alone. While the first 24 hours fill, what is there counts.",
        inputs=("close", "volume"),
        params=(ParamSpec("minimum", 50e6, low=0.0, high=1e15, unit="base currency", text="turnover must be above"),),
        outputs=("member",),
        nan_rule="unknown when no bar of the window tells its volume; then `missing` decides",
        source="Consilience founding document 002, universe screening pipeline (more than $50M in 24 hours)",
        family="universe",
    ),
    measure="turnover",
    reason=Reason.LOW_TURNOVER,
    unknown=Reason.TURNOVER_UNKNOWN,
    text=money,
    minimum="minimum",
    strict=True,
)
