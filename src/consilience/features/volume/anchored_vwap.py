"""Volume-weighted average price since an event."""

from __future__ import annotations

import math

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb, ratio_nb
from consilience.features.feature import Feature, Floats

State = tuple[float, float, float, float, float, float, float]
Two = tuple[float, float]
_ROUNDING = 1e-12  # a price this near the average, in proportion, is the average


def step(state: State, i: int, s: int, price: Floats, volume: Floats, anchor: Floats) -> tuple[State, Two]:
    """Exact sums for the average; the squares grow about the moving average (West), so they lose no digits."""
    running, worth, worth_carry, units, units_carry, average, squares = state
    x = price[i, s]
    v = volume[i, s]
    start = anchor[i, s]
    known = (x + v) + start
    if known != known:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (NAN, NAN)
    if start != 0.0:
        running, worth, worth_carry, units, units_carry, average, squares = 1.0, 0.0, 0.0, 0.0, 0.0, x, 0.0
    if running == 0.0:
        return state, (NAN, NAN)
    worth, worth_carry = add_exact_nb(worth, worth_carry, x * v)
    units, units_carry = add_exact_nb(units, units_carry, v)
    total = units + units_carry
    now = ratio_nb(worth + worth_carry, total)
    if now != now:
        return (running, worth, worth_carry, units, units_carry, x, 0.0), (NAN, NAN)
    away = x - average
    if abs(away) > _ROUNDING * abs(x):
        squares += v * ((total - v) / total) * (away * away)
    return (running, worth, worth_carry, units, units_carry, now, squares), (now, math.sqrt(squares / total))


FEATURE = Feature(
    Spec(
        name="anchored_vwap",
        summary="Average price since the last bar where `anchor` was other than 0, that bar included, weighted by "
        "volume, and the weighted standard deviation round it. NaN before the first anchor and until something traded. "
        "As in ta.anchored_vwap(bar.typical, bar.volume, ta.crosses_above(bar.close, ta.highest(bar.high, 50)[1])).",
        inputs=("price", "volume", "anchor"),
        outputs=("vwap", "deviation"),
        warm_up="none; each anchor starts it again",
        nan_rule="NaN in gives NaN out until the next anchor",
        convention="TradingView ta.vwap(source, anchor, stdev_mult), but nothing before the first anchor",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.vwap; West, Updating mean and variance "
        "estimates, Communications of the ACM 22 (1979)",
        family="volume",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
)
