"""What a rule sees: the wanted increase and the account at that instant, in integers."""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.jit import njit_inline
from consilience.core.units import MILLION, OVERFLOW, multiply_divide_nb

NO_LIMIT = 2**62


class RiskRequest(NamedTuple):
    """lots: wanted, > 0. lot_units: value of one lot at the reference price, base units, > 0.

    lot_margin: initial margin of one lot. position_units: |value| of the lane's present position.
    cash, equity, gross, margin: the account, base units.
    """

    lots: int
    lot_units: int
    lot_margin: int
    position_units: int
    cash: int
    equity: int
    gross: int
    margin: int


class RiskLimits(NamedTuple):
    """Limits in parts per million of equity; 0 means no limit. leverage_ppm: 1,000,000 is a cash account."""

    leverage_ppm: int
    max_position_ppm: int
    max_gross_ppm: int


class Verdict(NamedTuple):
    """lots: approved, 0 .. wanted. reason: 0 approved whole, else the Reason of the harshest rule."""

    lots: int
    reason: int


@njit_inline
def share_of_equity_nb(equity: int, ppm: int) -> int:
    """``ppm`` parts per million of ``equity``, 0 when that is negative; what does not fit int64 limits nothing."""
    share = multiply_divide_nb(max(equity, 0), ppm, MILLION)
    return NO_LIMIT if share == OVERFLOW or share > NO_LIMIT else share
