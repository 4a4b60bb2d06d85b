"""What a fill, a split and a dividend do to one position, in pure integers. The venue step calls these kernels.

Signs, once for the whole house. ``lots`` are signed: long positive, short negative. ``cost`` has the sign of
``lots``: what was paid for the lots held (long), or minus what was received for them (short). A fill of
``value`` (positive) moves cash by ``-side * value`` before fees. ``realised`` is a profit when positive:
proceeds less cost for longs, cost less what was paid to cover for shorts. So for every fill, exactly,

    new_cost - cost == side * value + realised

and cash + cost - realised never changes except by fees and dividends: the books balance.

Every kernel reports what does not fit as ``OVERFLOW`` (``core.units``) and then returns the state unchanged.
"""

from __future__ import annotations

from consilience.core.jit import njit
from consilience.core.units import OVERFLOW, multiply_divide_nb, notional_nb

LIMIT = 2**62  # amounts and lots stay below this, so that one addition or doubling never wraps
_LIMIT_FLOAT = 4.6e18  # under 2**62, with room for the estimate's rounding


@njit
def share_nb(amount: int, part: int, whole: int) -> int:
    """``amount * part / whole`` half to even once, 0 <= part <= whole, 0 < whole < 2**62, |amount| < 2**62.

    Never overflows: where the product of rest and part passes int64 (21 BTC in lots of 1e-8 already do) it is
    divided bit by bit.
    """
    if part == 0:
        return 0
    if part == whole:
        return amount
    floor = amount // whole
    rest = amount - floor * whole
    if float(rest) * float(part) < _LIMIT_FLOAT:
        product = rest * part
        quotient = product // whole
        over = product - quotient * whole
    else:
        quotient = 0
        over = 0
        for shift in range(62):
            quotient += quotient
            over += over
            if over >= whole:
                over -= whole
                quotient += 1
            if (part >> (61 - shift)) & 1:
                over += rest
                if over >= whole:
                    over -= whole
                    quotient += 1
    total = floor * part + quotient
    twice = over - (whole - over)
    if twice > 0 or (twice == 0 and (total & 1) == 1):
        total += 1
    return total


@njit
def apply_fill_nb(lots: int, cost: int, side: int, fill_lots: int, value: int) -> tuple[int, int, int]:
    """(new_lots, new_cost, realised) of a position after a fill, at average cost.

    lots, cost: signed position and its signed cost. side: 1 buy, -1 sell. fill_lots > 0. value >= 0: the fill's
    notional without fee, in the unit of ``cost``. A partial close removes cost pro rata, half to even; at flat
    exactly all of it is gone. Through zero, the part of ``value`` that opens the new position is pro rata, half to
    even, and the rest closes the old one: no unit is lost. (lots, cost, OVERFLOW) when it does not fit.
    """
    if abs(float(lots)) + float(fill_lots) >= _LIMIT_FLOAT or abs(float(cost)) + abs(float(value)) >= _LIMIT_FLOAT:
        return lots, cost, OVERFLOW
    sign = 1 if side > 0 else -1  # not the caller's side: a record holds it in 16 bits
    new_lots = lots + sign * fill_lots
    if lots == 0 or (lots > 0) == (sign > 0):
        return new_lots, cost + sign * value, 0
    held = abs(lots)
    if fill_lots <= held:
        new_cost = cost - share_nb(cost, fill_lots, held)
    else:
        new_cost = sign * share_nb(value, fill_lots - held, fill_lots)
    return new_lots, new_cost, new_cost - cost - sign * value


@njit
def split_nb(lots: int, cost: int, numerator: int, denominator: int) -> tuple[int, int, int]:
    """(new_lots, new_cost, fraction) of a position after a split of ``numerator`` new for ``denominator`` old lots.

    Whole lots are kept, toward zero; ``fraction / denominator`` of a new lot is left over, signed like ``lots``, and
    is settled as cash in lieu (``cash_in_lieu_nb``, then ``apply_lieu_nb``). The fraction's cost, pro rata half to
    even, is ``cost - new_cost``. numerator, denominator > 0. (lots, cost, OVERFLOW) when it does not fit.
    """
    if numerator == denominator or lots == 0:
        return lots, cost, 0
    if abs(float(lots)) * float(numerator) >= _LIMIT_FLOAT or abs(float(cost)) >= _LIMIT_FLOAT:
        return lots, cost, OVERFLOW
    held = abs(lots) * numerator
    whole = held // denominator
    fraction = held - whole * denominator
    new_cost = cost - share_nb(cost, fraction, held)
    if lots < 0:
        return -whole, new_cost, -fraction
    return whole, new_cost, fraction


@njit
def cash_in_lieu_nb(fraction: int, denominator: int, ticks: int, notional_num: int, notional_den: int) -> int:
    """Value (>= 0) of |fraction| / denominator of a lot at ``ticks``, in instrument currency units, half to even once.

    OVERFLOW when it does not fit.
    """
    if float(notional_den) * float(denominator) >= _LIMIT_FLOAT or abs(float(ticks) * float(fraction)) >= _LIMIT_FLOAT:
        return OVERFLOW
    return multiply_divide_nb(ticks * abs(fraction), notional_num, notional_den * denominator)


@njit
def apply_lieu_nb(fraction_cost: int, side: int, value: int) -> int:
    """Realised profit of settling a split's fraction for ``value``: the rule of every fill, with the cost that left.

    fraction_cost: cost before less cost after the split, signed like the position. side: -1 for a long position's
    fraction (it is sold), 1 for a short one's.
    """
    return -fraction_cost - (value if side > 0 else -value)


@njit
def dividend_nb(lots: int, units_per_lot: int) -> int:
    """Cash that ``lots`` receive (a short position pays: negative), in the unit of ``units_per_lot``; or OVERFLOW."""
    if abs(float(lots) * float(units_per_lot)) >= _LIMIT_FLOAT:
        return OVERFLOW
    return lots * units_per_lot


@njit
def convert_nb(amount: int, fx_num: int, fx_den: int) -> int:
    """``amount`` of instrument currency in base units: amount * fx_num / fx_den, half to even once; or OVERFLOW."""
    return multiply_divide_nb(amount, fx_num, fx_den)


@njit
def base_value_nb(lots: int, ticks: int, notional_num: int, notional_den: int, fx_num: int, fx_den: int) -> int:
    """Market value of signed ``lots`` at ``ticks`` in base units: notional, then FX, each half to even; or OVERFLOW."""
    value = notional_nb(ticks, lots, notional_num, notional_den)
    if value == OVERFLOW:
        return OVERFLOW
    return multiply_divide_nb(value, fx_num, fx_den)
