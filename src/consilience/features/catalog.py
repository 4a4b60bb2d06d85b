"""Every feature of the house, one line each."""

from __future__ import annotations

from consilience.core.errors import StrategyError, nearest
from consilience.features import elementwise
from consilience.features.feature import Feature
from consilience.features.cross.group_mean import FEATURE as group_mean
from consilience.features.cross.group_rank import FEATURE as group_rank
from consilience.features.cross.rank import FEATURE as rank
from consilience.features.cross.zscore_cross import FEATURE as zscore_cross
from consilience.features.momentum.log_return import FEATURE as log_return
from consilience.features.momentum.roc import FEATURE as roc
from consilience.features.momentum.rsi import FEATURE as rsi
from consilience.features.rolling.crosses_above import FEATURE as crosses_above
from consilience.features.rolling.crosses_below import FEATURE as crosses_below
from consilience.features.rolling.highest import FEATURE as highest
from consilience.features.rolling.lag import FEATURE as lag
from consilience.features.rolling.last import FEATURE as last
from consilience.features.rolling.lowest import FEATURE as lowest
from consilience.features.rolling.rolling_sum import FEATURE as rolling_sum
from consilience.features.trend.adx import FEATURE as adx
from consilience.features.trend.ema import FEATURE as ema
from consilience.features.trend.macd import FEATURE as macd
from consilience.features.trend.sma import FEATURE as sma
from consilience.features.trend.wma import FEATURE as wma
from consilience.features.volatility.atr import FEATURE as atr
from consilience.features.volatility.bollinger import FEATURE as bollinger
from consilience.features.volatility.rolling_std import FEATURE as rolling_std
from consilience.features.volatility.true_range import FEATURE as true_range
from consilience.features.volume.obv import FEATURE as obv
from consilience.features.volume.vwap import FEATURE as vwap

_LISTED = (
    adx,
    atr,
    bollinger,
    crosses_above,
    crosses_below,
    ema,
    group_mean,
    group_rank,
    highest,
    lag,
    last,
    log_return,
    lowest,
    macd,
    obv,
    rank,
    roc,
    rolling_std,
    rolling_sum,
    rsi,
    sma,
    true_range,
    vwap,
    wma,
    zscore_cross,
)

FEATURES: dict[str, Feature] = {f.name: f for f in (*elementwise.FEATURES, *_LISTED)}


def feature(name: str) -> Feature:
    """The feature called ``name``. Raises StrategyError with the nearest name otherwise."""
    found = FEATURES.get(name)
    if found is None:
        near = nearest(name, FEATURES)
        raise StrategyError(f"there is no feature '{name}'" + (f"; did you mean '{near}'?" if near else ""))
    return found
