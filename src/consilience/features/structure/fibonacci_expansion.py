"""Zones of Fibonacci expansion: where price stands on its last swing leg, and what that means for size and risk."""

from __future__ import annotations

from typing import Any, NamedTuple

from consilience.core.codes import FibonacciZone
from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period
from consilience.features.structure.level_cluster import MOST


class ZoneFacts(NamedTuple):
    """What a zone stands for; risk and fusion profiles quote this table and may have their own.

    begins: level in lengths of the leg. multiplier: of position size. risk_adjustment: of the risk taken a trade.
    conviction: -1 (the move is faded) .. 1 (it is followed). tier: word for the size. reason: why these numbers.
    """

    zone: FibonacciZone
    begins: float
    multiplier: float
    risk_adjustment: float
    conviction: float
    tier: str
    reason: str


ZONES: tuple[ZoneFacts, ...] = (
    ZoneFacts(
        FibonacciZone.COMPRESSION,
        0.5,
        0.8,
        0.8,
        0.2,
        "reduced",
        "between the 38.2 and 61.8 % retracements neither side has the leg: breaks from here fail often",
    ),
    ZoneFacts(
        FibonacciZone.MID_EXPANSION,
        0.618,
        1.2,
        1.0,
        0.6,
        "enlarged",
        "61.8 % of the leg is won, its end is a near target and its middle a near stop: most reward for the risk",
    ),
    ZoneFacts(
        FibonacciZone.FULL_EXPANSION,
        1.0,
        1.0,
        1.0,
        0.8,
        "full",
        "the old extreme is passed, so the trend is confirmed, and 1.618 is still ahead; the stop is a leg away",
    ),
    ZoneFacts(
        FibonacciZone.OVER_EXTENSION,
        1.618,
        0.6,
        0.7,
        0.2,
        "reduced",
        "the usual target of a leg is reached: profits are taken, and the stop is far",
    ),
    ZoneFacts(
        FibonacciZone.EXHAUSTION,
        2.618,
        0.3,
        0.4,
        -0.5,
        "least",
        "few legs go on after 2.618 of their length: what comes next is more often a return than a sequel",
    ),
)
UNKNOWN_ZONE = ZoneFacts(
    FibonacciZone.UNKNOWN,
    0.0,
    0.8,
    0.8,
    0.0,
    "reduced",
    "no leg is known, so neither room nor stretch is: as careful as without a side",
)
BORDERS = tuple(facts.begins for facts in ZONES[1:])


def zone_facts(zone: int) -> ZoneFacts:
    """The row of a zone; UNKNOWN_ZONE for UNKNOWN. Raises ValueError for a number that is no zone."""
    return {facts.zone: facts for facts in (UNKNOWN_ZONE, *ZONES)}[FibonacciZone(zone)]


def by_zone(ta: Any, zone: Any, numbers: tuple[float, ...]) -> Any:
    """The number of the zone that ``zone`` (1 .. 5) says, NaN where it is NaN; ``numbers`` in the order of ZONES."""
    chosen: Any = numbers[-1]
    for facts, number in zip(reversed(ZONES[:-1]), reversed(numbers[:-1]), strict=True):
        chosen = ta.where(zone <= float(facts.zone), number, chosen)
    return chosen


def touches_of(ta: Any, bar: Any, price: Any, pivot: Any, pivots: int, tolerance: float) -> Any:
    """Old swings within ``tolerance`` percent of a price, as ta.fibonacci_confluence counts them; NaN where it is."""
    share = tolerance / 100.0
    near = ta.level_cluster(price, pivot, share * abs(bar.close), pivots)
    found: Any = 0.0
    for level, touches in ((near.below, near.below_touches), (near.above, near.above_touches)):
        found = found + ta.where(ta.coalesce(abs(price - level) < share * abs(level), 0.0), touches, 0.0)
    return ta.where(price == price, found, 0.0)


def compose(ta: Any, bar: Any, swing: int, pivots: int, tolerance: float) -> Any:
    """The leg between the last two swings, its zone's numbers, and how many of its retracements swings confirm."""
    found = ta.swing(bar, swing, swing)
    leg = ta.leg_expansion(bar.close, found.high, found.low)
    confluence = ta.fibonacci_confluence(bar, swing, pivots, tolerance).count / 5.0
    multiplier = by_zone(ta, leg.zone, tuple(facts.multiplier for facts in ZONES))
    risk = by_zone(ta, leg.zone, tuple(facts.risk_adjustment for facts in ZONES))
    levels = (leg.support, leg.resistance, leg.target, leg.target_after)
    pivot = ta.swing_sequence(found.high, found.high_confirmed, found.low, found.low_confirmed).pivot
    touches = tuple(touches_of(ta, bar, level, pivot, pivots, tolerance) for level in levels[:2])
    return leg.level, leg.direction, leg.zone, multiplier, risk, confluence, *levels, *touches


FEATURE = Feature(
    Spec(
        name="fibonacci_expansion",
        summary="Zone of expansion of the last swing leg. `level`: how far the close has gone, in lengths of the leg "
        "from the end that it is further from, with `direction` 1 up or -1 down (ta.leg_expansion). `zone`: 1 "
        "COMPRESSION (0.5 to 0.618: in the middle, neither side has it), 2 MID_EXPANSION (to 1: on the way to the "
        "leg's end), 3 FULL_EXPANSION (to 1.618: beyond the old extreme), 4 OVER_EXTENSION (to 2.618: the usual "
        "target is passed), 5 EXHAUSTION. `multiplier` of size and `risk_adjustment` by zone: 0.8, 1.2, 1, 0.6, 0.3 "
        "and 0.8, 1, 1, 0.7, 0.4. `confluence` 0..1: share of the leg's five retracements that meet swings "
        "(ta.fibonacci_confluence). Key levels: `support`, `resistance`, `target`, `target_after`; the touches count "
        "the old swings within `tolerance` of the first two. NaN until both swings exist, without length, and where "
        "there is no such level.",
        inputs=("high", "low", "close"),
        params=(
            period(5, high=500, name="swing", text="bars to each side of a swing"),
            ParamSpec(
                "pivots", 12, low=1, high=MOST, unit="pivots", text="how many of the last confirmed swings count"
            ),
            ParamSpec("tolerance", 0.5, low=0.0, high=10.0, unit="percent", text="of the confluence"),
        ),
        outputs=(
            "level",
            "direction",
            "zone",
            "multiplier",
            "risk_adjustment",
            "confluence",
            "support",
            "resistance",
            "target",
            "target_after",
            "support_touches",
            "resistance_touches",
        ),
        warm_up="2 swing bars, and the first swing of each side",
        convention="ours: borders at the golden ratio's powers around the leg's end (0.618, 1, 1.618, 2.618)",
        source="Brown, Fibonacci Analysis (2008): expansions of a swing; multipliers: the table in this file",
        family="structure",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
