"""The ECB's reference rates: exact, known when they were published, carried over weekends."""

from __future__ import annotations

import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from consilience.adapters.embedded import fx, market_data
from consilience.core.errors import DataError, NotFound
from consilience.core.time import format_time, parse_time
from consilience.market.fx import fx_columns


def at(rates, day):
    k = [format_time(int(ts))[:10] for ts in rates.ts_event].index(day)
    return Fraction(int(rates.numerator[k]), int(rates.denominator[k])), k


def test_known_fixings():
    # published by the ECB: 1.2590 dollars, 0.80680 pounds and 100.13 yen for a euro on 2012-06-29
    euro, pound, yen = fx.rates(["EUR", "GBP", "JPY", "USD"], "USD")
    assert at(euro, "2012-06-29")[0] == Fraction(Decimal("1.2590"))
    assert at(pound, "2012-06-29")[0] == Fraction(Decimal("1.2590")) / Fraction(Decimal("0.80680"))
    assert at(yen, "2012-06-29")[0] == Fraction(Decimal("1.2590")) / Fraction(Decimal("100.13"))


def test_known_from_publication_in_summer_and_winter():
    (euro,) = fx.rates(["EUR"], "USD")
    for day, fixed, known in (("2012-06-29", "12:15", "14:00"), ("2012-01-04", "13:15", "15:00")):
        _, k = at(euro, day)
        assert format_time(int(euro.ts_event[k])) == f"{day}T{fixed}:00Z"
        assert format_time(int(euro.ts_known[k])) == f"{day}T{known}:00Z"


def test_weekend_carries_friday():
    rates = fx.rates(["EUR"], "USD")
    ts = np.array(
        [parse_time(t) for t in ("2012-06-29T13:59", "2012-06-29T14:00", "2012-07-01T12:00", "2012-07-02T14:00")]
    )
    numerator, denominator = fx_columns(rates, ("USD", "EUR"), ts)
    assert (numerator[:, 1] / denominator[1]).tolist() == [1.2418, 1.2590, 1.2590, 1.2593]


def test_days_without_a_rate_are_absent():
    (ruble,) = fx.rates(["RUB"], "EUR")
    assert format_time(int(ruble.ts_event[-1])) < "2022-03-03"
    assert fx.rates(["USD"], "USD") == []


def test_unknown_currency():
    with pytest.raises(NotFound, match="unknown currency 'USB'"):
        fx.rates(["USB"])


def test_packages_are_read_but_not_imported():
    assert fx.available() and market_data.available()
    fx.rates(["EUR"])
    market_data.bars(["FB"])
    assert "currency_converter" not in sys.modules and "bokeh_sampledata" not in sys.modules


@pytest.fixture
def no_packages(monkeypatch):
    for module in (fx, market_data):
        monkeypatch.setattr(module, "PACKAGE", "no_such_package")
    fx._table.cache_clear()
    yield
    fx._table.cache_clear()


@pytest.mark.parametrize("read", [lambda: fx.rates(["EUR"]), market_data.bars])
def test_missing_package_says_how_to_get_it(no_packages, read):
    assert not fx.available() and not market_data.available()
    with pytest.raises(DataError, match=r"pip install consilience\[demo\]"):
        read()
