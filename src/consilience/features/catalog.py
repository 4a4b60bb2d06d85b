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
from consilience.features.flow.buy_pressure_ratio import FEATURE as BUY_PRESSURE_RATIO
from consilience.features.flow.level_flow import FEATURE as LEVEL_FLOW
from consilience.features.flow.micro_price import FEATURE as MICRO_PRICE
from consilience.features.flow.ofi_trend import FEATURE as OFI_TREND
from consilience.features.flow.ofi_window import FEATURE as OFI_WINDOW
from consilience.features.flow.order_flow_imbalance import FEATURE as ORDER_FLOW_IMBALANCE
from consilience.features.flow.quote_imbalance import FEATURE as QUOTE_IMBALANCE
from consilience.features.flow.spread import FEATURE as SPREAD
from consilience.features.flow.volume_bucket import FEATURE as VOLUME_BUCKET
from consilience.features.flow.vpin import FEATURE as VPIN
from consilience.features.momentum.apo import FEATURE as APO
from consilience.features.momentum.awesome import FEATURE as AWESOME
from consilience.features.momentum.cci import FEATURE as CCI
from consilience.features.momentum.cmo import FEATURE as CMO
from consilience.features.momentum.divergence import FEATURE as DIVERGENCE
from consilience.features.momentum.log_return import FEATURE as LOG_RETURN
from consilience.features.momentum.momentum import FEATURE as MOMENTUM
from consilience.features.momentum.multi_timeframe_rsi import FEATURE as MULTI_TIMEFRAME_RSI
from consilience.features.momentum.ppo import FEATURE as PPO
from consilience.features.momentum.roc import FEATURE as ROC
from consilience.features.momentum.rsi import FEATURE as RSI
from consilience.features.momentum.stochastic import FEATURE as STOCHASTIC
from consilience.features.momentum.stochastic_rsi import FEATURE as STOCHASTIC_RSI
from consilience.features.momentum.trix import FEATURE as TRIX
from consilience.features.momentum.tsi import FEATURE as TSI
from consilience.features.momentum.ultimate_oscillator import FEATURE as ULTIMATE_OSCILLATOR
from consilience.features.momentum.williams_r import FEATURE as WILLIAMS_R
from consilience.features.regime.gmm_regime import FEATURE as GMM_REGIME
from consilience.features.regime.hmm_regime import FEATURE as HMM_REGIME
from consilience.features.regime.regime_density import FEATURE as REGIME_DENSITY
from consilience.features.regime.regime_filter import FEATURE as REGIME_FILTER
from consilience.features.regime.regime_parameters import FEATURE as REGIME_PARAMETERS
from consilience.features.regime.rule_regime import FEATURE as RULE_REGIME
from consilience.features.regime.trend_regime import FEATURE as TREND_REGIME
from consilience.features.rolling.changed import FEATURE as CHANGED
from consilience.features.rolling.crosses_above import FEATURE as CROSSES_ABOVE
from consilience.features.rolling.crosses_below import FEATURE as CROSSES_BELOW
from consilience.features.rolling.cumulative_sum import FEATURE as CUMULATIVE_SUM
from consilience.features.rolling.highest import FEATURE as HIGHEST
from consilience.features.rolling.lag import FEATURE as LAG
from consilience.features.rolling.last import FEATURE as LAST
from consilience.features.rolling.lowest import FEATURE as LOWEST
from consilience.features.rolling.percent_rank import FEATURE as PERCENT_RANK
from consilience.features.rolling.rolling_sum import FEATURE as ROLLING_SUM
from consilience.features.rolling.rolling_zscore import FEATURE as ROLLING_ZSCORE
from consilience.features.rolling.span_sum import FEATURE as SPAN_SUM
from consilience.features.rolling.time_window_sum import FEATURE as TIME_WINDOW_SUM
from consilience.features.structure.consolidation import FEATURE as CONSOLIDATION
from consilience.features.structure.dark_cloud_cover import FEATURE as DARK_CLOUD_COVER
from consilience.features.structure.doji import FEATURE as DOJI
from consilience.features.structure.engulfing import FEATURE as ENGULFING
from consilience.features.structure.evening_star import FEATURE as EVENING_STAR
from consilience.features.structure.fibonacci_confluence import FEATURE as FIBONACCI_CONFLUENCE
from consilience.features.structure.fibonacci_distance import FEATURE as FIBONACCI_DISTANCE
from consilience.features.structure.fibonacci_expansion import FEATURE as FIBONACCI_EXPANSION
from consilience.features.structure.fibonacci_extension import FEATURE as FIBONACCI_EXTENSION
from consilience.features.structure.fibonacci_retracement import FEATURE as FIBONACCI_RETRACEMENT
from consilience.features.structure.hammer import FEATURE as HAMMER
from consilience.features.structure.hanging_man import FEATURE as HANGING_MAN
from consilience.features.structure.harami import FEATURE as HARAMI
from consilience.features.structure.inverted_hammer import FEATURE as INVERTED_HAMMER
from consilience.features.structure.leg_expansion import FEATURE as LEG_EXPANSION
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
from consilience.features.trend.alma import FEATURE as ALMA
from consilience.features.trend.aroon import FEATURE as AROON
from consilience.features.trend.dema import FEATURE as DEMA
from consilience.features.trend.dmi_strength import FEATURE as DMI_STRENGTH
from consilience.features.trend.donchian import FEATURE as DONCHIAN
from consilience.features.trend.ema import FEATURE as EMA
from consilience.features.trend.hma import FEATURE as HMA
from consilience.features.trend.ichimoku import FEATURE as ICHIMOKU
from consilience.features.trend.kama import FEATURE as KAMA
from consilience.features.trend.linear_regression import FEATURE as LINEAR_REGRESSION
from consilience.features.trend.macd import FEATURE as MACD
from consilience.features.trend.midpoint import FEATURE as MIDPOINT
from consilience.features.trend.midprice import FEATURE as MIDPRICE
from consilience.features.trend.multi_timeframe_supertrend import FEATURE as MULTI_TIMEFRAME_SUPERTREND
from consilience.features.trend.parabolic_sar import FEATURE as PARABOLIC_SAR
from consilience.features.trend.ribbon_alignment import FEATURE as RIBBON_ALIGNMENT
from consilience.features.trend.rma import FEATURE as RMA
from consilience.features.trend.sma import FEATURE as SMA
from consilience.features.trend.supertrend import FEATURE as SUPERTREND
from consilience.features.trend.t3 import FEATURE as T3
from consilience.features.trend.tema import FEATURE as TEMA
from consilience.features.trend.trima import FEATURE as TRIMA
from consilience.features.trend.vidya import FEATURE as VIDYA
from consilience.features.trend.vortex import FEATURE as VORTEX
from consilience.features.trend.wma import FEATURE as WMA
from consilience.features.volatility.atr import FEATURE as ATR
from consilience.features.volatility.atr_percentile import FEATURE as ATR_PERCENTILE
from consilience.features.volatility.bandwidth import FEATURE as BANDWIDTH
from consilience.features.volatility.bollinger import FEATURE as BOLLINGER
from consilience.features.volatility.bollinger_squeeze import FEATURE as BOLLINGER_SQUEEZE
from consilience.features.volatility.chaikin_volatility import FEATURE as CHAIKIN_VOLATILITY
from consilience.features.volatility.implied_realised_ratio import FEATURE as IMPLIED_REALISED_RATIO
from consilience.features.volatility.keltner import FEATURE as KELTNER
from consilience.features.volatility.mass_index import FEATURE as MASS_INDEX
from consilience.features.volatility.natr import FEATURE as NATR
from consilience.features.volatility.percent_b import FEATURE as PERCENT_B
from consilience.features.volatility.realised_volatility import FEATURE as REALISED_VOLATILITY
from consilience.features.volatility.rolling_std import FEATURE as ROLLING_STD
from consilience.features.volatility.rolling_variance import FEATURE as ROLLING_VARIANCE
from consilience.features.volatility.true_range import FEATURE as TRUE_RANGE
from consilience.features.volatility.ulcer_index import FEATURE as ULCER_INDEX
from consilience.features.volume.accumulation_distribution import FEATURE as ACCUMULATION_DISTRIBUTION
from consilience.features.volume.anchored_vwap import FEATURE as ANCHORED_VWAP
from consilience.features.volume.chaikin_money_flow import FEATURE as CHAIKIN_MONEY_FLOW
from consilience.features.volume.chaikin_oscillator import FEATURE as CHAIKIN_OSCILLATOR
from consilience.features.volume.ease_of_movement import FEATURE as EASE_OF_MOVEMENT
from consilience.features.volume.force_index import FEATURE as FORCE_INDEX
from consilience.features.volume.klinger_oscillator import FEATURE as KLINGER_OSCILLATOR
from consilience.features.volume.mfi import FEATURE as MFI
from consilience.features.volume.money_flow_volume import FEATURE as MONEY_FLOW_VOLUME
from consilience.features.volume.obv import FEATURE as OBV
from consilience.features.volume.price_volume_trend import FEATURE as PRICE_VOLUME_TREND
from consilience.features.volume.smart_money import FEATURE as SMART_MONEY
from consilience.features.volume.volume_at_price import FEATURE as VOLUME_AT_PRICE
from consilience.features.volume.volume_distribution import FEATURE as VOLUME_DISTRIBUTION
from consilience.features.volume.volume_index import FEATURE as VOLUME_INDEX
from consilience.features.volume.volume_profile import FEATURE as VOLUME_PROFILE
from consilience.features.volume.volume_surge import FEATURE as VOLUME_SURGE
from consilience.features.volume.vwap import FEATURE as VWAP
from consilience.features.volume.vwap_bands import FEATURE as VWAP_BANDS
from consilience.features.volume.vwap_levels import FEATURE as VWAP_LEVELS
from consilience.features.volume.vwma import FEATURE as VWMA

FEATURES: dict[str, Feature] = {f.name: f for f in elementwise.FEATURES}
FEATURES.update({f.name: f for f in tuple(globals().values()) if isinstance(f, Feature)})


def feature(name: str) -> Feature:
    """The feature called ``name``. Raises StrategyError with the nearest name otherwise."""
    found = FEATURES.get(name)
    if found is None:
        near = nearest(name, FEATURES)
        raise StrategyError(f"there is no feature '{name}'" + (f"; did you mean '{near}'?" if near else ""))
    return found
