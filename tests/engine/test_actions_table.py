"""Scenario tables of corporate actions on resting orders: where on the venue's grid they stand after it; roll fees."""

from __future__ import annotations

from decimal import Decimal

import pytest

from consilience.core.instruments import Instrument, TickBand
from consilience.core.schemas import ACTION_DIVIDEND, ACTION_ROLL, ACTION_SPLIT
from tests.engine.desk import Script, X, panel, run, with_physics

FLAT = (100, 101, 99, 100)
# read in tenths of a cent; orders in cents, from 40 dollars in nickels
FINE = Instrument(
    symbol="X",
    price_increment=Decimal("0.001"),
    tick_schedule=(TickBand(Decimal(0), Decimal("0.01")), TickBand(Decimal(40), Decimal("0.05"))),
)


def resting(action, plan):
    """(limit, stop, trail) in prices of the planned order after ``action`` (kind, numerator, denominator, dividend)."""
    market = panel({FINE: [FLAT] * 4}, actions=[(2, 0, *action)])
    _, output = run(market, Script({0: lambda c: c.buy("X", 100), 1: plan}))
    order = output.orders[1]
    return tuple(int(order[name]) / 1000 for name in ("limit", "stop", "trail"))


HALVED = (ACTION_SPLIT, 2, 1, 0)
TENTH = (ACTION_SPLIT, 10, 1, 0)
ROLLED = (ACTION_ROLL, 200_000, 100_000, 0)
PAID = (ACTION_DIVIDEND, 1, 1, 243_000)  # 0.243 a share


# 61.15 halves to 30.575, between the cents 30.57 and 30.58
@pytest.mark.parametrize(
    ("action", "plan", "prices"),
    [
        (HALVED, lambda c: c.sell("X", 100, stop=61.15), (0, 30.57, 0)),
        (HALVED, lambda c: c.buy("X", 100, stop=161.15), (0, 80.6, 0)),
        (HALVED, lambda c: c.buy("X", 100, limit=61.15), (30.57, 0, 0)),
        (HALVED, lambda c: c.sell("X", 100, limit=161.15), (80.6, 0, 0)),
        (HALVED, lambda c: c.sell("X", 100, limit=60.1, stop=61.15), (30.05, 30.57, 0)),
        (HALVED, lambda c: c.sell("X", 100, stop=61.1), (0, 30.55, 0)),
        (TENTH, lambda c: c.sell("X", 100, stop=0.07), (0, 0.01, 0)),  # 0.007: the lowest price there is
        (ROLLED, lambda c: c.sell("X", 100, stop=61.15), (0, 30.57, 0)),
        (PAID, lambda c: c.sell("X", 100, stop=61.15), (0, 60.9, 0)),  # 60.907, in nickels
        (PAID, lambda c: c.sell("X", 100, limit=161.15), (160.95, 0, 0)),  # 160.907
        (PAID, lambda c: c.buy("X", 100, limit=0.2), (0.01, 0, 0)),
    ],
)
def test_a_resting_order_moves_to_the_grid_away_from_its_fill(action, plan, prices):
    assert resting(action, plan) == prices


def test_the_distance_of_a_trailing_stop_is_no_order_price():
    # the best price 101 and the distance 3.004, scaled exactly: no rounding to cents
    assert resting(HALVED, lambda c: c.trailing_stop("X", 100, distance=3.004))[2] == 1.502


def test_a_roll_pays_the_taker_fee_twice_and_no_slippage():
    physics = with_physics(fee="maker_taker", fee_parameters={"maker": 0.0, "taker": 0.01}, slippage="ticks")
    market = panel({X: [FLAT] * 4}, actions=[(2, 0, ACTION_ROLL, 10_000, 11_000, 0)])
    _, output = run(market, Script({0: lambda c: c.buy("X", 10)}), physics=physics)
    rolled = output.fills[1:]
    assert rolled["ticks"].tolist() == [10_000, 11_000]
    assert rolled["fee"].tolist() == [10_000_000, 11_000_000]  # a hundredth of 1000 and of 1100 dollars
    assert rolled["slippage_base"].tolist() == [0, 0]
    assert int(output.account["fees"][0]) == int(output.fills["fee_base"].sum())
