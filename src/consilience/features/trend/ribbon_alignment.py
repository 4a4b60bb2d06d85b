"""Order of a ribbon of moving averages."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, shortest: int, spacing: int, count: int, average: str, nearest: float) -> Any:
    """Neighbours in the order of an uptrend less those in the order of a downtrend."""
    smooth = ta.ema if average == "ema" else ta.sma
    ribbon = [smooth(x, shortest + n * spacing) for n in range(count)]
    order: Any = 0.0
    for quick, slow in pairwise(ribbon):
        gap = quick - slow
        reach = nearest * abs(slow)
        order = order + ((gap > reach) - (gap < -reach))
    return order / float(count - 1)


FEATURE = Feature(
    Spec(
        name="ribbon_alignment",
        summary="How well `count` averages are in order, -1..1: 1 where each shorter one is above its longer "
        "neighbour, -1 where each is below, the fraction of the one less that of the other between.",
        inputs=("x",),
        params=(
            period(10, name="shortest"),
            period(10, name="spacing", text="each average is this much longer than the one before"),
            ParamSpec("count", 6, low=2, high=20, unit="averages"),
            ParamSpec("average", "ema", unit="choice", choices=("ema", "sma")),
            ParamSpec(
                "nearest", 1e-9, low=0.0, high=0.1, unit="fraction", text="neighbours no further apart are level"
            ),
        ),
        warm_up="shortest + (count - 1) spacing - 1 bars",
        convention="the house's own score of a moving-average ribbon",
        source="https://www.investopedia.com/terms/m/movingaverageribbon.asp, for the ribbon",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
