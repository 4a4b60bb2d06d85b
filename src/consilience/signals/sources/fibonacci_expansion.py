"""The zone of Fibonacci expansion: follow the move, or fade it where few go on."""

from __future__ import annotations

from consilience.core.codes import FibonacciZone
from consilience.core.spec import ParamSpec, Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.feature import period
from consilience.features.structure.fibonacci_expansion import ZONES, by_zone
from consilience.features.structure.level_cluster import MOST
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import in_ranges, known, price, speak

SMALL_LEG = 4.0  # ATR: a leg this long is trusted by half
BOOST = 0.2  # most that confluence adds to confidence, document 001


def define(bar: Bar, swing: int, pivots: int, tolerance: float) -> Voice:
    """Conviction of the zone with the side of the move; long legs that swings confirm are surer."""
    found = ta.swing(bar, swing, swing)
    zone = ta.fibonacci_expansion(bar, swing, pivots, tolerance)
    length = in_ranges(abs(found.high - found.low), bar)
    conviction = by_zone(ta, zone.zone, tuple(facts.conviction for facts in ZONES))
    confidence = length / (length + SMALL_LEG) * (1.0 + BOOST * zone.confluence)
    numbers = {
        "zone": zone.zone,
        "level": zone.level,
        "direction": zone.direction,
        "multiplier": zone.multiplier,
        "length": length,
        "confluence": zone.confluence,
        "target": zone.target,
    }
    return speak(zone.direction * conviction, confidence, numbers, prices=("target",))


def words(value: float, numbers: Numbers) -> str:
    """Zone, level, target and size."""
    name = FibonacciZone(int(numbers["zone"])).name
    way = "up" if numbers["direction"] > 0.0 else "down"
    target = f", next target {price(numbers['target'])}" if known(numbers, "target") else ""
    faded = ", few legs go on from here" if value * numbers["direction"] < 0.0 else ""
    return f"{name} {way}: {numbers['level']:.2f} of the last leg{faded}{target}, size x {numbers['multiplier']:g}"


def silence(_numbers: Numbers) -> str:
    """Both swings are needed."""
    return "there is no swing leg yet"


SOURCE = Source(
    Spec(
        name="fibonacci_expansion",
        summary="Value: direction of the move x the zone's conviction (ta.fibonacci_expansion): COMPRESSION 0.2, "
        "MID_EXPANSION 0.6, FULL_EXPANSION 0.8, OVER_EXTENSION 0.2, EXHAUSTION -0.5 (the move is faded). Confidence: "
        "L / (L + 4), L the leg's length in ATR(14), raised by up to 20 % by the share of its retracements that swings "
        "confirm.",
        inputs=("high", "low", "close"),
        params=(
            period(5, high=500, name="swing", text="bars to each side of a swing"),
            ParamSpec("pivots", 12, low=1, high=MOST, unit="pivots", text="how many of the last swings count"),
            ParamSpec("tolerance", 0.5, low=0.0, high=10.0, unit="percent", text="of the confluence"),
        ),
        outputs=("value", "confidence"),
        warm_up="the longer of 2 swing and 14 bars, and the first swing of each side",
        nan_rule="abstains",
        convention="ours; the reasons of the numbers stand beside them in features/structure/fibonacci_expansion.py",
        source="document 000: FibExpansionEngine; document 001: confidence_boost",
        family="technical",
    ),
    define,
    words,
    horizon=10,
    silence=silence,
)
