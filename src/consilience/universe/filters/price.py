"""Filter ``price``: no penny stocks, nothing too dear."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.spec import ParamSpec, Spec
from consilience.universe.filters._base import Filter

FILTER = Filter(
    Spec(
        name="price",
        summary="The raw close (the middle of bid and ask where there are two) lies within the bounds.",
        inputs=("close",),
        params=(
            ParamSpec("minimum", 0.0, low=0.0, high=1e12, unit="price"),
            ParamSpec("maximum", 0.0, low=0.0, high=1e12, unit="price", text="0 for no upper bound"),
        ),
        outputs=("member",),
        nan_rule="never unknown where there is a bar",
        family="universe",
    ),
    measure="price",
    reason=Reason.PRICE_OUT_OF_RANGE,
    unknown=Reason.PRICE_UNKNOWN,
    text="{:g}".format,
    minimum="minimum",
    maximum="maximum",
)
