"""Scenario tables of every fee and slippage model: terms and a fill in, cost out, by hand arithmetic."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from consilience.core.errors import ConfigError, NotFound
from consilience.core.instruments import Instrument, TickBand
from consilience.core.units import OVERFLOW
from consilience.engine.book import symbol_records
from consilience.execution.catalog import FEES, SLIPPAGES, fee_nb, find_model, slippage_nb
from consilience.execution.physics.base import parts_per_million, share_up_nb
from consilience.execution.ticks import ceil_to_step_nb, floor_to_step_nb
from tests.engine.desk import panel

# model, parameters, notional in micro-dollars, lots, maker, fee in micro-dollars
FEE_TABLE = [
    ("none", {}, 5_000_000, 10, 0, 0),
    ("percent", {}, 1_000_000_000, 10, 0, 1_000_000),
    ("percent", {"rate": 0.0025}, 1_000_000_000, 10, 1, 2_500_000),
    ("percent", {"rate": 0.0}, 1_000_000_000, 10, 0, 0),
    ("percent", {"rate": 0.5e-1}, 10, 1, 0, 0),  # 0.5 of a unit goes to the even neighbour
    ("percent", {"rate": 0.5e-1}, 30, 1, 0, 2),
    ("per_share", {}, 100_000_000_000, 1000, 0, 5_000_000),
    ("per_share", {}, 1_000_000_000, 10, 0, 1_000_000),  # the minimum of a dollar
    ("per_share", {}, 50_000_000, 10, 0, 500_000),  # the cap of 1 % beats the minimum
    ("per_share", {"cap": 0.0}, 50_000_000, 10, 0, 1_000_000),
    ("per_share", {"per_lot": 1000.0}, 9 * 10**18, 9 * 10**15, 0, OVERFLOW),
    ("maker_taker", {}, 1_000_000_000, 10, 0, 1_000_000),
    ("maker_taker", {}, 1_000_000_000, 10, 1, 500_000),
    ("maker_taker", {"maker": -0.0001}, 1_000_000_000, 10, 1, -100_000),
]

# model, parameters, ticks, high, low, spread, slippage in ticks
SLIPPAGE_TABLE = [
    ("none", {}, 10_000, 10_100, 9_900, 0, 0),
    ("ticks", {}, 10_000, 10_100, 9_900, 0, 1),
    ("ticks", {"ticks": 3}, 10_000, 10_100, 9_900, 4, 3),
    ("spread", {}, 10_000, 10_100, 9_900, 0, 5),
    ("spread", {}, 10_001, 10_100, 9_900, 0, 6),  # 5.0005 rounds up
    ("spread", {"share": 0.5}, 10_000, 10_100, 9_900, 3, 2),
    ("spread", {"share": 0.0}, 10_000, 10_100, 9_900, 3, 0),
    ("volatility", {}, 10_000, 10_100, 9_900, 0, 10),
    ("volatility", {"share": 0.051}, 10_000, 10_100, 9_900, 0, 11),
    ("volatility", {}, 10_000, 10_000, 10_000, 0, 0),
]


@pytest.mark.parametrize(("name", "given", "notional", "lots", "maker", "fee"), FEE_TABLE)
def test_fees(name, given, notional, lots, maker, fee):
    code, model = find_model(FEES, name)
    a, b, c = model.integers(given, 6)
    assert fee_nb(code, a, b, c, notional, lots, maker) == fee
    assert model.kernel(a, b, c, notional, lots, maker) == fee


@pytest.mark.parametrize(("name", "given", "ticks", "high", "low", "spread", "cost"), SLIPPAGE_TABLE)
def test_slippages(name, given, ticks, high, low, spread, cost):
    code, model = find_model(SLIPPAGES, name)
    a = model.integers(given, 6)[0]
    assert slippage_nb(code, a, ticks, high, low, spread) == cost
    assert model.kernel(a, ticks, high, low, spread) == cost


def test_every_model_stands_in_a_table():
    assert {m.spec.name for m in FEES} == {row[0] for row in FEE_TABLE}
    assert {m.spec.name for m in SLIPPAGES} == {row[0] for row in SLIPPAGE_TABLE}


def test_an_unknown_code_costs_nothing():
    assert fee_nb(99, 1, 1, 1, 1, 1, 1) == 0
    assert slippage_nb(99, 1, 1, 1, 1, 1) == 0


def test_wrong_names_and_values():
    with pytest.raises(NotFound, match="percent"):
        find_model(FEES, "percnt")
    with pytest.raises(NotFound, match="rate"):
        find_model(FEES, "percent")[1].integers({"rte": 1}, 6)
    with pytest.raises(ConfigError, match="rate"):
        find_model(FEES, "percent")[1].integers({"rate": 5.0}, 6)
    with pytest.raises(ConfigError, match="six decimals"):
        parts_per_million(Decimal("0.00000012"))


@pytest.mark.parametrize(
    ("amount", "ppm", "share"), [(0, 5, 0), (1, 1, 1), (10**6, 1, 1), (2 * 10**18, 500_000, 10**18)]
)
def test_share_rounds_up(amount, ppm, share):
    assert share_up_nb(amount, ppm) == share


# orders on cents below 1 dollar, on nickels from there: price in ticks of 0.001, at or below, at or above
GRID = [(995.0, 990, 1000), (1001.0, 1000, 1050), (1050.0, 1050, 1050), (10.0, 10, 10), (3.0, 0, 10), (0.5, 0, 10)]


@pytest.mark.parametrize(("ticks", "below", "above"), GRID)
def test_order_grid(ticks, below, above):
    bands = (TickBand(Decimal(0), Decimal("0.01")), TickBand(Decimal(1), Decimal("0.05")))
    market = panel({Instrument(symbol="X", price_increment=Decimal("0.001"), tick_schedule=bands): [(1, 1, 1, 1)]})
    record = symbol_records(market)[0]
    assert floor_to_step_nb(record, ticks) == below
    assert ceil_to_step_nb(record, ticks) == above


def test_what_is_no_price_is_zero():
    record = symbol_records(panel({Instrument(symbol="X"): [(1, 1, 1, 1)]}))[0]
    for ticks in (np.nan, -1.0, 1e300, np.inf):
        assert floor_to_step_nb(record, ticks) == 0
        assert ceil_to_step_nb(record, ticks) == 0
