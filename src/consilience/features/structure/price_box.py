"""The run of bars that a given range holds."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, NanRule, period

State = tuple[float, float, float]
Three = tuple[float, float, float]


def step(state: State, i: int, s: int, high: Floats, low: Floats, reach: Floats, longest: int) -> tuple[State, Three]:
    """Widen the box by the new bar; where it grew too tall, start again from the newest bars that fit."""
    top, bottom, bars = state
    h = high[i, s]
    l = low[i, s]  # noqa: E741  (high, low in their usual letters)
    most = reach[i, s]
    known = (h + l) + most
    if known != known:
        return (NAN, NAN, 0.0), (NAN, NAN, NAN)
    if bars == 0.0:
        top, bottom = h, l
    wide_top = h if h > top else top
    wide_bottom = l if l < bottom else bottom
    if wide_top - wide_bottom <= most:
        return (wide_top, wide_bottom, bars + 1.0), (bars + 1.0, wide_top, wide_bottom)
    top, bottom = h, l
    if h - l > most:
        return (h, l, 0.0), (0.0, h, l)
    count = 1.0
    for k in range(1, (int(bars) if bars < longest else longest) + 1):
        h = high[i - k, s]
        l = low[i - k, s]  # noqa: E741
        wide_top = h if h > top else top
        wide_bottom = l if l < bottom else bottom
        if wide_top - wide_bottom > most:
            break
        top, bottom = wide_top, wide_bottom
        count += 1.0
    return (top, bottom, count), (count, top, bottom)


FEATURE = Feature(
    Spec(
        name="price_box",
        summary="Bars in a row, this one last, whose highs and lows all lie within a box of height `reach`, and the "
        "box they fill. A bar that does not fit drops the oldest ones until it does; alone too tall it counts 0 and "
        "the box is the bar. Bars that were dropped stay out when `reach` grows.",
        inputs=("high", "low", "reach"),
        params=(period(250, high=5000, name="longest", text="most bars that are kept when old ones are dropped"),),
        outputs=("bars", "top", "bottom"),
        warm_up="none beyond its inputs",
        convention="a sliding window that grows by one bar and shrinks from its oldest end",
        source="Darvas, How I Made 2,000,000 Dollars in the Stock Market (1960): the box; the height is ours",
        family="structure",
    ),
    step,
    initial=(NAN, NAN, 0.0),
    lookback=lambda longest: longest,
    nan=NanRule.RESTART,
)
