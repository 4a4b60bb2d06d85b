"""Filter ``membership``: the symbol stands on a list at that time, such as an index with its changes."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.spec import Spec
from consilience.universe.filters._base import Filter


def _text(value: float) -> str:
    return "on the list" if value > 0.5 else "off the list"


FILTER = Filter(
    Spec(
        name="membership",
        summary="The last known fact puts the symbol on the list: point-in-time membership of an index or watch list.",
        inputs=("facts",),
        outputs=("member",),
        nan_rule="unknown before the first fact; then `missing` decides",
        family="universe",
    ),
    measure="member",
    reason=Reason.NOT_A_MEMBER,
    unknown=Reason.MEMBERSHIP_UNKNOWN,
    text=_text,
    floor=1.0,
)
