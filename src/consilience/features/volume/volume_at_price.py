"""Where the volume of a window was traded."""

from __future__ import annotations

from typing import Any

import numpy as np

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period
from consilience.features.profile import area_nb, histogram_nb

Four = tuple[float, float, float, float]


def step(i: int, s: int, lower: Floats, upper: Floats, volume: Floats, *how: Any) -> Four:
    """Spread each bar's volume over its range, then read the fullest bin and the area round it."""
    period, bins, area = how
    table = np.zeros((3, bins))
    bottom, size, total = histogram_nb(i, s, lower, upper, volume, period, table)
    shares = table[0]
    if not total > 0.0:
        return NAN, NAN, NAN, NAN
    if not size > 0.0:
        return bottom, bottom, bottom, 1.0
    fullest, low, high = area_nb(shares, area * total)
    squares = 0.0
    for n in range(bins):
        share = shares[n] / total
        squares += share * share
    even = 1.0 / bins
    crowding = (squares - even) / (1.0 - even)
    centre = bottom + (fullest + 0.5) * size
    return centre, bottom + (high + 1) * size, bottom + low * size, crowding if crowding > 0.0 else 0.0


FEATURE = Feature(
    Spec(
        name="volume_at_price",
        summary="Profile of the last `period` bars' volume over `bins` equal price bins between their lowest `lower` "
        "and highest `upper`, each bar's volume spread evenly from its lower to its upper: `poc` (centre of the "
        "fullest bin), the borders of the value area, and `concentration`, 0 (even) .. 1 (all in one bin). NaN where "
        "nothing traded. The bins move with the window, so each bar costs `period` and "
        "`bins`.",
        inputs=("lower", "upper", "volume"),
        params=(
            period(100),
            ParamSpec("bins", 24, low=2, high=1000, unit="bins"),
            ParamSpec("value_area", 0.7, low=0.01, high=1.0, unit="fraction", text="of the volume"),
        ),
        outputs=("poc", "value_area_high", "value_area_low", "concentration"),
        warm_up="period - 1 bars",
        convention="the area grows from the fullest bin by the fuller of its two neighbours, one bin at a time (of "
        "equals the upper; of equal fullest bins the lowest); concentration is the normalised Herfindahl index",
        source="Steidlmayer and Koy, Markets and Market Logic (1986)",
        family="volume",
    ),
    step,
    lookback=lambda period, _bins, _area: period - 1,
    warm_up=lambda period, _bins, _area: period - 1,
    allocates=True,
)
