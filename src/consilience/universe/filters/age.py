"""Filter ``age``: time since the listing."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.spec import ParamSpec, Spec
from consilience.universe.filters._base import Filter


def _text(value: float) -> str:
    return f"{value:.4g} days"


FILTER = Filter(
    Spec(
        name="age",
        summary="Days since the listing, by the fact, or since the first bar that was seen: a lower bound.",
        inputs=("facts", "valid"),
        params=(ParamSpec("minimum", 30.0, low=0.0, high=36_500.0, unit="days"),),
        outputs=("member",),
        nan_rule="never unknown where there is a bar",
        family="universe",
    ),
    measure="age",
    reason=Reason.RECENTLY_LISTED,
    unknown=Reason.LISTING_UNKNOWN,
    text=_text,
    minimum="minimum",
)
