"""Sums and averages of late against early moves."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float, float]
Three = tuple[float, float, float]


def step(
    state: State, i: int, s: int, opening: Floats, closing: Floats, settled: Floats, period: int
) -> tuple[State, Three]:
    """State: the sum and its carry, both averages, 1 when there was a first pair."""
    total, carry, early, late, begun = state
    news = settled[i, s]
    if news != news:
        return (0.0, 0.0, 0.0, 0.0, 0.0), (NAN, NAN, NAN)
    first = opening[i, s]
    last = closing[i, s]
    known = first + last
    if news != 0.0 and known == known:
        total, carry = add_exact_nb(total, carry, last - first)
        alpha = 2.0 / (period + 1.0) if begun == 1.0 else 1.0
        early = alpha * first + (1.0 - alpha) * early
        late = alpha * last + (1.0 - alpha) * late
        begun = 1.0
    new = (total, carry, early, late, begun)
    return new, (total + carry, early, late) if begun == 1.0 else (NAN, NAN, NAN)


FEATURE = Feature(
    Spec(
        name="smart_money_balance",
        summary="From the early and the late moves of sessions (as of ta.session_moves), taken where `settled` is not "
        "0: `index`, the sum of late minus early moves since the beginning, and the exponential averages of the "
        "`early` and the `late` moves over `period` sessions, each from its first value. NaN until the first pair.",
        inputs=("opening", "closing", "settled"),
        params=(period(10, high=1000),),
        outputs=("index", "early", "late"),
        warm_up="none beyond its inputs",
        nan_rule="NaN in settled gives NaN out and begins again; a pair with NaN is left out",
        convention="Don Hays: value = last value - opening move + closing move",
        source="https://en.wikipedia.org/wiki/Smart_money_index",
        family="composite",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0),
    sparse=True,
)
