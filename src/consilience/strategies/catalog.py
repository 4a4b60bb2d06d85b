"""The strategy catalogue. A new strategy is one file and one line here."""

from __future__ import annotations

from consilience.core.errors import NotFound
from consilience.strategies.atr_trailing import AtrTrailing
from consilience.strategies.base import Strategy
from consilience.strategies.bollinger_mean_reversion import BollingerMeanReversion
from consilience.strategies.donchian_breakout import DonchianBreakout
from consilience.strategies.fibonacci_confluence_momentum import FibonacciConfluenceMomentum
from consilience.strategies.gap import Gap
from consilience.strategies.macd_cross import MacdCross
from consilience.strategies.momentum_breakout import MomentumBreakout
from consilience.strategies.moving_average_cross import MovingAverageCross
from consilience.strategies.multi_timeframe import MultiTimeframe
from consilience.strategies.opening_range_breakout import OpeningRangeBreakout
from consilience.strategies.parabolic_sar import ParabolicSar
from consilience.strategies.rsi_mean_reversion import RsiMeanReversion
from consilience.strategies.supertrend import Supertrend
from consilience.strategies.trend_following import TrendFollowing
from consilience.strategies.volatility_breakout import VolatilityBreakout
from consilience.strategies.voting import Voting
from consilience.strategies.weighted import Weighted
from consilience.strategies.zscore_reversion import ZscoreReversion

STRATEGIES: dict[str, type[Strategy]] = {
    strategy.strategy_name(): strategy
    for strategy in (
        MovingAverageCross,
        MacdCross,
        RsiMeanReversion,
        BollingerMeanReversion,
        MomentumBreakout,
        TrendFollowing,
        DonchianBreakout,
        VolatilityBreakout,
        AtrTrailing,
        ParabolicSar,
        Supertrend,
        FibonacciConfluenceMomentum,
        Gap,
        OpeningRangeBreakout,
        ZscoreReversion,
        Voting,
        Weighted,
        MultiTimeframe,
    )
}


def find_strategy(name: str) -> type[Strategy]:
    """The catalogued strategy ``name``. Raises NotFound with the nearest name."""
    try:
        return STRATEGIES[name]
    except KeyError:
        raise NotFound.named("strategy", name, STRATEGIES) from None
