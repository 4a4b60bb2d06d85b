"""Earlier values."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Floats, NanRule, period


def step(i: int, s: int, x: Floats, bars: int) -> float:
    """The shared history holds NaN before the first bar."""
    return float(x[i - bars, s])


FEATURE = Feature(
    Spec(
        name="lag",
        summary="The value `bars` valid bars ago.",
        inputs=("x",),
        params=(period(1, name="bars"),),
        warm_up="bars bars",
        nan_rule="NaN where the earlier value is NaN; the current one does not matter",
        convention="TradingView x[n], over valid bars",
        source="https://www.tradingview.com/pine-script-docs/language/operators/#-history-referencing-operator",
        family="rolling",
    ),
    step,
    lookback=lambda bars: bars,
    warm_up=lambda bars: bars,
    nan=NanRule.OWN,
    scale=1,
    shift=True,
)
