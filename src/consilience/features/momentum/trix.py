"""Rate of change of a triple average."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int, signal: int) -> Any:
    """One bar's change of an average of an average of an average, in percent."""
    line = ta.roc(ta.ema(ta.ema(ta.ema(x, period), period), period), 1)
    return line, ta.ema(line, signal)


FEATURE = Feature(
    Spec(
        name="trix",
        summary="Change of a triple EMA in percent a bar, with a signal EMA.",
        inputs=("x",),
        params=(period(15), period(9, name="signal")),
        outputs=("trix", "signal"),
        warm_up="3 (period - 1) + 1 bars for trix, signal - 1 more for signal",
        convention="Hutson; TA-Lib TRIX",
        source="https://ta-lib.org/functions/trix/",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
