"""Levels where price turned, and the nearest of them."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN, bare
from consilience.features.feature import Feature, Floats, NanRule

Four = tuple[float, float, float, float]
State = tuple[float, ...]
MOST = 16  # pivots that are kept
_EMPTY = (NAN,) * MOST


@bare
def nearest_nb(pool: tuple[float, ...], value: float, reach: float, pivots: int) -> Four:
    """Centres of the clusters next to ``value`` below (or at) and above it, and their sizes; NaN where there is none.

    Clusters are made from the lowest pivot up: each holds the pivots within ``reach`` of its lowest one.
    """
    below, above, below_size, above_size = NAN, NAN, NAN, NAN
    done = -1e300
    while True:
        lowest = 1e300
        for k in range(pivots):
            if done < pool[k] < lowest:
                lowest = pool[k]
        if lowest == 1e300:
            return below, above, below_size, above_size
        done = lowest + reach
        away, size = 0.0, 0.0
        for k in range(pivots):
            if lowest <= pool[k] <= done:
                away += pool[k] - lowest
                size += 1.0
        centre = lowest + away / size
        if centre > value:
            return below, centre, below_size, size
        below, below_size = centre, size


def step(state: State, i: int, s: int, x: Floats, pivot: Floats, reach: Floats, pivots: int) -> tuple[State, Four]:
    """Look through the pivots only when one came or ``x`` passed a level.

    State: the pivots, newest first; the reach, whether the levels must be looked up, and the four outputs.
    """
    pool = state[:16]
    held, stale, below, above, below_size, above_size = state[16:]
    news = pivot[i, s]
    value = x[i, s]
    if news == news:
        pool = (news,) + pool[:15]  # noqa: RUF005  (Numba does not compile the star here)
        held, stale = reach[i, s], 1.0
    elif held != held:
        held, stale = reach[i, s], 1.0
    unknown = value != value or held != held
    if not unknown and (stale == 1.0 or value < below or value >= above):
        below, above, below_size, above_size = nearest_nb(pool, value, max(held, 0.0), pivots)
        stale = 0.0
    found = (below, above, below_size, above_size)
    new = pool + (held, stale) + found  # noqa: RUF005
    return new, (NAN, NAN, NAN, NAN) if unknown else found


FEATURE = Feature(
    Spec(
        name="level_cluster",
        summary="The levels next to `x` among the last `pivots` turning points (`pivot`: their price on the bar that "
        "confirms them, else NaN, as of ta.swing_sequence): `below` is at or below `x`, `above` is above it, the "
        "touches say how many pivots make the level. Pivots within `reach` of the lowest of them are one level, their "
        "mean; `reach` (price units) is taken when a pivot is confirmed and holds until the next. NaN: no such level.",
        inputs=("x", "pivot", "reach"),
        params=(ParamSpec("pivots", 12, low=1, high=MOST, unit="pivots", text="how many of the last ones count"),),
        outputs=("below", "above", "below_touches", "above_touches"),
        warm_up="none beyond its inputs; the first level comes with the first pivot",
        nan_rule="NaN in x gives NaN for that bar alone; NaN in pivot says that none came; the pivots are kept",
        convention="clusters from the lowest pivot up, each as wide as `reach`; the level is the mean of its pivots",
        source="Murphy, Technical Analysis of the Financial Markets (1999), chapter 4: support and resistance",
        family="structure",
    ),
    step,
    initial=(*_EMPTY, NAN, 0.0, NAN, NAN, NAN, NAN),
    nan=NanRule.OWN,
    sparse=True,
)
