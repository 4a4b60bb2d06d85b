"""Ready limits: student, conservative, standard; and how a ``[risk]`` section is read on top of one.

Each number stands with its reason. They run on price bars and volume alone: limits that need more (VIX, sectors) are
off, since a limit whose input nobody feeds would pass everything or refuse everything. Switch them on with the feed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from consilience.core.errors import ConfigError, NotFound, nearest
from consilience.risk.settings import RiskSettings

# Founding document 001: $5,000, 2 % of equity risked per trade, 10 % per position, ten positions. 003: 0.5 % slippage.
# 004: drawdown 20 %, daily loss 10 %, five losses in a row, 3 ATR. The rest is ours.
STUDENT = RiskSettings(
    preset="student",
    risk_per_trade=0.02,  # 001
    max_position=0.1,  # 001
    max_symbol=0.1,  # two strategies may not double up where one may hold 10 %
    max_positions=10,  # 001
    max_gross=1.0,  # ten positions of 10 %: a cash account
    max_net=1.0,
    max_heat=0.1,  # five trades stopped at once cost what the day may
    max_correlation=0.8,  # ten names that move as one are one position
    max_volume_share=0.05,  # an order of that size seldom moves a price
    leverage=1.0,  # no borrowed money
    minimum_days=1,  # no zero-DTE: an option bought today must not be able to expire worthless today
    max_drawdown=0.15,  # a pause before 004's halt
    halt_drawdown=0.2,  # 004
    max_daily_loss=0.05,  # two and a half full losses
    halt_daily_loss=0.1,  # 004
    max_losses=4,  # a pause before 004's halt
    halt_losses=5,  # 004
    atr_breaker=3.0,  # 004
    max_slippage=0.005,  # 003
    order_rate=5,  # a person with ten positions needs no more in a second
    duplicate_seconds=5.0,
    trading_hours=True,
)
CONSERVATIVE = RiskSettings(
    preset="conservative",
    risk_per_trade=0.005,  # twenty losses in a row cost 10 %
    max_position=0.05,
    max_symbol=0.05,
    max_positions=20,
    max_gross=0.8,  # a fifth stays in cash
    max_net=0.6,
    max_heat=0.04,  # eight trades at their stop
    max_correlation=0.7,  # the universe's selection uses the same number
    max_volume_share=0.02,
    leverage=1.0,
    minimum_days=7,  # the last week is where an option's gamma is largest
    max_drawdown=0.08,
    halt_drawdown=0.1,  # half of 004's
    max_daily_loss=0.02,  # four full losses
    halt_daily_loss=0.03,
    max_losses=4,
    halt_losses=5,  # 004
    atr_breaker=3.0,  # 004
    max_var=0.02,  # as much as a day may lose
    max_shortfall=0.03,
    max_slippage=0.003,
    order_rate=5,
    duplicate_seconds=5.0,
    trading_hours=True,
    skip_first_minutes=5,  # spreads are widest at the open
    skip_last_minutes=5,
    when_unknown="refuse",  # what can't be measured is not entered
)
STANDARD = RiskSettings(
    preset="standard",
    risk_per_trade=0.01,  # the usual one per cent
    max_position=0.15,
    max_symbol=0.2,
    max_positions=30,
    max_gross=2.0,  # the initial margin of a United States margin account allows as much
    max_net=1.5,
    max_heat=0.1,  # ten trades at their stop cost what the day may
    max_correlation=0.9,
    max_volume_share=0.1,  # the venue model fills no more of a bar
    leverage=2.0,
    max_zero_dte=0.05,  # may all be lost in an hour, and the day goes on
    max_drawdown=0.15,
    halt_drawdown=0.2,  # 004
    max_daily_loss=0.06,
    halt_daily_loss=0.1,  # 004
    halt_losses=5,  # 004
    atr_breaker=3.0,  # 004
    max_var=0.05,
    max_shortfall=0.08,
    max_slippage=0.005,  # 003
    order_rate=20,
    duplicate_seconds=1.0,
)
PRESETS: Mapping[str, RiskSettings] = {one.preset: one for one in (STUDENT, CONSERVATIVE, STANDARD)}


def risk_settings(table: Mapping[str, Any]) -> RiskSettings:
    """The limits of a ``[risk]`` table: those of its ``preset``, where it names one, with its own on top.

    Raises NotFound for an unknown preset, ConfigError for an unknown limit, a wrong type, a value out of range or
    limits that contradict each other.
    """
    name = str(table.get("preset", ""))
    if name and name not in PRESETS:
        raise NotFound.named("risk preset", name, PRESETS)
    base = PRESETS.get(name, RiskSettings())
    known = RiskSettings.__struct_fields__
    for key in table:
        if key not in known:
            near = nearest(key, known)
            hint = f"; did you mean '{near}'?" if near else f"; limits are {', '.join(known[:8])}, ..."
            raise ConfigError(f"risk has no limit '{key}'{hint}")
    try:
        return msgspec.convert({**msgspec.to_builtins(base), **table}, RiskSettings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"risk: {error}") from error
