"""Moving average convergence and divergence."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float]
Three = tuple[float, float, float]


def step(state: State, i: int, s: int, x: Floats, fast: int, slow: int, signal: int) -> tuple[State, Three]:
    """Both averages are seeded by plain averages that end on bar ``slow``, as TA-Lib does."""
    quick, long, smooth, count = state
    value = x[i, s]
    if value != value:
        return (0.0, 0.0, 0.0, 0.0), (NAN, NAN, NAN)
    alpha_fast = 2.0 / (fast + 1)
    alpha_slow = 2.0 / (slow + 1)
    alpha_signal = 2.0 / (signal + 1)
    ready = slow + signal - 1
    if count >= ready:
        quick = alpha_fast * value + (1.0 - alpha_fast) * quick
        long = alpha_slow * value + (1.0 - alpha_slow) * long
        line = quick - long
        smooth = alpha_signal * line + (1.0 - alpha_signal) * smooth
        return (quick, long, smooth, count), (line, smooth, line - smooth)
    count += 1.0
    if count <= slow:
        long += value
        if count > slow - fast:
            quick += value
        if count < slow:
            return (quick, long, smooth, count), (NAN, NAN, NAN)
        quick = quick / fast
        long = long / slow
    else:
        quick = alpha_fast * value + (1.0 - alpha_fast) * quick
        long = alpha_slow * value + (1.0 - alpha_slow) * long
    line = quick - long
    smooth += line
    if count < ready:
        return (quick, long, smooth, count), (NAN, NAN, NAN)
    smooth = smooth / signal
    return (quick, long, smooth, count), (line, smooth, line - smooth)


FEATURE = Feature(
    Spec(
        name="macd",
        summary="MACD: fast EMA minus slow EMA, its signal EMA, and their difference.",
        inputs=("x",),
        params=(period(12, low=2, name="fast"), period(26, low=2, name="slow"), period(9, name="signal")),
        outputs=("macd", "signal", "histogram"),
        warm_up="slow + signal - 2 bars, all outputs",
        convention="TA-Lib MACD",
        source="https://ta-lib.org/functions/macd/",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0),
    warm_up=lambda _fast, slow, signal: slow + signal - 2,
    check=lambda fast, slow, _signal: None if fast < slow else f"fast={fast} must be below slow={slow}",
    scale=1,
    shift=False,
)
