"""One position against fractions of unbounded integers: no unit is lost, whatever the order of fills."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.units import OVERFLOW
from consilience.portfolio.posting_nb import (
    apply_fill_nb,
    apply_lieu_nb,
    base_value_nb,
    cash_in_lieu_nb,
    convert_nb,
    dividend_nb,
    share_nb,
    split_nb,
)
from tests.examples import examples

BIG = 2**62 - 1


def half_even(value: Fraction) -> int:
    """Python's own rounding of an exact fraction."""
    return round(value)


@settings(max_examples=examples(400), deadline=None)
@given(st.integers(-BIG, BIG), st.integers(0, BIG), st.integers(1, BIG))
def test_a_share_is_exact_for_any_size(amount: int, part: int, whole: int) -> None:
    part = min(part, whole)
    assert share_nb(amount, part, whole) == half_even(Fraction(amount * part, whole))


@settings(max_examples=examples(200), deadline=None)
@given(st.integers(-50, 50), st.integers(0, 12), st.integers(1, 12))
def test_a_share_breaks_ties_to_even(amount: int, part: int, whole: int) -> None:
    part = min(part, whole)
    assert share_nb(amount, part, whole) == half_even(Fraction(amount * part, whole))


# start lots, start cost, side, fill lots, value -> lots, cost, realised
FILLS = [
    ("open long", 0, 0, 1, 10, 1000, 10, 1000, 0),
    ("add to a long", 10, 1000, 1, 5, 600, 15, 1600, 0),
    ("sell part of a long", 15, 1600, -1, 5, 700, 10, 1067, 167),
    ("close a long at a loss", 10, 1067, -1, 10, 900, 0, 0, -167),
    ("open short", 0, 0, -1, 10, 1000, -10, -1000, 0),
    ("add to a short", -10, -1000, -1, 10, 1100, -20, -2100, 0),
    ("cover part of a short", -20, -2100, 1, 5, 500, -15, -1575, 25),
    ("cover a short at a loss", -15, -1575, 1, 15, 1600, 0, 0, -25),
    ("long through zero", 10, 1000, -1, 15, 1800, -5, -600, 200),
    ("short through zero", -10, -1000, 1, 13, 1300, 3, 300, 0),
    ("through zero, value splits to the unit", 2, 7, -1, 3, 10, -1, -3, 0),
    ("a tie goes to even", 2, 5, -1, 1, 3, 1, 3, 1),
]


@pytest.mark.parametrize("row", FILLS, ids=[r[0] for r in FILLS])
def test_fill_table(row: tuple[str, int, int, int, int, int, int, int, int]) -> None:
    _, lots, cost, side, fill_lots, value, *expected = row
    assert apply_fill_nb(lots, cost, side, fill_lots, value) == tuple(expected)


fills = st.lists(
    st.tuples(st.sampled_from([1, -1]), st.integers(1, 10**6), st.integers(0, 10**12)), min_size=1, max_size=40
)


@settings(max_examples=examples(400), deadline=None)
@given(fills)
def test_any_order_of_fills_keeps_cash_plus_cost_less_realised(sequence: list[tuple[int, int, int]]) -> None:
    lots = cost = realised = cash = 0
    for side, fill_lots, value in sequence:
        was = lots
        lots, new_cost, gain = apply_fill_nb(lots, cost, side, fill_lots, value)
        cash -= side * value
        realised += gain
        assert new_cost - cost == side * value + gain
        assert lots == was + side * fill_lots
        assert new_cost == 0 or (new_cost > 0) == (lots > 0)
        if lots == 0:
            assert new_cost == 0
        cost = new_cost
        assert cash + cost - realised == 0


@settings(max_examples=examples(300), deadline=None)
@given(st.integers(-(10**9), 10**9), st.integers(0, 10**14), st.integers(1, 5000), st.integers(1, 5000))
def test_a_split_loses_neither_lots_nor_cost(lots: int, cost: int, numerator: int, denominator: int) -> None:
    cost = cost * ((lots > 0) - (lots < 0))
    new_lots, new_cost, fraction = split_nb(lots, cost, numerator, denominator)
    assert lots * numerator == new_lots * denominator + fraction
    assert abs(fraction) < denominator
    if lots:
        assert cost - new_cost == half_even(Fraction(cost * fraction, lots * numerator))
    if new_lots == 0:
        assert new_cost == 0


SPLITS = [
    ("2 for 1", 7, 700, 2, 1, 14, 700, 0),
    ("3 for 2 leaves half a share", 7, 700, 3, 2, 10, 667, 1),
    ("1 for 10 of 25 shares", 25, 1000, 1, 10, 2, 800, 5),
    ("1 for 10 of 5 shares leaves none", 5, 100, 1, 10, 0, 0, 5),
    ("a short position", -7, -700, 3, 2, -10, -667, -1),
    ("flat", 0, 0, 3, 2, 0, 0, 0),
    ("1 for 1", 9, 90, 4, 4, 9, 90, 0),
]


@pytest.mark.parametrize("row", SPLITS, ids=[r[0] for r in SPLITS])
def test_split_table(row: tuple[str, int, int, int, int, int, int, int]) -> None:
    _, lots, cost, numerator, denominator, *expected = row
    assert split_nb(lots, cost, numerator, denominator) == tuple(expected)


def test_cash_in_lieu_pays_the_fraction_at_the_price_after_the_split() -> None:
    # half a share at 100.00 (ticks of a cent, ledger exponent 6): 50 dollars
    value = cash_in_lieu_nb(1, 2, 10_000, 10_000, 1)
    assert value == 50_000_000
    assert cash_in_lieu_nb(-1, 2, 10_000, 10_000, 1) == value
    assert apply_lieu_nb(33_000_000, -1, value) == 17_000_000  # long: sold for 50 what cost 33
    assert apply_lieu_nb(-66_000_000, 1, value) == 16_000_000  # short: bought back for 50 what brought 66


def test_dividends_conversion_and_market_value() -> None:
    assert dividend_nb(100, 250_000) == 25_000_000
    assert dividend_nb(-100, 250_000) == -25_000_000  # a short position pays
    assert convert_nb(25, 11, 10) == 28  # 27.5, a tie to even
    assert base_value_nb(-3, 10_050, 10_000, 1, 11, 10) == -331_650_000


def test_what_does_not_fit_is_overflow_and_changes_nothing() -> None:
    assert apply_fill_nb(2**61, 5, 1, 2**61, 1) == (2**61, 5, OVERFLOW)
    assert apply_fill_nb(1, 2**61, 1, 1, 2**61) == (1, 2**61, OVERFLOW)
    assert split_nb(2**60, 5, 1000, 1) == (2**60, 5, OVERFLOW)
    assert split_nb(1, 2**62, 2, 1) == (1, 2**62, OVERFLOW)
    assert cash_in_lieu_nb(1, 2**40, 1, 1, 2**40) == OVERFLOW
    assert cash_in_lieu_nb(2**40, 2**41, 2**40, 1, 1) == OVERFLOW
    assert dividend_nb(2**40, 2**40) == OVERFLOW
    assert base_value_nb(2**40, 2**40, 1, 1, 1, 1) == OVERFLOW
