"""Every feature of the house, one import line each."""

# ruff: noqa: F401  (the import is the listing)

from __future__ import annotations

from consilience.core.errors import StrategyError, nearest
from consilience.features import elementwise
from consilience.features.composite.calibration import FEATURE as CALIBRATION
from consilience.features.composite.efficiency_ratio import FEATURE as EFFICIENCY_RATIO
from consilience.features.composite.exit_frequency import FEATURE as EXIT_FREQUENCY
from consilience.features.composite.market_structure_index import FEATURE as MARKET_STRUCTURE_INDEX
from consilience.features.composite.momentum_convergence import FEATURE as MOMENTUM_CONVERGENCE
from consilience.features.composite.quantile_bucket import FEATURE as QUANTILE_BUCKET
from consilience.features.composite.range_exit import FEATURE as RANGE_EXIT
from consilience.features.composite.session_moves import FEATURE as SESSION_MOVES
from consilience.features.composite.smart_money_balance import FEATURE as SMART_MONEY_BALANCE
from consilience.features.composite.smart_money_index import FEATURE as SMART_MONEY_INDEX
from consilience.features.composite.value_when import FEATURE as VALUE_WHEN
from consilience.features.composite.volatility_breakout import FEATURE as VOLATILITY_BREAKOUT
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
from consilience.features.structure.consolidation import FEATURE as CONSOLIDATION
from consilience.features.structure.dark_cloud_cover import FEATURE as DARK_CLOUD_COVER
from consilience.features.structure.doji import FEATURE as DOJI
from consilience.features.structure.engulfing import FEATURE as ENGULFING
from consilience.features.structure.evening_star import FEATURE as EVENING_STAR
from consilience.features.structure.fibonacci_confluence import FEATURE as FIBONACCI_CONFLUENCE
from consilience.features.structure.fibonacci_distance import FEATURE as FIBONACCI_DISTANCE
from consilience.features.structure.fibonacci_extension import FEATURE as FIBONACCI_EXTENSION
from consilience.features.structure.fibonacci_retracement import FEATURE as FIBONACCI_RETRACEMENT
from consilience.features.structure.hammer import FEATURE as HAMMER
from consilience.features.structure.hanging_man import FEATURE as HANGING_MAN
from consilience.features.structure.harami import FEATURE as HARAMI
from consilience.features.structure.inverted_hammer import FEATURE as INVERTED_HAMMER
from consilience.features.structure.level_cluster import FEATURE as LEVEL_CLUSTER
from consilience.features.structure.level_distance import FEATURE as LEVEL_DISTANCE
from consilience.features.structure.lowest_since import FEATURE as LOWEST_SINCE
from consilience.features.structure.market_structure import FEATURE as MARKET_STRUCTURE
from consilience.features.structure.morning_star import FEATURE as MORNING_STAR
from consilience.features.structure.piercing_line import FEATURE as PIERCING_LINE
from consilience.features.structure.pivot_high import FEATURE as PIVOT_HIGH
from consilience.features.structure.pivot_low import FEATURE as PIVOT_LOW
from consilience.features.structure.price_box import FEATURE as PRICE_BOX
from consilience.features.structure.shooting_star import FEATURE as SHOOTING_STAR
from consilience.features.structure.support_resistance import FEATURE as SUPPORT_RESISTANCE
from consilience.features.structure.swing import FEATURE as SWING
from consilience.features.structure.swing_sequence import FEATURE as SWING_SEQUENCE
from consilience.features.structure.three_black_crows import FEATURE as THREE_BLACK_CROWS
from consilience.features.structure.three_white_soldiers import FEATURE as THREE_WHITE_SOLDIERS
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
