"""Filter ``status``: the symbol is in trading."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.spec import Spec
from consilience.universe.filters._base import Filter


def _text(value: float) -> str:
    return "trading" if value > 0.5 else "suspended"


FILTER = Filter(
    Spec(
        name="status",
        summary="Trading is not suspended by the last known fact, and the instrument has not expired. A symbol that "
        "shows bars is trading until a fact says otherwise.",
        inputs=("facts",),
        outputs=("member",),
        nan_rule="never unknown: a bar is proof of trading",
        source="Consilience founding document 002, universe screening pipeline (active futures)",
        family="universe",
    ),
    measure="status",
    reason=Reason.NOT_TRADING,
    unknown=Reason.STATUS_UNKNOWN,
    text=_text,
    floor=1.0,
)
