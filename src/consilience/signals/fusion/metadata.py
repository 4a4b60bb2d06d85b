"""What stands beside a fused signal: breadth, sector rotation, volatility environment (document 000)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import msgspec

from consilience.core.codes import MarketRegime
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.panel import Floats, Ints
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node

NAN = float("nan")
# Ours: thirds of the market's own history.
CALM, WILD = 1.0 / 3.0, 2.0 / 3.0


class VolatilityEnvironment(IntEnum):
    """How wild the market is against its own history."""

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
    market_breadth: float
    sector_rotation: str


class Surroundings(NamedTuple):
    """Of each of B slices: breadth float64 [B], volatility float64 [B], sectors float64 [B, N]."""

    breadth: Floats
    volatility: Floats
    sectors: Floats


def volatility_percentile(bar: Bar, period: int = 14, window: int = 252) -> Node:
    """Share of the last ``window`` bars whose average true range / price was below the present one, 0..1."""
    result: Node = ta.percent_rank(ta.atr(bar, period) / bar.close, window) / 100.0
    return result


@njit_inline
def mean_of_known_nb(values: Floats) -> float:
    """Mean of what is not NaN, added from first to last; NaN for none."""
    total, count = 0.0, 0
    for value in values:
        if value == value:
            total += value
            count += 1
    return total / count if count > 0 else NAN


@njit_bare
def surroundings_block_nb(scores: Floats, percentiles: Floats, sectors: Ints, out: Surroundings) -> None:
    """Fill ``out`` from scores and volatility percentiles, float64 [B, S], NaN where not known.

    sectors: int64 [S], number of each symbol's sector, negative for none. Each slice depends on itself alone.
    """
    for b in range(scores.shape[0]):
        up, known = 0, 0
        for score in scores[b]:
            if score == score:
                known += 1
                up += 1 if score > 0.0 else 0
        out.breadth[b] = up / known if known > 0 else NAN
        out.volatility[b] = mean_of_known_nb(percentiles[b])
        for sector in range(out.sectors.shape[1]):
            total, count = 0.0, 0
            for s in range(len(sectors)):
                if sectors[s] == sector and scores[b, s] == scores[b, s]:
                    total += scores[b, s]
                    count += 1
            out.sectors[b, sector] = total / count if count > 0 else NAN


def volatility_environment(percentile: float) -> VolatilityEnvironment:
    """LOW in the lowest third of the market's own history, HIGH in the highest; UNKNOWN for NaN."""
    if percentile != percentile:
        return VolatilityEnvironment.UNKNOWN
    if percentile < CALM:
        return VolatilityEnvironment.LOW
    return VolatilityEnvironment.HIGH if percentile > WILD else VolatilityEnvironment.MEDIUM


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


def metadata_of(around: Surroundings, row: int, sectors: Sequence[str], regime: float = NAN) -> SignalMetadata:
    """Of slice ``row``. regime: MarketRegime code of the symbol, NaN where not known."""
    code = int(regime) if regime == regime else 0
    return SignalMetadata(
        MarketRegime(code).name.lower(),
        volatility_environment(float(around.volatility[row])).name.lower(),
        float(around.breadth[row]),
        sector_rotation(sectors, around.sectors[row]),
    )
