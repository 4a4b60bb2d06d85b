"""Sum of everything so far."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb
from consilience.features.feature import Feature, Floats

State = tuple[float, float]


def step(state: State, i: int, s: int, x: Floats) -> tuple[State, float]:
    """Compensated sum, so that an hour of ticks and ten years of them round alike."""
    total, carry = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0), NAN
    total, carry = add_exact_nb(total, carry, value)
    return (total, carry), total + carry


FEATURE = Feature(
    Spec(
        name="cumulative_sum",
        summary="Sum of all values since the first, or since the last NaN. Its level depends on where the data "
        "begins; use its changes.",
        inputs=("x",),
        warm_up="none",
        convention="pandas cumsum, but NaN starts it again",
        source="https://pandas.pydata.org/docs/reference/api/pandas.Series.cumsum.html",
        family="rolling",
    ),
    step,
    initial=(0.0, 0.0),
    scale=1,
)
