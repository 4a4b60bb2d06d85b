"""The context of callback strategies: what it tells, what it sends, what it refuses."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from consilience.core.codes import OrderStatus
from consilience.core.errors import ConfigError, NotFound, ReportBug, StrategyError
from consilience.core.instruments import Instrument
from consilience.engine.book import MOST_REQUESTS
from consilience.engine.session import Session
from consilience.engine.settings import Physics, Settings
from consilience.strategies import CallbackStrategy, Entry, Strategy
from tests.engine.desk import FREE, Columns, Script, X, Y, masked, panel, run, short, states, trade, with_physics

FLAT = (100, 101, 99, 100)


class Diary(CallbackStrategy):
    """Notes every callback; buys in slice 0 and in slice 2."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def declare(self, bar):
        return {"close": bar.close, "twice": bar.close * 2.0}

    def on_start(self, context):
        self.lines.append(("start", context.symbols))

    def on_bar(self, context, symbol):
        self.lines.append(
            (symbol, context.value("close", symbol), context.value("twice", symbol), context.position(symbol))
        )
        if len(self.lines) in (2, 6):
            context.buy(symbol, 10, limit=None if len(self.lines) == 2 else 100.005)

    def on_order(self, context, order_id):
        self.lines.append(("order", order_id))

    def on_fill(self, context, order_id):
        self.lines.append(("fill", order_id, context.position("X")))

    def on_position(self, context, symbol):
        self.lines.append(("position", symbol))

    def on_stop(self, context):
        self.lines.append(("stop",))


def test_the_order_of_callbacks():
    diary = Diary()
    market = panel({X: [FLAT, (101, 102, 100, 101), (102, 103, 101, 102), (103, 104, 102, 103)]})
    run(market, diary)
    assert diary.lines == [
        ("start", ("X",)),
        ("X", 100.0, 200.0, 0.0),
        ("fill", 0, 10.0),
        ("position", "X"),
        ("X", 101.0, 202.0, 10.0),
        ("X", 102.0, 204.0, 10.0),
        ("order", 1),
        ("X", 103.0, 206.0, 10.0),
        ("stop",),
    ]


def test_an_order_refused_in_the_last_slice_of_a_live_step_is_told_in_the_next():
    script = Script({0: lambda c: c.buy("X", 0)})
    market = panel({X: [FLAT] * 3})
    session = Session(market, [script], Settings(physics=FREE))
    for row in range(3):
        session.step(market.rows(row, row + 1))
    assert script.told == [("order", 0)]


def test_deaths_of_what_enter_sent_are_told():
    script = Script({0: lambda c: c.enter("X", 1, quantity=10.0, stop_loss=95.0, take_profit=101.0)})
    run(panel({X: [FLAT, (100, 100.5, 99, 100), (100, 102, 99, 101)]}), script)
    assert script.told == [("fill", 0), ("fill", 2), ("order", 1)]


def test_orders_in_on_start_act_from_the_second_slice():
    class Early(CallbackStrategy):
        def on_start(self, context):
            context.buy("X", 10)

    assert short(run(panel({X: [FLAT, (101, 102, 100, 101), FLAT]}), Early())[1]) == [(1, 10, 101.0)]


def test_masked_symbols_are_not_called():
    class Count(CallbackStrategy):
        seen: tuple[tuple[int, str], ...] = ()

        def on_bar(self, context, symbol):
            self.seen += ((round(context.now_ns / 86_400_000_000_000) - 1, symbol),)

    count = Count()
    run(masked(panel({X: [FLAT] * 2, Y: [FLAT] * 2}), (0, 1), (1, 0)), count)
    assert count.seen == ((0, "X"), (1, "Y"))


def test_views():
    seen = {}

    def look(context):
        seen["account"] = context.account()
        seen["x"] = context.position_view("X")
        seen["y"] = context.position_view("Y")
        seen["prices"] = (context.bid("X"), context.ask("X"), context.bid("Y"))
        seen["rounded"] = (context.round_price("X", 100.004, up=False), context.round_price("X", 100.004, up=True))

    market = masked(panel({X: [FLAT, FLAT, (105, 106, 104, 105)], Y: [FLAT] * 3}), (2, 1))
    run(market, Script({0: lambda c: c.buy("X", 10), 2: look}))
    account, position = seen["account"], seen["x"]
    assert account.equity_units == 100_050_000_000 and account.gross_units == 1_050_000_000
    assert [p.symbol for p in account.positions] == ["X"] and account.halted_level == 0
    assert (position.lots, position.mark_ticks, position.cost_units) == (10, 10_500, 1_000_000_000)
    assert position.last_trade_ns == int(market.ts[1])
    assert (seen["y"].lots, seen["y"].last_trade_ns) == (0, 0)
    assert seen["prices"][:2] == (105.0, 105.0) and math.isnan(seen["prices"][2])
    assert seen["rounded"] == (100.0, 100.01)


