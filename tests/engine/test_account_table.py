"""Scenario tables of several orders on one account: liquidity, queue, shortage, leverage, currencies, actions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from consilience.core.codes import Reason
from consilience.core.errors import HaltTrading
from consilience.core.instruments import Instrument
from consilience.core.schemas import ACTION_DELISTING, ACTION_DIVIDEND, ACTION_ROLL, ACTION_SPLIT
from consilience.portfolio.books import book_terms, verify
from tests.engine.desk import FREE, Script, X, Y, fills, masked, panel, run, short, states, trade, with_physics

FLAT = (100, 101, 99, 100)
EURO = Instrument(symbol="E", currency="EUR")
HALF = Instrument(symbol="H", margin_ppm=500_000)


def proved(market, output):
    """The books agree with the run."""
    verify(output.fills, market.actions, book_terms(market, output.cash_start), output.account, output.lanes)
    return output


def test_two_strategies_share_one_printed_volume():
    market = panel({X: [FLAT, (*FLAT, 100), (*FLAT, 100)]})
    one, two = Script({0: lambda c: c.buy("X", 8)}), Script({0: lambda c: c.sell("X", 8)})
    _, output = run(market, one, two, physics=with_physics(participation=0.1))
    # ten lots of each bar: sells go first, and buyers get what they left
    assert short(output) == [(1, -8, 100.0), (1, 2, 100.0), (2, 6, 100.0)]


def test_bid_and_ask_sizes_are_two_liquidities():
    asks = {X: [(100.02, 101, 99.1, 100.02, 100)] * 2}
    market = panel({X: [(100, 100.9, 99, 100, 100)] * 2}, asks=asks)
    one, two = Script({0: lambda c: c.buy("X", 8)}), Script({0: lambda c: c.sell("X", 8)})
    _, output = run(market, one, two, physics=with_physics(participation=0.1))
    assert short(output) == [(1, -8, 100.0), (1, 8, 100.02)]


def test_short_cash_goes_by_sells_then_priority_then_instrument():
    bars = {X: [FLAT] * 3, Y: [FLAT] * 3}
    # 100,000 buys 1000 lots. The first strategy goes before the second; within it X before Y.
    first = Script({0: lambda c: [c.buy("Y", 600), c.buy("X", 300)]})
    second = Script({0: lambda c: [c.buy("X", 600), c.sell("Y", 100)]})
    _, output = run(panel(bars), second, first, cash=100_000.0, allow_short=False)
    assert [(int(f["lane"]), int(f["lots"])) for f in output.fills] == [(0, 600), (2, 300), (3, 100)]
    assert states(output) == [
        "FILLED",
        "DENIED SHORT_NOT_ALLOWED",
        "REJECTED INSUFFICIENT_CASH",
        "FILLED",
    ]


def test_a_sell_of_the_same_open_pays_for_a_buy():
    bars = {X: [FLAT] * 4, Y: [FLAT] * 4}
    script = Script({0: lambda c: c.buy("X", 1000), 1: lambda c: [c.buy("Y", 1000, limit=100), c.sell("X", 1000)]})
    _, output = run(panel(bars), script, cash=100_000.0)
    assert short(output)[:2] == [(1, 1000, 100.0), (2, -1000, 100.0)]


def test_shortage_shrinks_or_refuses():
    bars = [FLAT, (125, 126, 124, 125)]
    shrunk = trade(bars, {0: lambda c: c.buy("X", 1000)}, cash=100_000.0)
    assert short(shrunk) == [(1, 800, 125.0)]
    assert states(shrunk) == ["REJECTED INSUFFICIENT_CASH"]
    refused = trade(bars, {0: lambda c: c.buy("X", 1000)}, cash=100_000.0, shrink_on_shortage=False)
    assert short(refused) == []
    assert states(refused) == ["REJECTED INSUFFICIENT_CASH"]


def test_the_largest_affordable_size_counts_the_fee():
    physics = with_physics(fee="percent", fee_parameters={"rate": 0.01})
    output = trade([FLAT, FLAT], {0: lambda c: c.buy("X", 100)}, cash=10_000.0, physics=physics)
    # 99 lots cost 9900 and 99 of fee; 100 would cost 10,100
    assert short(output) == [(1, 99, 100.0)]
    assert int(output.account["cash"][0]) == 1_000_000


def test_leverage_and_margin():
    assert short(trade([FLAT, FLAT], {0: lambda c: c.buy("X", 5000)}, cash=100_000.0, leverage=3.0)) == [
        (1, 3000, 100.0)
    ]
    market = panel({HALF: [FLAT, FLAT]})
    _, output = run(market, Script({0: lambda c: c.buy("H", 5000)}), cash=100_000.0)
    assert short(output) == [(1, 2000, 100.0)]
    assert int(output.account["margin"][0]) == 100_000_000_000


def test_shorts_are_marked_at_what_it_costs_to_cover():
    asks = {X: [(100.5, 101.5, 99.5, 100.5)] * 3}
    market = panel({X: [FLAT] * 3}, asks=asks)
    _, output = run(market, Script({0: lambda c: c.sell("X", 10)}))
    assert short(output) == [(1, -10, 100.0)]
    assert int(output.curves[1, 0]) == 100_000_000_000 - 5_000_000


def test_buys_meet_the_ask_and_longs_are_marked_at_the_bid():
    asks = {X: [(100.5, 101.5, 99.5, 100.5)] * 3}
    _, output = run(panel({X: [FLAT] * 3}, asks=asks), Script({0: lambda c: c.buy("X", 10)}))
    assert short(output) == [(1, 10, 100.5)]
    assert int(output.curves[1, 0]) == 100_000_000_000 - 5_000_000


def test_a_short_sale_uses_up_buying_power():
    plan = {0: lambda c: c.sell("X", 600), 1: lambda c: c.sell("X", 600)}
    assert short(trade([FLAT] * 4, plan, cash=100_000.0)) == [(1, -600, 100.0), (2, -400, 100.0)]


def test_through_zero_one_order():
    output = trade([FLAT] * 4, {0: lambda c: c.buy("X", 10), 1: lambda c: c.sell("X", 25)})
    assert short(output) == [(1, 10, 100.0), (2, -25, 100.0)]
    assert int(output.lanes["lots"][0]) == -15


def test_protection_left_over_from_before_a_turn_is_cancelled():
    plan = {
        0: lambda c: c.buy("X", 10),
        1: lambda c: [c.sell("X", 10, stop=90, reduce_only=True), c.sell("X", 25)],
    }
    assert states(trade([FLAT] * 4, plan)) == ["FILLED", "CANCELLED POSITION_CLOSED", "FILLED"]


def test_split_of_a_held_position_with_a_resting_stop():
    bars = [FLAT, FLAT, FLAT, (50, 50.5, 49.5, 50), (50, 50, 44, 45)]
    factor = [1, 1, 1, 2, 2]
    market = panel({X: bars}, actions=[(3, 0, ACTION_SPLIT, 2, 1, 0)], factor=factor)
    plan = {0: lambda c: c.buy("X", 10), 1: lambda c: c.sell("X", 10, stop=90, reduce_only=True)}
    output = proved(market, trade([], plan, market=market))
    assert short(output) == [(1, 10, 100.0), (4, -20, 45.0)]
    assert [f[4] for f in fills(output)] == ["STRATEGY_ORDER", "SPLIT", "STRATEGY_ORDER"]
    assert (output.curves[:4, 0] == 100_000_000_000).all()
    assert int(output.orders[1]["stop"]) == 4500


def test_reverse_split_pays_the_fraction_in_cash():
    bars = [FLAT, FLAT, (1000, 1010, 990, 1000), (1000, 1010, 990, 1000)]
    market = panel({X: bars}, actions=[(2, 0, ACTION_SPLIT, 1, 10, 0)], factor=[1, 1, 0.1, 0.1])
    output = proved(market, trade([], {0: lambda c: c.buy("X", 25)}, market=market))
    assert [(f[1], f[4]) for f in fills(output)] == [
        ("buy", "STRATEGY_ORDER"),
        ("note", "SPLIT"),
        ("note", "CASH_IN_LIEU"),
    ]
    assert int(output.lanes["lots"][0]) == 2
    assert int(output.account["cash"][0]) == 100_000_000_000 - 2_500_000_000 + 500_000_000  # half a lot at 1000
    assert int(output.curves[-1, 0]) == 100_000_000_000


@pytest.mark.parametrize("mask", [False, True])
def test_reverse_split_that_leaves_nothing_ends_the_protection(mask):
    bars = [FLAT, FLAT, FLAT, (1000, 1010, 990, 1000), (1000, 1010, 990, 1000)]
    market = panel({X: bars}, actions=[(3, 0, ACTION_SPLIT, 1, 10, 0)], factor=[1, 1, 1, 0.1, 0.1])
    market = masked(market, (3, 0)) if mask else market
    plan = {0: lambda c: c.buy("X", 5), 1: lambda c: c.sell("X", 5, stop=90, reduce_only=True)}
    output = proved(market, trade([], plan, market=market))
    assert states(output)[1] in ("CANCELLED SPLIT", "CANCELLED POSITION_CLOSED")
    assert int(output.account["open_lanes"][0]) == 0
    assert int(output.curves[-1, 0]) == int(output.account["cash"][0]) == 100_000_000_000


def test_split_while_masked_carries_the_value():
    bars = [FLAT, FLAT, FLAT, (50, 51, 49, 50)]
    market = masked(panel({X: bars}, actions=[(2, 0, ACTION_SPLIT, 2, 1, 0)], factor=[1, 1, 2, 2]), (2, 0))
    output = proved(market, trade([], {0: lambda c: c.buy("X", 10)}, market=market))
    assert (output.curves[:, 0] == 100_000_000_000).all()


@pytest.mark.parametrize("side", [1, -1])
def test_dividend(side):
    market = panel(
        {X: [FLAT, FLAT, (99, 100, 98, 99), (99, 100, 98, 99)]}, actions=[(2, 0, ACTION_DIVIDEND, 1, 1, 1_000_000)]
    )
    plan = {0: lambda c: c.order_target("X", 10 * side), 1: lambda c: c.buy("X", 1, limit=90)}
    output = proved(market, trade([], plan, market=market))
    assert int(output.account["dividends"][0]) == side * 10_000_000
    assert int(output.curves[2, 0]) == 100_000_000_000  # the price fell by what was paid
    assert int(output.orders[1]["limit"]) == 8900


def test_delisting_closes_at_the_last_mark():
    bars = [FLAT, FLAT, (80, 81, 79, 80), None, None]
    market = panel({X: bars}, actions=[(3, 0, ACTION_DELISTING, 1, 1, 0)])
    plan = {0: lambda c: c.buy("X", 10), 1: lambda c: c.sell("X", 10, stop=50)}
    output = proved(market, trade([], plan, market=market))
    assert fills(output)[1] == (3, "sell", 10, 80.0, "DELISTED")
    assert states(output) == ["FILLED", "CANCELLED DELISTED", "FILLED"]
    assert int(output.account["cash"][0]) == 100_000_000_000 - 200_000_000
    assert int(output.account["open_lanes"][0]) == 0


@pytest.mark.parametrize("side", [1, -1])
def test_futures_roll_makes_no_profit_of_the_jump(side):
    bars = [FLAT, FLAT, (110, 111, 109, 110), (112, 113, 111, 112)]
    market = panel({X: bars}, actions=[(2, 0, ACTION_ROLL, 10_000, 11_000, 0)], factor=[1, 1, 100 / 110, 100 / 110])
    plan = {0: lambda c: c.order_target("X", 10 * side), 1: lambda c: c.buy("X", 1, limit=50)}
    output = proved(market, trade([], plan, market=market))
    assert fills(output)[1:3] == [
        (2, "sell" if side > 0 else "buy", 10, 100.0, "ROLL"),
        (2, "buy" if side > 0 else "sell", 10, 110.0, "ROLL"),
    ]
    assert (output.curves[:3, 0] == 100_000_000_000).all()
    assert int(output.curves[3, 0]) == 100_000_000_000 + side * 20_000_000
    assert int(output.orders[1]["limit"]) == 5500


def test_trailing_stop_through_a_split():
    bars = [FLAT, FLAT, FLAT, (50, 51, 49.5, 50), (50, 50, 48.9, 49)]
    market = panel({X: bars}, actions=[(3, 0, ACTION_SPLIT, 2, 1, 0)], factor=[1, 1, 1, 2, 2])
    plan = {0: lambda c: c.buy("X", 10), 1: lambda c: c.trailing_stop("X", 10, distance=4)}
    output = proved(market, trade([], plan, market=market))
    # best price 101 -> 50.5, then 51 in slice 3; distance 4 -> 2: the level is 49
    assert short(output)[-1] == (4, -20, 49.0)


def test_a_euro_instrument_in_a_dollar_account():
    bars = [FLAT, FLAT, (110, 111, 109, 110), (110, 111, 109, 110)]
    market = panel({EURO: bars}, fx=[110, 110, 120, 125])
    _, output = run(market, Script({0: lambda c: c.buy("E", 10), 2: lambda c: c.sell("E", 10)}))
    proved(market, output)
    # bought for 1000 EUR = 1100 USD; worth 1100 EUR at 1.20, then sold at 1.25
    dollars = (output.curves[:, 0] - 100_000_000_000) // 1_000_000
    assert dollars.tolist() == [0, 0, 220, 275]
    assert int(output.account["realised"][0]) == 275_000_000


def test_an_amount_that_does_not_fit_stops_the_run():
    bars = [(0.01, 0.01, 0.01, 0.01), (0.01, 0.01, 0.01, 0.01), (100, 100, 100, 100)]
    with pytest.raises(HaltTrading, match="too large for exact arithmetic"):
        trade(bars, {0: lambda c: c.buy("X", 10**12)}, cash=1e12, leverage=1000.0)
    market = panel({X: [FLAT, FLAT, FLAT]}, actions=[(2, 0, ACTION_SPLIT, 10**18, 1, 0)])
    with pytest.raises(HaltTrading):
        trade([], {0: lambda c: c.buy("X", 10)}, market=market)
    market = panel({X: [FLAT, FLAT, FLAT]}, actions=[(2, 0, ACTION_DIVIDEND, 1, 1, 10**18)])
    with pytest.raises(HaltTrading):
        trade([], {0: lambda c: c.buy("X", 10)}, market=market)


def test_minimum_lots_and_tick_schedule():
    small = Instrument(symbol="X", minimum_lots=10)
    _, output = run(panel({small: [FLAT, FLAT]}), Script({0: lambda c: [c.buy("X", 5), c.buy("X", 10)]}))
    assert states(output) == ["DENIED BELOW_MINIMUM", "FILLED"]
    fine = Instrument(symbol="X", price_increment=Decimal("0.0001"))
    _, output = run(panel({fine: [FLAT, FLAT]}), Script({0: lambda c: c.buy("X", 5, limit=100.0005)}))
    assert int(output.fills[0]["ticks"]) == 1_000_000


def test_limits_of_position_and_gross():
    assert short(trade([FLAT, FLAT], {0: lambda c: c.buy("X", 900)}, max_position=0.25)) == [(1, 250, 100.0)]
    output = trade([FLAT, FLAT], {0: lambda c: c.buy("X", 900)}, max_gross=0.5, shrink_on_shortage=False)
    assert states(output) == ["DENIED MAX_GROSS_EXPOSURE"]
    assert Reason(int(output.orders[0]["reason"])) is Reason.MAX_GROSS_EXPOSURE
    assert FREE.participation == 0.0


def test_overflow_of_one_lot_is_refused():
    dear = Instrument(symbol="X", multiplier=Decimal(10**14))
    market = panel({dear: [FLAT, FLAT]})
    _, output = run(market, Script({0: lambda c: c.buy("X", 1)}))
    assert states(output) == ["DENIED OVERFLOW"]


def test_a_roll_whose_prices_do_not_fit_stops_the_run():
    market = panel({X: [FLAT, FLAT, FLAT]}, actions=[(2, 0, ACTION_ROLL, 10_000, 2**62, 0)])
    with pytest.raises(HaltTrading):
        trade([], {0: lambda c: c.buy("X", 10)}, market=market)
