"""Volume-weighted average price of the session."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact, ratio
from consilience.features.feature import Feature, Floats

State = tuple[float, float, float, float, float]


def step(
    state: State, i: int, s: int, high: Floats, low: Floats, close: Floats, volume: Floats, session: Floats
) -> tuple[State, float]:
    """Sums of typical price times volume and of volume since the session began."""
    current, worth, worth_carry, units, units_carry = state
    h = high[i, s]
    l = low[i, s]  # noqa: E741  (high, low, close in their usual letters)
    c = close[i, s]
    v = volume[i, s]
    day = session[i, s]
    known = ((h + l) + (c + v)) + day
    if known != known:
        return (NAN, 0.0, 0.0, 0.0, 0.0), NAN
    if day != current:
        worth, worth_carry, units, units_carry = 0.0, 0.0, 0.0, 0.0
    worth, worth_carry = add_exact(worth, worth_carry, ((h + l) + c) / 3.0 * v)
    units, units_carry = add_exact(units, units_carry, v)
    return (day, worth, worth_carry, units, units_carry), ratio(worth + worth_carry, units + units_carry)


FEATURE = Feature(
    Spec(
        name="vwap",
        summary="Average typical price of the session so far, weighted by volume; NaN until something traded.",
        inputs=("high", "low", "close", "volume", "session"),
        warm_up="none; starts again with each session",
        convention="TradingView ta.vwap(hlc3), anchored to the session",
        source="https://www.tradingview.com/pine-script-reference/v5/#var_ta.vwap",
        family="volume",
    ),
    step,
    initial=(NAN, 0.0, 0.0, 0.0, 0.0),
)
