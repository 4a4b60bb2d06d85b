"""Volume signed by where the bar closed."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Floats, NanRule


def step(i: int, s: int, high: Floats, low: Floats, close: Floats, volume: Floats) -> float:
    """Volume times the place of the close within the bar, -1 at the low and 1 at the high."""
    h = high[i, s]
    l = low[i, s]  # noqa: E741  (high, low, close in their usual letters)
    c = close[i, s]
    v = volume[i, s]
    span = h - l
    if span > 0.0:
        return float(v * (((c - l) - (h - c)) / span))
    # a bar without a range says nothing, and NaN must stay
    return float(0.0 * (v + c + span))


FEATURE = Feature(
    Spec(
        name="money_flow_volume",
        summary="Volume x ((close - low) - (high - close)) / (high - low): all of it at the high, minus all of it at "
        "the low; 0 for a bar without a range.",
        inputs=("high", "low", "close", "volume"),
        warm_up="none",
        nan_rule="NaN in gives NaN out for that bar alone",
        convention="Chaikin; the term that TA-Lib AD sums",
        source="https://ta-lib.org/functions/ad/",
        family="volume",
    ),
    step,
    nan=NanRule.POINT,
    scale=1,
)
