"""Exact arithmetic: decimals in, integers inside, decimals out. The one place of conversion.

Prices are int64 counts of an instrument's price increment ("ticks"), quantities int64 counts of its lot,
cash int64 counts of 10**-exponent of its currency. Products are rounded half to even once, and checked
against overflow before they are made: a result of ``OVERFLOW`` means the amount does not fit.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction

from consilience.core.errors import DataError
from consilience.core.jit import njit_inline

OVERFLOW: int = -(2**63) + 1
_SAFE = 9.0e18  # below 2**63, with room for the float estimate's rounding

FIAT_EXPONENT = 6
CRYPTO_EXPONENT = 8
CRYPTO_CURRENCIES = frozenset({"BTC", "ETH", "USDT", "USDC", "SOL", "XRP", "ADA", "DOGE", "BNB", "LTC", "DAI", "BUSD"})
MILLION = 1_000_000  # rates, fractions and fees in kernels are integers in parts per million


def ledger_exponent(currency: str) -> int:
    """Decimal places of the ledger unit of ``currency``: 6 for fiat, 8 for crypto."""
    return CRYPTO_EXPONENT if currency in CRYPTO_CURRENCIES else FIAT_EXPONENT


def to_decimal(value: Decimal | str | float | int) -> Decimal:
    """The decimal a person means by ``value``; a float goes through its shortest text. DataError if not finite."""
    try:
        result = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation as error:
        raise DataError(f"'{value}' is not a number") from error
    if not result.is_finite():
        raise DataError(f"'{value}' is not a finite number")
    return result


def to_units(value: Decimal | str | float | int, exponent: int) -> int:
    """Cash in ledger units of 10**-exponent, half to even."""
    return int((to_decimal(value).scaleb(exponent)).to_integral_value(ROUND_HALF_EVEN))


def from_units(units: int, exponent: int) -> Decimal:
    """Ledger units back to a decimal amount, exactly."""
    return Decimal(int(units)).scaleb(-exponent)


def to_steps(value: Decimal | str | float | int, step: Decimal) -> int:
    """How many whole ``step`` make ``value``. Raises DataError when it is off the grid."""
    quotient = to_decimal(value) / step
    if quotient != quotient.to_integral_value():
        raise DataError(f"{value} is not a multiple of {step}")
    return int(quotient)


def from_steps(steps: int, step: Decimal) -> Decimal:
    """The decimal that ``steps`` whole steps make."""
    return Decimal(int(steps)) * step


def step_fraction(step: Decimal) -> tuple[int, int]:
    """``step`` as numerator and denominator; ``ticks * numerator / denominator`` in floats is correctly rounded."""
    fraction = Fraction(step)
    return fraction.numerator, fraction.denominator


def notional_fraction(increment: Decimal, lot: Decimal, multiplier: Decimal, exponent: int) -> tuple[int, int]:
    """(num, den) such that ledger units of a trade = ticks * lots * num / den."""
    fraction = Fraction(increment) * Fraction(lot) * Fraction(multiplier) * 10**exponent
    return fraction.numerator, fraction.denominator


@njit_inline
def divide_half_even_nb(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` rounded half to even, in integers; ``denominator`` > 0."""
    quotient = numerator // denominator
    rest = numerator - quotient * denominator
    twice = rest - (denominator - rest)  # rest * 2 - denominator without doubling
    if twice > 0 or (twice == 0 and (quotient & 1) == 1):
        quotient += 1
    return quotient


@njit_inline
def multiply_divide_nb(amount: int, numerator: int, denominator: int) -> int:
    """``amount * numerator / denominator`` rounded half to even once, or OVERFLOW when it does not fit.

    ``denominator`` > 0. The whole part and the rest are multiplied apart, so the product may exceed
    int64 by a factor of ``denominator`` without loss.
    """
    if denominator == 1:
        if abs(float(amount) * float(numerator)) >= _SAFE:
            return OVERFLOW
        return amount * numerator
    whole = amount // denominator
    rest = amount - whole * denominator
    if abs(float(whole) * float(numerator)) >= _SAFE / 2 or abs(float(rest) * float(numerator)) >= _SAFE / 2:
        return OVERFLOW
    product = rest * numerator
    quotient = product // denominator
    total = whole * numerator + quotient
    over = product - quotient * denominator
    twice = over - (denominator - over)
    # the tie looks at the parity of the whole result, not of the rest's quotient
    if twice > 0 or (twice == 0 and (total & 1) == 1):
        total += 1
    return total


@njit_inline
def notional_nb(ticks: int, lots: int, numerator: int, denominator: int) -> int:
    """Ledger units of ``lots`` at ``ticks``: half to even once, or OVERFLOW."""
    if abs(float(ticks) * float(lots)) >= _SAFE:
        return OVERFLOW
    return multiply_divide_nb(ticks * lots, numerator, denominator)
