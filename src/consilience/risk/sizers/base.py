"""What a sizer of the full set sees, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from consilience.core.jit import njit_inline
from consilience.core.spec import Spec
from consilience.core.units import MILLION, OVERFLOW

MOST_UNITS = 4.0e18


class SizeRequest(NamedTuple):
    """One wanted entry. Money in base units.

    equity: of the account, or of the strategy's slice. budget: equity times the multipliers, which the sizers scale
    with (``risk.sizing`` fills it in); caps are of equity. lot_units: value of one lot. stop_units: loss of one lot at
    its stop, 0 without. atr_units: one ATR of one lot, 0 where unknown. heat: of the portfolio. volatility: of the
    symbol, a year, as a fraction; NaN unknown. win_probability, payoff (mean win / mean loss), trades: record of the
    source, trades 0 without one. confidence: 0..1 of the signal. zone: FibonacciZone. multiplier: of regime and fusion,
    1 for none.
    """

    equity: int
    budget: int
    lot_units: int
    stop_units: int
    atr_units: int
    heat: int
    volatility: float
    win_probability: float
    payoff: float
    trades: int
    confidence: float
    zone: int
    multiplier: float


@dataclass(frozen=True)
class Sizer:
    """A sizer of the full set: ``kernel(request, sizing) -> lots`` >= 0; sizing is SIZING_DTYPE."""

    spec: Spec
    kernel: Callable[..., Any]

    @property
    def name(self) -> str:
        """Catalogue name."""
        return self.spec.name


@njit_inline
def share_units_nb(amount: int, share: float) -> int:
    """``share`` of ``amount`` to the nearest unit; 0 for a share that is not above 0 or does not fit."""
    units = float(amount) * share
    return int(units + 0.5) if 0.0 < units < MOST_UNITS else 0


@njit_inline
def ppm_units_nb(amount: int, ppm: int) -> int:
    """``ppm`` parts per million of ``amount``, rounded down; 0 when one is negative, OVERFLOW where it does not fit."""
    if amount <= 0 or ppm <= 0:
        return 0
    whole = amount // MILLION
    if float(whole) * float(ppm) >= MOST_UNITS:
        return OVERFLOW
    return whole * ppm + (amount - whole * MILLION) * ppm // MILLION
