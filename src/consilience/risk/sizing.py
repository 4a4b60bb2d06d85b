"""The size of one entry: multipliers on equity, the sizer, then what heat is left. One way for every method."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.codes import FibonacciZone
from consilience.core.jit import njit_bare, njit_inline
from consilience.core.units import MILLION, OVERFLOW
from consilience.risk.catalog import FULL_SIZERS, choose_size_nb
from consilience.risk.request import share_of_equity_nb
from consilience.risk.sizers.base import SizeRequest, ppm_units_nb
from consilience.risk.sizers.kelly import lacks_record_nb
from consilience.risk.sizing_settings import METHODS, SizingSettings

KELLY = METHODS.index("kelly")
LOW, MEDIUM, HIGH = 0, 1, 2
ZONE_COUNT, UNKNOWN_ZONE = len(FibonacciZone), int(FibonacciZone.UNKNOWN)


class Size(NamedTuple):
    """The answer. lots: >= 0. multiplier_ppm: zone x tier x regime. tier: 0 low, 1 medium, 2 high.

    base_lots: before heat. fell_back: 1 where Kelly's record is too short and the fixed fraction was used.
    """

    lots: int
    base_lots: int
    multiplier_ppm: int
    tier: int
    fell_back: int


@njit_inline
def tier_nb(confidence: float, sizing: np.void) -> int:
    """Confidence tier; NaN is low."""
    if confidence >= sizing["high_confidence"]:
        return HIGH
    return MEDIUM if confidence >= sizing["medium_confidence"] else LOW


@njit_inline
def multiplier_nb(request: SizeRequest, sizing: np.void) -> int:
    """Fibonacci zone x confidence tier x regime in parts per million, capped; a NaN regime multiplier counts as 1."""
    zone = request.zone if 0 <= request.zone < ZONE_COUNT else UNKNOWN_ZONE
    product = sizing["zone_ppm"][zone] * sizing["tier_ppm"][tier_nb(request.confidence, sizing)] // MILLION
    regime = request.multiplier
    if regime != regime:
        regime = 1.0
    regime_ppm = int(min(max(regime, 0.0), 10.0) * MILLION + 0.5)
    return int(min(product * regime_ppm // MILLION, sizing["most_ppm"]))


@njit_bare
def size_full_nb(request: SizeRequest, sizing: np.void) -> Size:
    """Lots of one entry by the sizer's method. ``request.budget`` is worked out here: give 0."""
    multiplier = multiplier_nb(request, sizing)
    budget = ppm_units_nb(request.equity, multiplier)
    if budget == OVERFLOW:
        budget = request.equity
    scaled = SizeRequest(
        request.equity,
        budget,
        request.lot_units,
        request.stop_units,
        request.atr_units,
        request.heat,
        request.volatility,
        request.win_probability,
        request.payoff,
        request.trades,
        request.confidence,
        request.zone,
        request.multiplier,
    )
    base = choose_size_nb(sizing["method"], scaled, sizing)
    lots = base
    if sizing["max_heat_ppm"] > 0 and request.lot_units > 0:
        room = share_of_equity_nb(request.equity, sizing["max_heat_ppm"]) - request.heat
        risk = request.stop_units if request.stop_units > 0 else request.lot_units
        lots = min(lots, max(room, 0) // risk)
    fell_back = 1 if sizing["method"] == KELLY and lacks_record_nb(request, sizing) else 0
    return Size(lots, base, multiplier, tier_nb(request.confidence, sizing), fell_back)


def explain_size(size: Size, settings: SizingSettings) -> str:
    """One line: the method, the multiplier, and what cut it."""
    method = FULL_SIZERS[METHODS.index(settings.method)].name
    if size.fell_back:
        method = f"fixed_fraction (kelly needs {settings.kelly_trades} trades)"
    line = f"size: {method} x {size.multiplier_ppm / MILLION:.2f} = {size.base_lots} lots"
    return line + (f", cut to {size.lots} by the heat that is left" if size.lots < size.base_lots else "")
