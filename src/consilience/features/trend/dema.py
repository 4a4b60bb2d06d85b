"""Double exponential moving average."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int) -> Any:
    """Twice the average, less the average of the average."""
    once = ta.ema(x, period)
    return 2.0 * once - ta.ema(once, period)


FEATURE = Feature(
    Spec(
        name="dema",
        summary="Double exponential moving average: 2 EMA - EMA(EMA), with less lag than either.",
        inputs=("x",),
        params=(period(20),),
        warm_up="2 (period - 1) bars",
        convention="Mulloy; TA-Lib DEMA",
        source="https://ta-lib.org/functions/dema/",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
