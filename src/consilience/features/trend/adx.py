"""Average directional movement index and its two directional indicators."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.arithmetic import NAN
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float, float, float, float, float]
Three = tuple[float, float, float]


def step(state: State, i: int, s: int, high: Floats, low: Floats, close: Floats, period: int) -> tuple[State, Three]:
    """Wilder sums of the directional moves and of the true range; the index is the Wilder average of their spread."""
    before_high, before_low, before_close, plus, minus, span, index, count = state
    h = high[i, s]
    l = low[i, s]  # noqa: E741  (high, low, close in their usual letters)
    c = close[i, s]
    known = (h + l) + c
    if known != known:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (NAN, NAN, NAN)
    if count == 0.0:
        return (h, l, c, 0.0, 0.0, 0.0, 0.0, 1.0), (NAN, NAN, NAN)
    up = h - before_high
    down = before_low - l
    plus_move = up if up > 0.0 and up > down else 0.0
    minus_move = down if down > 0.0 and down > up else 0.0
    # the true range is the span of this bar and the previous close together
    top = h if h > before_close else before_close
    bottom = l if l < before_close else before_close
    if count < period:
        plus += plus_move
        minus += minus_move
        span += top - bottom
        return (h, l, c, plus, minus, span, 0.0, count + 1.0), (NAN, NAN, NAN)
    plus = plus - plus / period + plus_move
    minus = minus - minus / period + minus_move
    span = span - span / period + (top - bottom)
    if span > 0.0:
        plus_di = 100.0 * (plus / span)
        minus_di = 100.0 * (minus / span)
    else:
        plus_di = 0.0
        minus_di = 0.0
    both = plus_di + minus_di
    ready = 2.0 * period
    if count < ready:
        count += 1.0
        if both > 0.0:
            index += 100.0 * abs(minus_di - plus_di) / both
        if count < ready:
            return (h, l, c, plus, minus, span, index, count), (NAN, plus_di, minus_di)
        index = index / period
    elif both > 0.0:
        index = (index * (period - 1) + 100.0 * abs(minus_di - plus_di) / both) / period
    return (h, l, c, plus, minus, span, index, count), (index, plus_di, minus_di)


FEATURE = Feature(
    Spec(
        name="adx",
        summary="Trend strength 0..100 and the directional indicators of up and down moves; 0 where nothing moved.",
        inputs=("high", "low", "close"),
        params=(period(14, low=2),),
        outputs=("adx", "plus_di", "minus_di"),
        warm_up="2 period - 1 bars for adx, period bars for plus_di and minus_di",
        convention="TA-Lib ADX, PLUS_DI, MINUS_DI (Wilder)",
        source="Wilder, New Concepts in Technical Trading Systems (1978); https://ta-lib.org/functions/adx/",
        family="trend",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    warm_up=lambda period: (2 * period - 1, period, period),
    scale=0,
    shift=False,
)
