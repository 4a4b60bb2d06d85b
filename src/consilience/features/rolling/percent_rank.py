"""Percentile rank within a window."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float]


def step(state: State, i: int, s: int, x: Floats, period: int, ties: int) -> tuple[State, float]:
    """Count the earlier values below and equal; no running form exists without a sorted copy of the window."""
    (count,) = state
    value = x[i, s]
    if value != value:
        return (0.0,), NAN
    if count < period - 1:
        return (count + 1.0,), NAN
    below = 0
    up_to = 0
    for k in range(1, period):
        earlier = x[i - k, s]
        below += earlier < value
        up_to += earlier <= value
    counted = 0.5 * (below + up_to) if ties == 0 else (1.0 * up_to if ties == 1 else 1.0 * below)
    return state, 100.0 * (counted / (period - 1))


FEATURE = Feature(
    Spec(
        name="percent_rank",
        summary="Where the value stands among the `period - 1` before it: 0 (lowest) .. 100 (highest). "
        "It reads the whole window on each bar.",
        inputs=("x",),
        params=(
            period(100, low=2),
            ParamSpec(
                "ties",
                "half",
                unit="choice",
                choices=("half", "all", "none"),
                text="how much an equal earlier value counts as below: 'half' gives 50 where nothing moved",
            ),
        ),
        warm_up="period - 1 bars",
        convention="percentile rank of a score (SciPy percentileofscore: 'mean', 'weak', 'strict'); with ties 'all' "
        "it is TradingView ta.percentrank(x, period - 1)",
        source="https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.percentileofscore.html",
        family="rolling",
    ),
    step,
    initial=(0.0,),
    lookback=lambda period, _ties: period - 1,
    warm_up=lambda period, _ties: period - 1,
    scale=0,
)
