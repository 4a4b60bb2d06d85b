"""Sum over a stretch of a clock."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN, add_exact_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float]


# many parameters: those of a step, and two of its own
def step(state: State, i: int, s: int, x: Floats, clock: Floats, span: float, most: int) -> tuple[State, float]:
    """Compensated running sum; rows leave at the old end when their time is over, each once."""
    total, carry, count = state
    value = x[i, s]
    now = clock[i, s]
    if value != value or now != now:
        return (0.0, 0.0, 0.0), NAN
    held = int(count)
    while held > 0 and (clock[i - held, s] < now - span or held >= most):
        total, carry = add_exact_nb(total, carry, -x[i - held, s])
        held -= 1
    if held == 0:
        # alone: nothing of what has left stays behind as rounding
        total, carry = 0.0, 0.0
    total, carry = add_exact_nb(total, carry, value)
    return (total, carry, held + 1.0), total + carry


FEATURE = Feature(
    Spec(
        name="span_sum",
        summary="Sum of `x` over the rows whose `clock` is at most `span` behind the newest row's, that row included, "
        "and at most `most` of them. The clock may stand still but not go back. Each row enters and leaves once.",
        inputs=("x", "clock"),
        params=(
            ParamSpec("span", 60e6, low=0.0, high=1e15, unit="of the clock"),
            period(4096, high=1_000_000, name="most", text="the most that the window may hold: it ends there"),
        ),
        warm_up="none; the first windows are shorter",
        convention="both ends belong to the window; pandas rolling with a time offset and closed='both'",
        source="https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.rolling.html",
        family="rolling",
    ),
    step,
    initial=(0.0, 0.0, 0.0),
    lookback=lambda _span, most: most,
)
