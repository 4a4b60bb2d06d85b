"""Exact arithmetic against Python's unbounded integers and decimals."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core import units
from consilience.core.errors import DataError

amounts = st.integers(-(10**15), 10**15)


def half_even(numerator: int, denominator: int) -> int:
    """The answer from decimal, which shares no code with the kernels."""
    whole, rest = divmod(numerator, denominator)
    return (
        whole + int((Decimal(rest) / Decimal(denominator)).to_integral_value(ROUND_HALF_EVEN))
        if (2 * rest != denominator)
        else whole + (whole & 1)
    )


@given(amounts, st.integers(1, 10**9))
def test_division_rounds_half_to_even(numerator: int, denominator: int) -> None:
    assert units.divide_half_even_nb(numerator, denominator) == half_even(numerator, denominator)


@given(amounts, st.integers(0, 10**9), st.integers(1, 10**9))
def test_multiply_divide_rounds_once_or_says_overflow(amount: int, numerator: int, denominator: int) -> None:
    result = units.multiply_divide_nb(amount, numerator, denominator)
    exact = half_even(amount * numerator, denominator)
    if result == units.OVERFLOW:
        assert abs(exact) > 2**61
    else:
        assert result == exact


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "expected"),
    [
        (5, 1, 2, 2),
        (7, 1, 2, 4),
        (-5, 1, 2, -2),
        (-7, 1, 2, -4),
        (1, 1, 3, 0),
        (2, 1, 3, 1),
        (10**17, 10**6, 10**8, 10**15),
    ],
)
def test_ties_and_large_products(amount: int, numerator: int, denominator: int, expected: int) -> None:
    assert units.multiply_divide_nb(amount, numerator, denominator) == expected


@pytest.mark.parametrize("ticks_lots", [(10**12, 10**9), (2**62, 2)])
def test_notional_that_does_not_fit_is_overflow(ticks_lots: tuple[int, int]) -> None:
    assert units.notional_nb(*ticks_lots, 1, 1) == units.OVERFLOW


@given(st.decimals(-(10**9), 10**9, places=6))
def test_units_round_trip(value: Decimal) -> None:
    assert units.from_units(units.to_units(value, 6), 6) == value


@pytest.mark.parametrize("bad", ["abc", float("nan"), float("inf")])
def test_not_a_number_is_a_data_error(bad: str | float) -> None:
    with pytest.raises(DataError):
        units.to_decimal(bad)


def test_off_grid_is_a_data_error_that_names_both() -> None:
    with pytest.raises(DataError, match=r"10\.005 is not a multiple of 0\.01"):
        units.to_steps("10.005", Decimal("0.01"))
    assert units.to_steps(0.3, Decimal("0.1")) == 3
    assert units.from_steps(3, Decimal("0.1")) == Decimal("0.3")


def test_notional_fraction_of_a_coin() -> None:
    num, den = units.notional_fraction(Decimal("0.01"), Decimal("0.00000001"), Decimal(1), 8)
    assert units.notional_nb(6_000_000, 10**8, num, den) == 60_000 * 10**8
