"""Every feature of the house, one import line each."""

# ruff: noqa: F401  (the import is the listing)

from __future__ import annotations

from consilience.core.errors import StrategyError, nearest
from consilience.features import elementwise
from consilience.features.cross.group_mean import FEATURE as GROUP_MEAN
from consilience.features.cross.group_rank import FEATURE as GROUP_RANK
from consilience.features.cross.rank import FEATURE as RANK
from consilience.features.cross.zscore_cross import FEATURE as ZSCORE_CROSS
from consilience.features.feature import Feature
from consilience.features.momentum.log_return import FEATURE as LOG_RETURN
from consilience.features.momentum.roc import FEATURE as ROC
from consilience.features.momentum.rsi import FEATURE as RSI
from consilience.features.rolling.crosses_above import FEATURE as CROSSES_ABOVE
from consilience.features.rolling.crosses_below import FEATURE as CROSSES_BELOW
from consilience.features.rolling.highest import FEATURE as HIGHEST
from consilience.features.rolling.lag import FEATURE as LAG
from consilience.features.rolling.last import FEATURE as LAST
from consilience.features.rolling.lowest import FEATURE as LOWEST
from consilience.features.rolling.rolling_sum import FEATURE as ROLLING_SUM
from consilience.features.trend.adx import FEATURE as ADX
from consilience.features.trend.ema import FEATURE as EMA
from consilience.features.trend.macd import FEATURE as MACD
from consilience.features.trend.sma import FEATURE as SMA
from consilience.features.trend.wma import FEATURE as WMA
from consilience.features.volatility.atr import FEATURE as ATR
from consilience.features.volatility.bollinger import FEATURE as BOLLINGER
from consilience.features.volatility.keltner import FEATURE as KELTNER
from consilience.features.volatility.rolling_std import FEATURE as ROLLING_STD
from consilience.features.volatility.true_range import FEATURE as TRUE_RANGE
from consilience.features.volume.obv import FEATURE as OBV
from consilience.features.volume.vwap import FEATURE as VWAP

FEATURES: dict[str, Feature] = {f.name: f for f in elementwise.FEATURES}
FEATURES.update({f.name: f for f in tuple(globals().values()) if isinstance(f, Feature)})


def feature(name: str) -> Feature:
    """The feature called ``name``. Raises StrategyError with the nearest name otherwise."""
    found = FEATURES.get(name)
    if found is None:
        near = nearest(name, FEATURES)
        raise StrategyError(f"there is no feature '{name}'" + (f"; did you mean '{near}'?" if near else ""))
    return found
