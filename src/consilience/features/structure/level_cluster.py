"""Levels where price turned, and the nearest of them."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN, bare, inlined
from consilience.features.feature import Feature, Floats, NanRule

Two = tuple[float, float]
Four = tuple[float, float, float, float]
State = tuple[float, ...]
MOST = 12  # pivots that are kept, four by four: with fixed places the compiler needs no loop
_NONE = 1e300  # an empty place


@inlined
def lowest_nb(four: State, floor: float) -> float:
    """Lowest of four pivots above ``floor``."""
    a, b, c, d = four
    a = a if a > floor else _NONE
    b = b if b > floor else _NONE
    c = c if c > floor else _NONE
    d = d if d > floor else _NONE
    a = a if a < b else b
    c = c if c < d else d
    return a if a < c else c


@inlined
def next_nb(pool: State, floor: float) -> float:
    """Lowest of all pivots above ``floor``."""
    a, b, c = lowest_nb(pool[0:4], floor), lowest_nb(pool[4:8], floor), lowest_nb(pool[8:12], floor)
    a = a if a < b else b
    return a if a < c else c


@inlined
def within_nb(four: State, low: float, high: float) -> Two:
    """How far those of four pivots that lie in ``low``..``high`` are above ``low`` together, and how many they are."""
    a, b, c, d = four
    away = ((a - low if low <= a <= high else 0.0) + (b - low if low <= b <= high else 0.0)) + (
        (c - low if low <= c <= high else 0.0) + (d - low if low <= d <= high else 0.0)
    )
    count = ((1.0 if low <= a <= high else 0.0) + (1.0 if low <= b <= high else 0.0)) + (
        (1.0 if low <= c <= high else 0.0) + (1.0 if low <= d <= high else 0.0)
    )
    return away, count


@bare
def nearest_nb(pool: State, value: float, reach: float) -> Four:
    """Centres of the clusters next to ``value`` below (or at) and above it, and their sizes; NaN where there is none.

    Clusters are made from the lowest pivot up: each holds the pivots within ``reach`` of its lowest one.
    """
    below, above, below_size, above_size = NAN, NAN, NAN, NAN
    lowest = next_nb(pool, -_NONE)
    while lowest < _NONE:
        highest = lowest + reach
        first, first_size = within_nb(pool[0:4], lowest, highest)
        second, second_size = within_nb(pool[4:8], lowest, highest)
        third, third_size = within_nb(pool[8:12], lowest, highest)
        size = (first_size + second_size) + third_size
        centre = lowest + ((first + second) + third) / size
        if centre > value:
            return below, centre, below_size, size
        below, below_size = centre, size
        lowest = next_nb(pool, highest)
    return below, above, below_size, above_size


@inlined
def pushed_nb(pool: State, news: float, pivots: int) -> State:
    """``news`` in front, and nothing from place ``pivots`` on."""
    return (
        news,
        pool[0] if pivots > 1 else _NONE,
        pool[1] if pivots > 2 else _NONE,
        pool[2] if pivots > 3 else _NONE,
        pool[3] if pivots > 4 else _NONE,
        pool[4] if pivots > 5 else _NONE,
        pool[5] if pivots > 6 else _NONE,
        pool[6] if pivots > 7 else _NONE,
        pool[7] if pivots > 8 else _NONE,
        pool[8] if pivots > 9 else _NONE,
        pool[9] if pivots > 10 else _NONE,
        pool[10] if pivots > 11 else _NONE,
    )


def step(state: State, i: int, s: int, x: Floats, pivot: Floats, reach: Floats, pivots: int) -> tuple[State, Four]:
    """Look through the pivots only when one came or ``x`` passed a level.

    State: the pivots, newest first; the reach, whether the levels must be looked up, and the four outputs.
    """
    pool = state[:12]
    held, stale, below, above, below_size, above_size = state[12:]
    news = pivot[i, s]
    value = x[i, s]
    if news == news:
        pool = pushed_nb(pool, news, pivots)
        held, stale = reach[i, s], 1.0
    elif held != held:
        held, stale = reach[i, s], 1.0
    unknown = value != value or held != held
    if not unknown and (stale == 1.0 or value < below or value >= above):
        below, above, below_size, above_size = nearest_nb(pool, value, held if held > 0.0 else 0.0)
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
    initial=(*(_NONE,) * MOST, NAN, 0.0, NAN, NAN, NAN, NAN),
    nan=NanRule.OWN,
    sparse=True,
)
