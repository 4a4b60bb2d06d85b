"""On-balance volume."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb
from consilience.features.feature import Feature, Floats

State = tuple[float, float, float]
_BELOW_ALL = -1e300  # so that the first bar counts as up


def step(state: State, i: int, s: int, close: Floats, volume: Floats) -> tuple[State, float]:
    """Compensated sum of the volume with the sign of the close's change; the first bar counts as up."""
    before, total, carry = state
    c = close[i, s]
    v = volume[i, s]
    known = c + v
    if known != known:
        return (_BELOW_ALL, 0.0, 0.0), NAN
    up = v if c > before else 0.0
    down = v if c < before else 0.0
    total, carry = add_exact_nb(total, carry, up - down)
    return (c, total, carry), total + carry


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
    initial=(_BELOW_ALL, 0.0, 0.0),
    scale=1,
)
