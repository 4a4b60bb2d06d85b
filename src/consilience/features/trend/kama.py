"""Kaufman's adaptive moving average."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb, swap_exact_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float]


def step(state: State, i: int, s: int, x: Floats, period: int, fast: int, slow: int) -> tuple[State, float]:
    """The share of the newest value is the square of a blend of two EMA shares by how straight the window went."""
    average, noise, carry, count = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0, 0.0, 0.0), NAN
    if count == 0.0:
        return (value, 0.0, 0.0, 1.0), NAN
    entering = abs(value - x[i - 1, s])
    if count <= period:
        noise, carry = add_exact_nb(noise, carry, entering)
        count += 1.0
        if count <= period:
            return (value, noise, carry, count), NAN  # the average starts from the value before its first bar
    else:
        noise, carry = swap_exact_nb(noise, carry, entering, abs(x[i - period, s] - x[i - period - 1, s]))
    way = abs(value - x[i - period, s])
    path = noise + carry
    straight = 1.0 if path <= way else way / path
    quick = 2.0 / (fast + 1)
    calm = 2.0 / (slow + 1)
    root = straight * (quick - calm) + calm
    share = root * root
    average = share * value + (1.0 - share) * average
    return (average, noise, carry, count), average


FEATURE = Feature(
    Spec(
        name="kama",
        summary="Kaufman's adaptive average: quick where the series goes straight, slow where it is noise.",
        inputs=("x",),
        params=(
            period(10, low=2, text="window of the efficiency ratio"),
            period(2, name="fast", text="EMA length in a straight move"),
            period(30, name="slow", text="EMA length in noise"),
        ),
        warm_up="period bars",
        convention="TA-Lib KAMA (fast 2, slow 30), starting from the value before its first bar",
        source="Kaufman, Smarter Trading (1995); https://ta-lib.org/functions/kama/",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0),
    lookback=lambda period, _fast, _slow: period + 1,
    warm_up=lambda period, _fast, _slow: period,
    check=lambda _period, fast, slow: None if fast <= slow else f"fast={fast} must not be above slow={slow}",
    scale=1,
    shift=True,
)
