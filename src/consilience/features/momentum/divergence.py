"""Divergence between a price and an oscillator at their swing pivots."""

from __future__ import annotations

from consilience.core.spec import ParamSpec, Spec
from consilience.features.arithmetic import NAN
from consilience.features.extremes import highest_nb, lowest_nb
from consilience.features.feature import Feature, Floats, period

State = tuple[float, float, float, float, float, float, float, float, float, float, float]
Four = tuple[float, float, float, float]

_OSCILLATOR = 0  # position of the choice


def step(state: State, i: int, s: int, price: Floats, oscillator: Floats, *settings: int) -> tuple[State, Four]:
    """A pivot is the extreme of its window when it is ``right`` bars old: known now, compared with the one before."""
    left, right, max_bars, pivots = settings
    low, low_age, high, high_age, count, low_price, low_value, low_since, high_price, high_value, high_since = state
    known = price[i, s] + oscillator[i, s]
    if known != known:
        return (0.0, 0.0, 0.0, 0.0, 0.0, NAN, NAN, NAN, NAN, NAN, NAN), (NAN, NAN, NAN, NAN)
    bars = left + right + 1
    if pivots == _OSCILLATOR:
        low, low_age = lowest_nb((low, low_age), count, oscillator, i, s, bars)
        high, high_age = highest_nb((high, high_age), count, oscillator, i, s, bars)
    else:
        low, low_age = lowest_nb((low, low_age), count, price, i, s, bars)
        high, high_age = highest_nb((high, high_age), count, price, i, s, bars)
    if count < bars:
        count += 1.0
        if count < bars:
            new = (low, low_age, high, high_age, count, NAN, NAN, NAN, NAN, NAN, NAN)
            return new, (NAN, NAN, NAN, NAN)
    bullish, bearish, hidden_bullish, hidden_bearish = 0.0, 0.0, 0.0, 0.0
    low_since += 1.0
    high_since += 1.0
    then_price = price[i - right, s]
    then_value = oscillator[i - right, s]
    if low_age == right:
        if low_since <= max_bars:
            bullish = 1.0 if then_price < low_price and then_value > low_value else 0.0
            hidden_bullish = 1.0 if then_price > low_price and then_value < low_value else 0.0
        low_price, low_value, low_since = then_price, then_value, 0.0
    if high_age == right:
        if high_since <= max_bars:
            bearish = 1.0 if then_price > high_price and then_value < high_value else 0.0
            hidden_bearish = 1.0 if then_price < high_price and then_value > high_value else 0.0
        high_price, high_value, high_since = then_price, then_value, 0.0
    found = (bullish, bearish, hidden_bullish, hidden_bearish)
    new = (low, low_age, high, high_age, count, low_price, low_value, low_since, high_price, high_value, high_since)
    return new, found


FEATURE = Feature(
    Spec(
        name="divergence",
        summary="1 on the bar that confirms a divergence of the last two swing lows or highs, else 0. At lows: "
        "`bullish` is a lower price on a higher oscillator, `hidden_bullish` a higher price on a lower one; at highs: "
        "`bearish` is a higher price on a lower oscillator, `hidden_bearish` a lower price on a higher one. "
        "A swing low is not above the `left` values before it and below the `right` values after it, so it is known, "
        "and counts, `right` bars later.",
        inputs=("price", "oscillator"),
        params=(
            period(5, name="left", high=500),
            period(5, name="right", high=500, text="bars until a pivot is confirmed"),
            period(60, name="max_bars", text="most bars between the two pivots"),
            ParamSpec(
                "pivots",
                "oscillator",
                unit="choice",
                choices=("oscillator", "price"),
                text="the series whose swings are compared; the other is read on the same bars",
            ),
        ),
        outputs=("bullish", "bearish", "hidden_bullish", "hidden_bearish"),
        warm_up="left + right bars",
        convention="TradingView's divergence indicator (pivots of the oscillator); 'price' takes the price's swings",
        source="https://www.tradingview.com/support/solutions/43000589127/",
        family="momentum",
    ),
    step,
    initial=(0.0, 0.0, 0.0, 0.0, 0.0, NAN, NAN, NAN, NAN, NAN, NAN),
    lookback=lambda left, right, _max_bars, _pivots: left + right,
    warm_up=lambda left, right, _max_bars, _pivots: left + right,
    scale=0,
)
