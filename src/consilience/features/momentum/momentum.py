"""Momentum."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int) -> Any:  # noqa: ARG001  (the form of a composed feature)
    """Change over the window, in units of the series."""
    return x - x[period]


FEATURE = Feature(
    Spec(
        name="momentum",
        summary="Value minus the one `period` bars ago.",
        inputs=("x",),
        params=(period(10),),
        warm_up="period bars",
        convention="TA-Lib MOM",
        source="https://ta-lib.org/functions/mom/",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
