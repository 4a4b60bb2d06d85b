"""Sums over a stretch of a clock."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN, add_exact_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float, float, float]
Four = tuple[float, float, float, float]


# many parameters: those of a step, and two of its own
def step(state: State, i: int, s: int, x: Floats, clock: Floats, span: float, most: int) -> tuple[State, Four]:
    """Compensated running sums; rows leave at the old end when their time is over, each once."""
    total, carry, size, size_carry, moves, count = state
    value = x[i, s]
    now = clock[i, s]
    if value != value or now != now:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (NAN, NAN, NAN, NAN)
    first = now - span
    held = int(count)
    while held > 0 and (clock[i - held, s] < first or held >= most):
        gone = x[i - held, s]
        if gone != 0.0:
            total, carry = add_exact_nb(total, carry, -gone)
            size, size_carry = add_exact_nb(size, size_carry, -abs(gone))
            moves -= 1.0
        held -= 1
    if moves == 0.0:
        # nothing of what has left stays behind as rounding
        total, carry, size, size_carry = 0.0, 0.0, 0.0, 0.0
    if value != 0.0:
        total, carry = add_exact_nb(total, carry, value)
        size, size_carry = add_exact_nb(size, size_carry, abs(value))
        moves += 1.0
    rows = held + 1.0
    return (total, carry, size, size_carry, moves, rows), (total + carry, size + size_carry, moves, rows)


FEATURE = Feature(
    Spec(
        name="span_sum",
        summary="Over the rows whose `clock` is at most `span` behind the newest row's, that row included, and at most "
        "`most` of them: `total` of x, `size` (sum of |x|), `moves` (how many x are not 0) and `rows`. The clock may "
        "stand still but not go back. Each row enters and leaves once.",
        inputs=("x", "clock"),
        params=(
            ParamSpec("span", 60e6, low=0.0, high=1e15, unit="of the clock"),
            period(4096, high=1_000_000, name="most", text="the most that the window may hold: it ends there"),
        ),
        outputs=("total", "size", "moves", "rows"),
        warm_up="none; the first windows are shorter",
        convention="both ends belong to the window; pandas rolling with a time offset and closed='both'",
        source="https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.rolling.html",
        family="rolling",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    lookback=lambda _span, most: most,
)
