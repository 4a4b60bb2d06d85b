"""On-balance volume."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb
from consilience.features.feature import Feature, Floats

State = tuple[float, float, float, float]


def step(state: State, i: int, s: int, close: Floats, volume: Floats) -> tuple[State, float]:
    """Compensated sum of the volume with the sign of the close's change; the first bar counts as up."""
    before, total, carry, count = state
    c = close[i, s]
    v = volume[i, s]
    known = c + v
    if known != known:
        return (0.0, 0.0, 0.0, 0.0), NAN
    signed = 0.0
    if count == 0.0 or c > before:
        signed = v
    elif c < before:
        signed = -v
    total, carry = add_exact_nb(total, carry, signed)
    return (c, total, carry, 1.0), total + carry


FEATURE = Feature(
    Spec(
        name="obv",
        summary="On-balance volume: volume added on a higher close, taken off on a lower one.",
        inputs=("close", "volume"),
        warm_up="none",
        convention="TA-Lib OBV (starts at the first bar's volume)",
        source="https://ta-lib.org/functions/obv/",
        family="volume",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0),
    scale=1,
)
