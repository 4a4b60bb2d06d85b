"""Whose turn it is: strategies decide in the order in which they were given, whatever their form and the driver."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from consilience.core.codes import MarketEventKind
from consilience.core.jit import JIT_ENABLED
from consilience.core.schemas import TICK_DTYPE
from consilience.engine.output import RunOutput
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.engine.ticks import TickRun
from consilience.features.bar import Bar
from consilience.strategies import CallbackStrategy, Entry, Strategy
from tests.engine.desk import FREE, X, Y, panel, run, short
from tests.engine.markets import SETTINGS, market, same, stepped, strategy

FLAT = (100, 100, 100, 100)


class Says(Strategy):
    """Ten units of each symbol, from the first slice on."""

    def define(self, bar: Bar) -> Entry:
        return Entry(long=bar.close > 0.0, size=10.0)


class Asks(CallbackStrategy):
    """The same by orders of its own, once."""

    def __init__(self) -> None:
        super().__init__()
        self.done: set[str] = set()

    def on_bar(self, context: Any, symbol: str) -> None:
        if symbol not in self.done:
            self.done.add(symbol)
            context.buy(symbol, 10)

    on_quote = on_bar


class Enters(CallbackStrategy):
    """The same by decisions, which are answered at once."""

    def on_bar(self, context: Any, symbol: str) -> None:
        context.enter(symbol, 1, quantity=10.0)

    on_quote = on_bar


class Fails(CallbackStrategy):
    """Raises in its first turn."""

    def on_bar(self, context: Any, symbol: str) -> None:
        raise RuntimeError("no")

    on_quote = on_bar


# strategies in order, lanes in the order of their orders (two symbols a strategy)
TURNS: list[tuple[tuple[type[Strategy], ...], list[int]]] = [
    ((Says, Says), [0, 1, 2, 3]),
    ((Says, Asks), [0, 1, 2, 3]),
    ((Asks, Says), [0, 1, 2, 3]),
    ((Enters, Says), [0, 1, 2, 3]),
    ((Says, Enters, Says), [0, 1, 2, 3, 4, 5]),
    ((Asks, Says, Enters, Asks), [0, 1, 2, 3, 4, 5, 6, 7]),
    ((Asks, Enters, Says, Says, Asks, Says), list(range(12))),
    ((Fails, Says, Asks, Says), [2, 3, 4, 5, 6, 7]),
    ((Says, Fails, Says), [0, 1, 4, 5]),
]
NAMES = [" ".join(s.__name__ for s in row[0]) for row in TURNS]


def lanes_of_orders(output: RunOutput) -> list[int]:
    """Lanes of the orders of the first slice, by order number."""
    return [int(o["lane"]) for o in output.orders if o["created_row"] == 0]


@pytest.mark.parametrize(("strategies", "lanes"), TURNS, ids=NAMES)
def test_bars(strategies: tuple[type[Strategy], ...], lanes: list[int]) -> None:
    bars = panel({X: [FLAT] * 5, Y: [FLAT] * 5})
    assert lanes_of_orders(run(bars, *(s() for s in strategies))[1]) == lanes
    settings = Settings(cash=100_000.0, physics=FREE)
    assert lanes_of_orders(stepped(bars, [s() for s in strategies], settings)) == lanes


@pytest.mark.parametrize(("strategies", "lanes"), TURNS, ids=NAMES)
def test_one_symbol(strategies: tuple[type[Strategy], ...], lanes: list[int]) -> None:
    """The way without masks and names has its turns too."""
    output = run(panel({X: [FLAT] * 5}), *(s() for s in strategies))[1]
    assert lanes_of_orders(output) == sorted({lane // 2 for lane in lanes})


@pytest.mark.parametrize(("strategies", "lanes"), TURNS, ids=NAMES)
def test_quotes(strategies: tuple[type[Strategy], ...], lanes: list[int]) -> None:
    """One symbol has its event at a time, so the turns are those of X in the first event and of Y in the second."""
    ticks = np.zeros(3, TICK_DTYPE)
    for k, symbol in enumerate((0, 1, 0)):
        at = (k + 1) * 10**9
        ticks[k] = (at, at, symbol, MarketEventKind.QUOTE, 0, 9_990, 10_010, 500, 700, 0)
    events = TickRun((X, Y), [s() for s in strategies], Settings(cash=100_000.0, physics=FREE))
    events.run(ticks)
    orders = events.session.output().orders
    for row in (0, 1):
        seen = [int(o["lane"]) for o in orders if o["created_row"] == row]
        assert seen == [lane for lane in lanes if lane % 2 == row]


@pytest.mark.parametrize(
    ("strategies", "filled"),
    [
        ((Says, Asks), [(0, 10), (1, 5)]),
        ((Asks, Says), [(0, 10), (1, 5)]),
        ((Enters, Says, Asks), [(0, 10), (1, 5)]),
        ((Fails, Says, Asks), [(1, 10), (2, 5)]),
    ],
)
def test_the_earlier_strategy_has_what_cash_there_is(
    strategies: tuple[type[Strategy], ...], filled: list[tuple[int, int]]
) -> None:
    """Ten cost 1,000; the account has 1,500."""
    output = run(panel({X: [FLAT] * 3}), *(s() for s in strategies), cash=1_500.0)[1]
    assert [(int(f["lane"]), int(f["lots"])) for f in output.fills] == filled
    assert {row for row, _, _ in short(output)} == {1}


MIXED = ("moving_average_cross", "cross_sectional_momentum", "donchian_breakout", "cointegrated_pairs", "macd_cross")
FORMS = list(product((False, True), repeat=3))


@pytest.mark.parametrize("forms", FORMS if JIT_ENABLED else FORMS[1:6:2])
def test_any_mixture_of_forms_is_the_same_run(forms: tuple[bool, ...]) -> None:
    """Three declarative strategies, each in either form, between and around two that send orders."""
    bars = market("daily")
    left = iter(forms)
    reference = Session(bars, [strategy(name) for name in MIXED], SETTINGS)
    reference.run(bars)
    assert {int(lane) // len(bars.symbols) for lane in reference.output().fills["lane"]} == set(range(len(MIXED)))
    made = [strategy(name, callbacks="cross_s" not in name and "pairs" not in name and next(left)) for name in MIXED]
    session = Session(bars, made, SETTINGS)
    session.run(bars, blocks=(1, 17, 120))
    same(reference.output(), session.output())
