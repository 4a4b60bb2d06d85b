"""How often ranges like this one were left."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, inlined, ratio_nb
from consilience.features.feature import Feature, Floats, NanRule, period

Five = tuple[float, float, float, float, float]
State = tuple[float, ...]
Four = tuple[float, float, float, float]


@inlined
def moved_nb(counts: tuple[float, ...], to: float, gain: float, out_of: float, loss: float) -> Five:
    """``counts`` of the five buckets with ``gain`` in one and ``loss`` out of another; NaN names none."""
    return (
        counts[0] + (gain if to == 0.0 else 0.0) - (loss if out_of == 0.0 else 0.0),
        counts[1] + (gain if to == 1.0 else 0.0) - (loss if out_of == 1.0 else 0.0),
        counts[2] + (gain if to == 2.0 else 0.0) - (loss if out_of == 2.0 else 0.0),
        counts[3] + (gain if to == 3.0 else 0.0) - (loss if out_of == 3.0 else 0.0),
        counts[4] + (gain if to == 4.0 else 0.0) - (loss if out_of == 4.0 else 0.0),
    )


def step(state: State, i: int, s: int, bucket: Floats, exits: Floats, horizon: int, memory: int) -> tuple[State, Four]:
    """Whole numbers in and out, so nothing drifts.

    State, five buckets each: bars, exits, exits upward, bars to the exits.
    """
    news = exits[i, s]
    old = exits[i - memory, s]
    to = bucket[i - horizon, s] if news == news else NAN
    out_of = bucket[i - horizon - memory, s] if old == old else NAN
    bars = moved_nb(state[0:5], to, 1.0, out_of, 1.0)
    left = moved_nb(state[5:10], to, 1.0 if news != 0.0 else 0.0, out_of, 1.0 if old != 0.0 else 0.0)
    ups = moved_nb(state[10:15], to, 1.0 if news > 0.0 else 0.0, out_of, 1.0 if old > 0.0 else 0.0)
    times = moved_nb(state[15:20], to, abs(news), out_of, abs(old))
    new = bars + left + ups + times
    now = bucket[i, s]
    if not 0.0 <= now <= 4.0:
        return new, (NAN, NAN, NAN, NAN)
    k = int(now)
    found = (ratio_nb(left[k], bars[k]), ratio_nb(ups[k], left[k]), ratio_nb(times[k], left[k]), bars[k])
    return new, found


FEATURE = Feature(
    Spec(
        name="exit_frequency",
        summary="Of the last `memory` bars whose outcome is known, those in the bucket that this bar is in: `share` "
        "that left their range, share of these that left `up`, mean `bars` until they did, and how many `samples` "
        "there were. `bucket` is 0 to 4 (ta.quantile_bucket), `exits` the outcome of the bar `horizon` ago "
        "(ta.range_exit): a bar counts only once its horizon has passed. NaN where nothing is there to divide by.",
        inputs=("bucket", "exits"),
        params=(period(10, high=1000, name="horizon"), period(500, high=10_000, name="memory")),
        outputs=("share", "up", "bars", "samples"),
        warm_up="none beyond its inputs; shares come with the first sample of the bucket",
        nan_rule="NaN in bucket gives NaN for that bar; a bar without bucket or outcome is no sample",
        convention="relative frequency, conditional on the bucket",
        source="Feller, An Introduction to Probability Theory I (1968), chapter V: conditional probability",
        family="composite",
    ),
    step,
    initial=(0.0,) * 20,
    lookback=lambda horizon, memory: horizon + memory,
    nan=NanRule.OWN,
    sparse=True,
)
