"""Whether the oscillators agree."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period

MODERATE, STRONG = 0.5, 0.9
NEAREST = 1e-9  # no more than rounding, after a market has stopped


def compose(ta: Any, bar: Any, period: int) -> Any:
    """One vote for each side that an oscillator takes."""
    macd = ta.macd(bar.close)
    reach = NEAREST * abs(bar.close)
    sides = (
        (ta.rsi(bar.close, period) - 50.0, NEAREST),
        (macd.macd, reach),
        (macd.histogram, reach),
        (ta.roc(bar.close, period), NEAREST),
        (ta.stochastic(bar, period, 1, 1).k - 50.0, NEAREST),
    )
    votes = 0.0
    for value, border in sides:
        votes = votes + ((value > border) - (value < -border))
    alignment = abs(votes) / len(sides)
    return alignment, (alignment >= MODERATE) + (alignment >= STRONG), (votes > 0) - (votes < 0)


FEATURE = Feature(
    Spec(
        name="momentum_convergence",
        summary="Five oscillators vote 1 or -1 (0 on the border): RSI above or below 50, MACD (12, 26, 9) and its "
        "histogram against 0, rate of change against 0, the close against the middle of its range (stochastic 50). "
        "`alignment` is |sum| / 5, `strength` 0 WEAK below 0.5, 1 MODERATE below 0.9, 2 STRONG, `direction` 1 BULLISH, "
        "-1 BEARISH, 0 NEUTRAL.",
        inputs=("high", "low", "close"),
        params=(period(14, low=2, text="of RSI, rate of change and range"),),
        outputs=("alignment", "strength", "direction"),
        warm_up="the longer of 33 and period bars",
        convention="ours: equal votes",
        source="the formula above; oscillators: Wilder (1978), Appel (2005), Lane (1984)",
        family="composite",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
