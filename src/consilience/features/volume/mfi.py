"""Money flow index."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN, add_exact_nb, bare, swap_exact_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float, float, float]


@bare
def flows_nb(i: int, s: int, typical: Floats, volume: Floats) -> tuple[float, float]:
    """Worth of the bar's volume, as (on a rise, on a fall)."""
    price = typical[i, s]
    before = typical[i - 1, s]
    worth = price * volume[i, s]
    return worth if price > before else 0.0, worth if price < before else 0.0


def step(state: State, i: int, s: int, typical: Floats, volume: Floats, period: int) -> tuple[State, float]:
    """Compensated sums of the flows up and down; ``moved`` counts the bars with a flow, so that none means zero."""
    up, up_carry, down, down_carry, moved, count = state
    known = typical[i, s] + volume[i, s]
    if known != known:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 0.0), NAN
    if count == 0.0:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 1.0), NAN
    rise, fall = flows_nb(i, s, typical, volume)
    moved += 1.0 if rise + fall != 0.0 else 0.0
    if count > period:
        gone_rise, gone_fall = flows_nb(i - period, s, typical, volume)
        moved -= 1.0 if gone_rise + gone_fall != 0.0 else 0.0
        up, up_carry = swap_exact_nb(up, up_carry, rise, gone_rise)
        down, down_carry = swap_exact_nb(down, down_carry, fall, gone_fall)
    else:
        count += 1.0
        up, up_carry = add_exact_nb(up, up_carry, rise)
        down, down_carry = add_exact_nb(down, down_carry, fall)
        if count <= period:
            return (up, up_carry, down, down_carry, moved, count), NAN
    if moved == 0.0:
        return (0.0, 0.0, 0.0, 0.0, 0.0, count), 50.0
    rises = up + up_carry
    both = rises + (down + down_carry)
    share = rises / both if both > 0.0 else 0.5
    # rounding must not leave the range
    share = 0.0 if share < 0.0 else (1.0 if share > 1.0 else share)
    return (up, up_carry, down, down_carry, moved, count), 100.0 * share


FEATURE = Feature(
    Spec(
        name="mfi",
        summary="Money flow index, 0..100: share of typical price x volume on bars whose typical price rose, among "
        "those where it moved; 50 where nothing moved or traded (TA-Lib says 0).",
        inputs=("typical", "volume"),
        params=(period(14),),
        warm_up="period bars",
        convention="TA-Lib MFI",
        source="https://ta-lib.org/functions/mfi/",
        family="volume",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    lookback=lambda period: period + 1,
    warm_up=lambda period: period,
    scale=0,
)
