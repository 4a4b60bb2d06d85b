"""``RiskSettings`` as the kernels read them: one record of integers in parts per million, 0 for no limit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

import numpy as np

from consilience.core.panel import Records
from consilience.core.units import MILLION
from consilience.risk.settings import METHODS, RiskSettings

SECOND = 1_000_000_000
HISTORICAL, PARAMETRIC, FILTERED = (METHODS.index(name) for name in METHODS)
# field of the record: setting, all shares as parts per million
SHARES: Mapping[str, str] = {
    "risk_per_trade_ppm": "risk_per_trade",
    "max_position_ppm": "max_position",
    "max_symbol_ppm": "max_symbol",
    "max_gross_ppm": "max_gross",
    "max_net_ppm": "max_net",
    "max_sector_ppm": "max_sector",
    "max_heat_ppm": "max_heat",
    "max_volume_ppm": "max_volume_share",
    "leverage_ppm": "leverage",
    "leverage_confident_ppm": "leverage_confident",
    "max_zero_dte_ppm": "max_zero_dte",
    "max_drawdown_ppm": "max_drawdown",
    "halt_drawdown_ppm": "halt_drawdown",
    "max_daily_loss_ppm": "max_daily_loss",
    "halt_daily_loss_ppm": "halt_daily_loss",
    "max_var_ppm": "max_var",
    "max_shortfall_ppm": "max_shortfall",
    "max_slippage_ppm": "max_slippage",
}
PLAIN = (
    "max_positions", "minimum_days", "halt_drawdown_level", "halt_daily_loss_level", "max_losses", "halt_losses",
    "halt_losses_level", "var_bars", "trading_hours", "skip_first_minutes", "skip_last_minutes", "order_rate",
)  # fmt: skip
FLOATS = ("max_correlation", "leverage_confidence", "atr_breaker", "vix", "var_decay")

LIMITS_DTYPE = np.dtype(
    [(name, "i8") for name in (*SHARES, *PLAIN)]
    + [
        ("order_window_ns", "i8"),
        ("duplicate_ns", "i8"),
        ("unknown_refuses", "i8"),
        ("var_method", "i8"),
        ("tail_ppm", "i8"),  # 1 - var_level
        ("overridden", "i8"),  # bits by place in ``risk.catalog.FULL_RULES``: rules that a person has set aside
    ]
    + [(name, "f8") for name in FLOATS]
    + [("tail_z", "f8"), ("tail_density", "f8")],  # of the normal distribution at var_level
    align=True,
)


def parts_per_million(value: float) -> int:
    """``value`` as a person wrote it, in millionths, half to even."""
    return round(Decimal(str(value)) * MILLION)


def normal_quantile(tail: float) -> float:
    """z with probability ``tail`` above it, 0 < tail <= 0.5, to the last bits; by bisection of ``erfc``."""
    low, high = 0.0, 40.0
    for _ in range(120):
        middle = 0.5 * (low + high)
        if 0.5 * math.erfc(middle / math.sqrt(2.0)) > tail:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def limits_record(settings: RiskSettings) -> Records:
    """LIMITS_DTYPE [1] of ``settings``; no rule is overridden."""
    limits = np.zeros(1, LIMITS_DTYPE)
    for name, setting in SHARES.items():
        limits[name] = parts_per_million(getattr(settings, setting))
    for name in (*PLAIN, *FLOATS):
        limits[name] = getattr(settings, name)
    limits["order_window_ns"] = round(settings.order_window_seconds * SECOND)
    limits["duplicate_ns"] = round(settings.duplicate_seconds * SECOND)
    limits["unknown_refuses"] = int(settings.when_unknown == "refuse")
    limits["var_method"] = METHODS.index(settings.var_method)
    tail = MILLION - parts_per_million(settings.var_level)
    z = normal_quantile(tail / MILLION)
    limits["tail_ppm"] = tail
    limits["tail_z"] = z
    limits["tail_density"] = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return limits
