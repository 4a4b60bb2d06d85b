"""What stands beside a fused signal, in words: breadth, sector rotation, and the conditions of the market.

Document 000 wants the first and the volatility environment with each signal, document 002 adapts to the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import msgspec
import numpy as np

from consilience.core.codes import MarketRegime
from consilience.core.panel import Floats
from consilience.signals.fusion.conditions import BREADTH, CORRELATION, VOLATILITY

NAN = float("nan")
# Ours: thirds of the market's own history; and correlations of which diversification makes something, or little.
CALM, WILD = 1.0 / 3.0, 2.0 / 3.0
APART, TOGETHER = 0.3, 0.6


class Level(IntEnum):
    """LOW, MEDIUM or HIGH; UNKNOWN for NaN."""

    UNKNOWN = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class SignalMetadata(msgspec.Struct, frozen=True):
    """Of one symbol in one slice. market_breadth: share of the symbols that spoke with a score above 0, NaN for none.

    sector_rotation: which sector's scores lead and which lag, in words; '' where fewer than two sectors spoke.
    """

    regime: str
    volatility_environment: str
    correlation_regime: str
    market_breadth: float
    sector_rotation: str


def level_of(value: float, low: float, high: float) -> Level:
    """LOW below ``low``, HIGH above ``high``."""
    if value != value:
        return Level.UNKNOWN
    if value < low:
        return Level.LOW
    return Level.HIGH if value > high else Level.MEDIUM


def volatility_environment(percentile: float) -> Level:
    """LOW in the lowest third of the market's own history, HIGH in the highest."""
    return level_of(percentile, CALM, WILD)


def correlation_regime(correlation: float) -> Level:
    """LOW where symbols go their own ways, HIGH where they move as one."""
    return level_of(correlation, APART, TOGETHER)


def sector_rotation(names: Sequence[str], means: Sequence[float] | Floats) -> str:
    """Such as ``technology leads (+0.31), energy lags (-0.12)``; equal sectors in the order of ``names``."""
    known = [(float(mean), name) for name, mean in zip(names, means, strict=True) if mean == mean]
    if len(known) < 2:
        return ""
    known.sort(key=lambda one: -one[0])  # stable
    (best, leader), (worst, laggard) = known[0], known[-1]
    if best == worst:
        return "no sector leads"
    return f"{leader} leads ({best:+.2f}), {laggard} lags ({worst:+.2f})"


def metadata_of(slices: Floats, sectors: Floats, names: Sequence[str], row: int, regime: float = NAN) -> SignalMetadata:
    """Of slice ``row``. slices, sectors: of ``conditions.Around``. regime: MarketRegime code, NaN where not known."""
    known = np.isfinite(regime)
    return SignalMetadata(
        MarketRegime(int(regime) if known else 0).name.lower(),
        volatility_environment(float(slices[VOLATILITY, row])).name.lower(),
        correlation_regime(float(slices[CORRELATION, row])).name.lower(),
        float(slices[BREADTH, row]),
        sector_rotation(names, sectors[row]),
    )
