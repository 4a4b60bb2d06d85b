"""The low since something happened."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float]


def step(state: State, i: int, s: int, x: Floats, bars_since: Floats, longest: int) -> tuple[State, float]:
    """One comparison while the count grows by one; a look back when it jumped."""
    lowest, counted = state
    value = x[i, s]
    bars = bars_since[i, s]
    known = value + bars
    if known != known:
        return (NAN, NAN), NAN
    if bars < 1.0:
        return (NAN, 0.0), NAN
    if bars == counted + 1.0 and counted >= 1.0:
        lowest = value if value < lowest else lowest
    else:
        lowest = value
        for k in range(1, int(bars) if bars < longest else longest):
            earlier = x[i - k, s]
            if earlier < lowest:
                lowest = earlier
    return (lowest, bars), lowest


FEATURE = Feature(
    Spec(
        name="lowest_since",
        summary="Lowest of the last `bars_since` values: the low after an event that was so many bars ago, its own bar "
        "left out. NaN where the count is below 1.",
        inputs=("x", "bars_since"),
        params=(period(20, high=1000, name="longest", text="bars looked through when the count does not grow by one"),),
        warm_up="none beyond its inputs",
        convention="TradingView ta.lowest(x, ta.barssince(event))",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.lowest",
        family="structure",
        nan_rule="NaN in gives NaN out; the next value looks back through at most `longest` bars",
    ),
    step,
    initial=(NAN, NAN),
    lookback=lambda longest: longest,
    sparse=True,
    scale=1,
    shift=True,
)
