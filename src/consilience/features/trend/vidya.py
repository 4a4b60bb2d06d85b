"""Variable index dynamic average."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb, swap_exact_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float, float, float]


def step(state: State, i: int, s: int, x: Floats, period: int, cmo_period: int) -> tuple[State, float]:
    """An EMA whose share is scaled by the size of Chande's momentum oscillator, from running sums."""
    average, gains, gains_carry, losses, losses_carry, count = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 0.0), NAN
    if count == 0.0:
        return (value, 0.0, 0.0, 0.0, 0.0, 1.0), NAN
    change = value - x[i - 1, s]
    up = change if change > 0.0 else 0.0
    down = -change if change < 0.0 else 0.0
    if count <= cmo_period:
        gains, gains_carry = add_exact_nb(gains, gains_carry, up)
        losses, losses_carry = add_exact_nb(losses, losses_carry, down)
        count += 1.0
        if count <= cmo_period:
            # the average starts from the value before its first bar
            return (value, gains, gains_carry, losses, losses_carry, count), NAN
    else:
        gone = x[i - cmo_period, s] - x[i - cmo_period - 1, s]
        gains, gains_carry = swap_exact_nb(gains, gains_carry, up, gone if gone > 0.0 else 0.0)
        losses, losses_carry = swap_exact_nb(losses, losses_carry, down, -gone if gone < 0.0 else 0.0)
    rise = gains + gains_carry
    fall = losses + losses_carry
    both = rise + fall
    strength = abs(rise - fall) / both if both > 0.0 else 0.0
    share = 2.0 / (period + 1) * (strength if strength < 1.0 else 1.0)
    average = share * value + (1.0 - share) * average
    return (average, gains, gains_carry, losses, losses_carry, count), average


FEATURE = Feature(
    Spec(
        name="vidya",
        summary="Chande's variable index dynamic average: an EMA with alpha = 2 / (period + 1) x |CMO| / 100; it keeps "
        "still where the series does.",
        inputs=("x",),
        params=(
            period(14, text="of the EMA"),
            period(9, low=2, name="cmo_period", text="window of the momentum oscillator"),
        ),
        warm_up="cmo_period bars",
        convention="Chande 1995 (CMO of plain sums), starting from the value before its first bar",
        source="Chande, Adapting Moving Averages to Market Volatility, Stocks & Commodities 10:3 (1992); "
        "Chande and Kroll, The New Technical Trader (1994)",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    lookback=lambda _period, cmo_period: cmo_period + 1,
    warm_up=lambda _period, cmo_period: cmo_period,
    scale=1,
    shift=True,
)
