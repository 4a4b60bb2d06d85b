"""Volume-weighted average price of the session."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb, ratio_nb
from consilience.features.feature import Feature, Floats

State = tuple[float, float, float, float, float]


def step(state: State, i: int, s: int, typical: Floats, volume: Floats, session: Floats) -> tuple[State, float]:
    """Sums of typical price times volume and of volume since the session began."""
    current, worth, worth_carry, units, units_carry = state
    price = typical[i, s]
    v = volume[i, s]
    day = session[i, s]
    known = (price + v) + day
    if known != known:
        return (NAN, 0.0, 0.0, 0.0, 0.0), NAN
    if day != current:
        worth, worth_carry, units, units_carry = 0.0, 0.0, 0.0, 0.0
    worth, worth_carry = add_exact_nb(worth, worth_carry, price * v)
    units, units_carry = add_exact_nb(units, units_carry, v)
    return (day, worth, worth_carry, units, units_carry), ratio_nb(worth + worth_carry, units + units_carry)


FEATURE = Feature(
    Spec(
        name="vwap",
        summary="Average typical price of the session so far, weighted by volume; NaN until something traded.",
        inputs=("typical", "volume", "session"),
        warm_up="none; starts again with each session",
        convention="TradingView ta.vwap(hlc3), anchored to the session",
        source="https://www.tradingview.com/pine-script-reference/v5/#var_ta.vwap",
        family="volume",
    ),
    step,
    initial=(NAN, 0.0, 0.0, 0.0, 0.0),
)
