"""Trades laid into buckets of equal volume."""

from __future__ import annotations

import math

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, inlined
from consilience.features.feature import Feature, Floats, NanRule

State = tuple[float, float, float, float]
Three = tuple[float, float, float]
_ROOT_HALF = 0.7071067811865476
_MOST = 1e15  # buckets of one bar that can be told apart


@inlined
def lean_nb(aggressor: float, change: float) -> float:
    """Buying less selling as a fraction of the volume, -1..1: what is known, else what the price change suggests."""
    if aggressor > 0.0:
        return 1.0
    if aggressor < 0.0:
        return -1.0
    if change == change:
        return math.erf(change * _ROOT_HALF)
    return 0.0


@inlined
def whole_nb(volume: float, size: float) -> float:
    """How many whole buckets ``volume`` fills."""
    count = volume / size
    return float(math.floor(count)) if count < _MOST else _MOST


# many parameters: those of a step, and four inputs
def step(
    state: State, i: int, s: int, volume: Floats, aggressor: Floats, change: Floats, size: Floats
) -> tuple[State, Three]:
    """Fill the open bucket, then whole ones at once, then begin the next."""
    filled, net, target, count = state
    left = volume[i, s]
    width = size[i, s]
    known = left + width
    if known != known:
        return (0.0, 0.0, 0.0, 0.0), (NAN, NAN, NAN)
    lean = lean_nb(aggressor[i, s], change[i, s])
    imbalance, finished = 0.0, 0.0
    if left > 0.0 and target > 0.0:
        room = target - filled
        if left < room:
            return (filled + left, net + lean * left, target, count), (0.0, 0.0, count)
        imbalance = abs(net + lean * room)
        finished = target
        left -= room
        count += 1.0
        filled, net, target = 0.0, 0.0, 0.0
    if left > 0.0 and width > 0.0:
        whole = whole_nb(left, width)
        part = whole * width if whole < _MOST else left
        part = part if part < left else left
        imbalance += abs(lean) * part
        finished += part
        count += whole
        left -= part
        if left > 0.0:
            filled, net, target = left, lean * left, width
    return (filled, net, target, count), (imbalance, finished, count)


FEATURE = Feature(
    Spec(
        name="volume_bucket",
        summary="Volume laid into buckets of `size` units, the size that holds when a bucket is begun: `imbalance` of "
        "the buckets that this bar finishes, |bought - sold| summed; `finished`, their volume; `count` of buckets so "
        "far. A trade of `aggressor` 1 is bought, of -1 sold; where that is 0 or NaN the share bought is the normal "
        "distribution of `change`, a price change in its standard deviations, and half where that is NaN too.",
        inputs=("volume", "aggressor", "change", "size"),
        outputs=("imbalance", "finished", "count"),
        warm_up="none",
        nan_rule="NaN in volume or size gives NaN out and begins again; in the others it means unknown",
        convention="bulk volume classification with the normal distribution",
        source="Easley, Lopez de Prado and O'Hara, Flow toxicity and liquidity in a high-frequency world, Review of "
        "Financial Studies 25 (2012)",
        family="flow",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0),
    nan=NanRule.OWN,
)