def test_last_trade_of_an_earlier_panel():
    seen = []
    script = Script({0: lambda c: c.buy("X", 10), 2: lambda c: seen.append(c.position_view("X").last_trade_ns)})
    market = panel({X: [FLAT] * 3})
    session = Session(market, [script], Settings(physics=FREE))
    for row in range(3):
        session.step(market.rows(row, row + 1))
    assert seen == [int(market.ts[1])]


# what a call does to the position, at 100 a share with 100,000 of equity
TARGETS = [
    (lambda c: c.order_target("X", 25), [(1, 25, 100.0)]),
    (lambda c: c.order_target("X", -25), [(1, -25, 100.0)]),
    (lambda c: c.order_target("X", 0), []),
    (lambda c: c.order_target("X", 2.9), [(1, 2, 100.0)]),
    (lambda c: c.order_target_percent("X", 0.5), [(1, 500, 100.0)]),
    (lambda c: c.order_target_percent("X", -0.1), [(1, -100, 100.0)]),
    (lambda c: c.exit("X"), []),
    (lambda c: c.enter("X", 1), [(1, 100, 100.0)]),
    (lambda c: c.enter("X", -1, quantity=7.0), [(1, -7, 100.0)]),
]


@pytest.mark.parametrize(("act", "expected"), TARGETS)
def test_helpers(act, expected):
    assert short(trade([FLAT] * 3, {0: act})) == expected


def test_a_target_without_a_price_is_no_order():
    market = masked(panel({X: [FLAT] * 3, Y: [FLAT] * 3}), (0, 1))
    assert short(run(market, Script({0: lambda c: c.order_target_percent("Y", 0.5)}))[1]) == []


def test_exit_closes_with_its_protection():
    plan = {0: lambda c: c.enter("X", 1, quantity=10.0, stop_loss=90.0), 1: lambda c: c.exit("X")}
    assert short(trade([FLAT] * 4, plan)) == [(1, 10, 100.0), (2, -10, 100.0)]


MISTAKES = [
    (lambda c: c.buy("Z", 1), NotFound, "symbol"),
    (lambda c: c.value("close", "X"), NotFound, "declared feature"),
    (lambda c: c.value("close", "Z"), NotFound, "symbol"),
    (lambda c: c.position("Z"), NotFound, "symbol"),
    (lambda c: c.buy("X", 1, time_in_force="dya"), NotFound, "time in force"),
    (lambda c: c.cancel(5), NotFound, "no order 5"),
    (lambda c: c.trailing_stop("X", 1), StrategyError, "either distance"),
    (lambda c: c.trailing_stop("X", 1, distance=1, fraction=0.1), StrategyError, "either distance"),
    (lambda c: c.trailing_stop("X", 1, distance=0.0001), StrategyError, "at least one tick"),
]


@pytest.mark.parametrize(("act", "kind", "text"), MISTAKES)
def test_mistakes_are_named(act, kind, text):
    with pytest.raises(kind, match=text):
        trade([FLAT] * 2, {0: act})


def test_a_strategy_may_not_cancel_the_orders_of_another():
    one, two = Script({0: lambda c: c.buy("X", 1, limit=50)}), Script({1: lambda c: c.cancel(0)})
    session, output = run(panel({X: [FLAT] * 3}), one, two)
    assert states(output) == ["ACCEPTED"]
    assert [(f.strategy, type(f.error)) for f in session.failures] == [(1, NotFound)]
    one, two = Script({0: lambda c: c.buy("X", 1, limit=50)}), Script({1: lambda c: c.cancel_all()})
    assert states(run(panel({X: [FLAT] * 3}), one, two)[1]) == ["ACCEPTED"]


def test_cancel_all_of_one_symbol():
    plan = {0: lambda c: [c.buy("X", 1, limit=50), c.buy("Y", 1, limit=50)], 1: lambda c: c.cancel_all("Y")}
    output = run(panel({X: [FLAT] * 3, Y: [FLAT] * 3}), Script(plan))[1]
    assert states(output) == ["ACCEPTED", "CANCELLED CANCELLED_BY_STRATEGY"]


