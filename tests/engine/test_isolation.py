"""One strategy that raises is set aside; what the others do is what they do without it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from consilience.core.errors import HaltTrading, StrategyError
from consilience.core.schemas import ACTION_DIVIDEND, ACTION_DTYPE
from consilience.engine.session import Session
from consilience.engine.settings import Physics, Settings
from consilience.features.bar import Bar
from consilience.strategies import CallbackStrategy, Entry, Strategy
from tests.engine.desk import DAY, Script, X, Y, masked, panel, run, short, states
from tests.engine.markets import market, strategy

FLAT = (100, 100, 100, 100)
OTHERS = ("moving_average_cross", "donchian_breakout")
# free of any cap that strategies share: so the failing one's orders change nothing for the others
RICH = Settings(cash=1e9, fraction=0.0001, physics=Physics(participation=0.0))


class Broken(Strategy):
    """Raises when it is asked what it wants."""

    def define(self, bar: Bar) -> Entry:
        raise ZeroDivisionError("nothing to divide by")


class Undeclared(CallbackStrategy):
    """The same in the other form."""

    def declare(self, bar: Bar) -> dict[str, Any]:
        raise ValueError("no")


class Minutes(Strategy):
    """Wants bars that the run does not have."""

    def define(self, bar: Bar) -> Entry:
        return Entry(long=bar.at("1m").close > 0.0)


class Unfed(Strategy):
    """Wants a series that nobody feeds."""

    def define(self, bar: Bar) -> Entry:
        return Entry(long=bar.slot("mood") > 0.0)


class Trips(CallbackStrategy):
    """Buys everything in its first slice and raises in the ``fatal``-th call of ``where``."""

    def __init__(self, where: str, fatal: int = 40) -> None:
        super().__init__()
        self.where, self.left, self.calls = where, fatal, 0

    def count(self, where: str) -> None:
        """Raises when its time has come."""
        self.calls += 1
        if where == self.where:
            self.left -= 1
            if self.left < 0:
                raise RuntimeError(f"tripped in {where}")

    def on_start(self, context: Any) -> None:
        self.count("on_start")

    def on_bar(self, context: Any, symbol: str) -> None:
        self.count("on_bar")
        if context.position(symbol) == 0.0:
            context.buy(symbol, 3)
            context.sell(symbol, 3, limit=1e5)

    def on_fill(self, context: Any, order_id: int) -> None:
        self.count("on_fill")

    def on_position(self, context: Any, symbol: str) -> None:
        self.count("on_position")

    def on_order(self, context: Any, order_id: int) -> None:
        self.count("on_order")

    def on_stop(self, context: Any) -> None:
        self.count("on_stop")


def trades_of(session: Session, number: int) -> list[tuple[int, ...]]:
    """What one strategy traded: slice, symbol, side, lots, price, fee, reason."""
    fills, symbols = session.output().fills, len(session.symbols)
    mine = fills[fills["lane"] // symbols == number]
    return [tuple(int(f[n]) for n in ("row", "symbol", "side", "lots", "ticks", "fee", "reason")) for f in mine]


def played(where: str, *strategies: Strategy, live: bool = False) -> Session:
    """A whole run, in blocks or slice by slice."""
    panel_at_hand = market(where)
    session = Session(panel_at_hand, strategies, RICH)
    if live:
        for row in range(panel_at_hand.shape[0]):
            session.step(panel_at_hand.rows(row, row + 1))
    else:
        session.run(panel_at_hand)
    session.stop()
    return session


@cache
def trades_alone(others: bool) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """What the two trade where nothing fails, one run for all tests."""
    one, two = (strategy(name, callbacks=others) for name in OTHERS)
    clean = played("daily", one, two)
    return trades_of(clean, 0), trades_of(clean, 1)


FAULTY = [
    (Broken, "define", ZeroDivisionError),
    (Undeclared, "declare", ValueError),
    (Minutes, "define", StrategyError),
    (Unfed, "define", StrategyError),
    (lambda: Trips("on_bar"), "on_bar", RuntimeError),
    (lambda: Trips("on_start", 0), "on_start", RuntimeError),
    (lambda: Trips("on_fill", 2), "on_fill", RuntimeError),
    (lambda: Trips("on_position", 3), "on_position", RuntimeError),
    (lambda: Trips("on_stop", 0), "on_stop", RuntimeError),
]


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("others", [False, True], ids=["declarative", "callbacks"])
@pytest.mark.parametrize(("make", "where", "kind"), FAULTY)
def test_the_others_trade_as_without_it(make: Any, where: str, kind: type[Exception], others: bool, live: bool) -> None:
    one, two = (strategy(name, callbacks=others) for name in OTHERS)
    session = played("daily", one, make(), two, live=live)
    for trades, now in zip(trades_alone(others), (0, 2), strict=True):
        assert len(trades) > 10
        assert trades_of(session, now) == trades
    assert [(f.strategy, f.where, type(f.error)) for f in session.failures] == [(1, where, kind)]
    lanes = session.book.lanes[len(session.symbols) : 2 * len(session.symbols)]
    if where != "on_stop":
        assert (lanes["lots"] == 0).all() and (lanes["active"] == 0).all()


def test_what_failed_is_closed_when_its_symbol_trades_again() -> None:
    """Holds X and Y, raises in slice 2; Y does not trade then, and is sold when it does."""
    plan = {0: lambda c: [c.buy("X", 5), c.buy("Y", 7), c.buy("X", 1, limit=50)], 2: lambda c: 1 / 0}
    bars = masked(panel({X: [FLAT] * 7, Y: [FLAT] * 7}), (2, 1), (3, 1))
    session, output = run(bars, Script(plan), Quiet())
    assert short(output) == [(1, 5, 100.0), (1, 7, 100.0), (3, -5, 100.0), (5, -7, 100.0)]
    assert "CANCELLED CANCELLED_BY_STRATEGY" in states(output)
    assert [(f.where, f.ts) for f in session.failures] == [("on_bar", 3 * DAY)]


class Quiet(Strategy):
    """Never trades."""

    def define(self, bar: Bar) -> Entry:
        return Entry(long=bar.close < 0.0)


def test_one_symbol_one_callback_strategy_beside_a_declarative_one() -> None:
    plan = {0: lambda c: c.buy("X", 5), 2: lambda c: 1 / 0}
    session, output = run(panel({X: [FLAT] * 6}), Script(plan), Quiet())
    assert short(output) == [(1, 5, 100.0), (3, -5, 100.0)]
    assert len(session.failures) == 1


def test_a_strategy_that_was_set_aside_is_not_called_again() -> None:
    trips = Trips("on_fill", 0)
    session = played("daily", trips, strategy(OTHERS[0]))
    calls = trips.calls
    assert len(session.failures) == 1
    session.stop()
    assert trips.calls == calls


def test_when_all_fail_the_run_fails_with_what_was_raised() -> None:
    with pytest.raises(ZeroDivisionError, match="nothing to divide by"):
        Session(market("daily"), [Broken(), Unfed()], RICH)
    with pytest.raises(RuntimeError, match="tripped in on_bar"):
        played("daily", Broken(), Trips("on_bar"))
    with pytest.raises(RuntimeError, match="tripped in on_bar"):
        played("daily", Trips("on_bar", 9), Trips("on_bar", 50))


def test_a_fault_of_the_run_itself_ends_it() -> None:
    actions = [(2, 0, ACTION_DIVIDEND, 1, 1, 10**18)]
    assert ACTION_DTYPE.names
    with pytest.raises(HaltTrading):
        run(panel({X: [FLAT] * 4}, actions=actions), Script({0: lambda c: c.buy("X", 10)}), Quiet())
