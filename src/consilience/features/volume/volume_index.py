"""Negative and positive volume index."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import LARGEST, NAN, ratio_nb
from consilience.features.feature import Feature, Floats

State = tuple[float, float, float, float]
_START = 1000.0


def step(state: State, i: int, s: int, close: Floats, volume: Floats) -> tuple[State, tuple[float, float]]:
    """Each index takes the return of the bars whose volume went its way."""
    before, before_volume, negative, positive = state
    c = close[i, s]
    v = volume[i, s]
    known = c + v
    if known != known:
        return (NAN, NAN, 1000.0, 1000.0), (NAN, NAN)
    # comparing with the NaN before the first bar is false
    growth = ratio_nb(c, before) if v < before_volume or v > before_volume else 1.0
    if v < before_volume:
        negative *= growth
    elif v > before_volume:
        positive *= growth
    if not (abs(negative) <= LARGEST and abs(positive) <= LARGEST):
        return (NAN, NAN, 1000.0, 1000.0), (NAN, NAN)
    return (c, v, negative, positive), (negative, positive)


FEATURE = Feature(
    Spec(
        name="volume_index",
        summary="`negative` follows the close on bars with less volume than the one before, `positive` on bars with "
        "more; both start at 1000. A close of 0 gives NaN and starts them again.",
        inputs=("close", "volume"),
        outputs=("negative", "positive"),
        warm_up="none",
        convention="Fosback's NVI and PVI, compounded",
        source="Fosback, Stock Market Logic (1976)",
        family="volume",
    ),
    step,
    initial=(NAN, NAN, _START, _START),
    scale=0,
)