def test_more_orders_in_a_slice_than_wait_at_once():
    count = MOST_REQUESTS + 10
    output = trade([FLAT] * 2, {0: lambda c: [c.buy("X", 1, limit=50 + k / 100) for k in range(count)]})
    assert len(output.orders) == count
    assert output.orders["limit"].tolist() == list(range(5000, 5000 + count))


def test_arrays_grow_when_they_are_full():
    class Busy(CallbackStrategy):
        def on_bar(self, context, symbol):
            for _ in range(40):
                context.buy(symbol, 1)
                context.sell(symbol, 1)

    output = trade([], {}, market=panel({X: [FLAT] * 60}))
    assert len(output.orders) == 0
    _, output = run(panel({X: [FLAT] * 60}), Busy())
    assert len(output.orders) == 60 * 80
    assert (output.orders["status"][:-80] == int(OrderStatus.FILLED)).all()


def test_a_target_through_latency_and_a_declarative_neighbour():
    neighbour = Columns(lambda bar: Entry(long=bar.session == 0.0, size=5.0))
    _, output = run(panel({X: [FLAT] * 4}), neighbour, Script({1: lambda c: c.buy("X", 10)}))
    assert short(output) == [(1, 5, 100.0), (2, 10, 100.0)]
    assert short(trade([FLAT] * 4, {0: lambda c: c.buy("X", 1)}, physics=with_physics(latency_slices=1))) == [
        (2, 1, 100.0)
    ]


def test_warm_up_slices_decide_nothing():
    market = panel({X: [FLAT] * 4})
    for strategy in (Script({0: lambda c: c.buy("X", 1), 2: lambda c: c.buy("X", 1)}),):
        session = Session(market, [strategy], Settings(physics=FREE), first_decision=1)
        seen: list[int] = []
        session.run(market, progress=seen.append)
        assert short(session.output()) == [(3, 1, 100.0)]
        assert seen == [4]


def test_bad_sessions():
    market = panel({X: [FLAT] * 3})
    with pytest.raises(ConfigError, match="at least one strategy"):
        Session(market, [], Settings())
    session = Session(market, [Script({})], Settings())
    with pytest.raises(ReportBug, match="one slice"):
        session.step(market)
    with pytest.raises(ReportBug, match="before any block"):
        session.flush()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"record": "al"}, "none, events or full"),
        ({"cash": -1.0}, "cash"),
        ({"leverage": 0.0}, "leverage"),
        ({"physics": Physics(participation=2.0)}, "participation"),
        ({"physics": Physics(event_participation=-1.0)}, "event_participation"),
    ],
)
def test_bad_settings(change, text):
    with pytest.raises(ConfigError, match=text):
        Settings(**change)


def test_coins_in_fractions():
    coin = Instrument(symbol="X", lot=Decimal("0.001"))
    market = panel({coin: [FLAT] * 4})
    seen = []
    plan = {
        0: lambda c: c.buy("X", 0.125),
        1: lambda c: seen.append(c.position("X")),
        2: lambda c: c.order_target("X", 0.1),
    }
    output = run(market, Script(plan))[1]
    assert seen == [0.125]
    assert short(output) == [(1, 125, 100.0), (3, -25, 100.0)]


def test_halted_accounts_only_reduce():
    market = panel({X: [FLAT] * 5})

    class Halts(CallbackStrategy):
        def on_bar(self, context, symbol):
            row = context.now_ns // 86_400_000_000_000 - 1
            if row == 0:
                context.buy(symbol, 10)
            if row == 1:
                session.book.account["halt_level"] = 1
                context.buy(symbol, 10)
                context.sell(symbol, 15)
                context.enter(symbol, 1)

    session = Session(market, [Halts()], Settings(physics=FREE, record="full"))
    session.run(market)
    output = session.output()
    assert short(output) == [(1, 10, 100.0), (2, -10, 100.0)]
    assert states(output) == ["FILLED", "DENIED HALTED", "FILLED"]


def test_record_levels():
    def make(bar):
        return Entry(long=bar.close > 0.0, size=10.0)

    market = panel({X: [FLAT] * 6})
    for level, count in (("none", 0), ("events", 2), ("full", 6)):
        output = run(market, Columns(make), record=level)[1]
        assert len(output.records) == count
    assert isinstance(Columns(make), Strategy)
