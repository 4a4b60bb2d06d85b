"""Every feature of the house, one line each."""

from __future__ import annotations

from consilience.core.errors import StrategyError, nearest
from consilience.features import elementwise
from consilience.features.feature import Feature
from consilience.features.rolling import crosses_above, crosses_below
from consilience.features.trend import ema, sma

_MODULES = (
    crosses_above,
    crosses_below,
    ema,
    sma,
)

FEATURES: dict[str, Feature] = {f.name: f for f in (*elementwise.FEATURES, *(m.FEATURE for m in _MODULES))}


def feature(name: str) -> Feature:
    """The feature called ``name``. Raises StrategyError with the nearest name otherwise."""
    found = FEATURES.get(name)
    if found is None:
        near = nearest(name, FEATURES)
        raise StrategyError(f"there is no feature '{name}'" + (f"; did you mean '{near}'?" if near else ""))
    return found
