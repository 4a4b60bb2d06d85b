"""Scenario table of quotes and trades event by event: orders act on later events of their symbol only."""

from __future__ import annotations

import numpy as np
import pytest

from consilience.core.codes import MarketEventKind
from consilience.core.errors import ConfigError, DataError
from consilience.core.instruments import Instrument
from consilience.core.schemas import TICK_DTYPE
from consilience.engine.settings import Physics, Settings
from consilience.engine.ticks import TickRun
from consilience.strategies import CallbackStrategy, Entry, Strategy
from tests.engine.desk import FREE, X, Y, states, with_physics

QUOTE, TRADE, BOOK = MarketEventKind.QUOTE, MarketEventKind.TRADE, MarketEventKind.BOOK


def events(*rows):
    """(kind, symbol, bid, ask, bid size, ask size) in cents, a second apart."""
    result = np.zeros(len(rows), TICK_DTYPE)
    for k, (kind, symbol, bid, ask, bid_size, ask_size) in enumerate(rows):
        result[k] = (k * 10**9 + 10**9, k * 10**9 + 10**9, symbol, kind, 0, bid, ask, bid_size, ask_size, 0)
    return result


class Reader(CallbackStrategy):
    """Acts on numbered events and notes all it hears."""

    def __init__(self, plan):
        super().__init__()
        self.plan, self.heard, self.count = plan, [], 0

    def declare(self, bar):
        return {"mid": bar.close}

    def note(self, what, context, symbol):
        self.heard.append((what, symbol, context.bid(symbol), context.ask(symbol), context.value("mid", symbol)))
        if self.count in self.plan:
            self.plan[self.count](context)
        self.count += 1

    def on_quote(self, context, symbol):
        self.note("quote", context, symbol)

    def on_trade(self, context, symbol):
        self.note("trade", context, symbol)

    def on_book(self, context, symbol):
        self.note("book", context, symbol)


def play(ticks, *strategies, physics=FREE, blocks=None):
    run = TickRun((X, Y), strategies, Settings(cash=100_000.0, physics=physics))
    if blocks:
        run._block = blocks
    run.run(ticks)
    return run.session.output()


def trades(output):
    return [(int(f["row"]), int(f["symbol"]), int(f["side"] * f["lots"]), int(f["ticks"])) for f in output.fills]


Q = (QUOTE, 0, 9990, 10010, 5, 7)


def buy(quantity=10, **terms):
    return lambda context: context.buy("X", quantity, **terms)


# name, plan by event heard, events, fills (event, symbol, lots, ticks)
TABLE = [
    ("a buy meets the next ask", {0: buy(5)}, [Q, (QUOTE, 0, 9980, 10000, 5, 7)], [(1, 0, 5, 10000)]),
    ("not an event of another symbol", {0: buy(5)}, [Q, (QUOTE, 1, 1, 2, 9, 9), Q], [(2, 0, 5, 10010)]),
    ("displayed size caps", {0: buy(10)}, [Q, (QUOTE, 0, 9990, 10020, 5, 4)], [(1, 0, 4, 10020)]),
    ("the same quote again is the same size", {0: buy(10)}, [Q, Q, Q], [(1, 0, 7, 10010)]),
    (
        "a new price shows a new size",
        {0: buy(10)},
        [Q, Q, (QUOTE, 0, 9990, 10020, 5, 7)],
        [(1, 0, 7, 10010), (2, 0, 3, 10020)],
    ),
    (
        "a limit waits for the ask to go through",
        {0: buy(5, limit=100)},
        [Q, (QUOTE, 0, 9980, 10000, 5, 7)],
        [(1, 0, 5, 10000)],
    ),
    ("a limit above no quote", {0: buy(5, limit=99)}, [Q, Q, Q], []),
    ("a stop is hit by a trade", {0: buy(5, stop=101)}, [Q, (TRADE, 0, 10110, 10110, 9, 9)], [(1, 0, 5, 10110)]),
    (
        "one print serves both sides",
        {0: lambda c: [c.buy("X", 6), c.sell("X", 6)]},
        [Q, (TRADE, 0, 10000, 10000, 9, 9)],
        [(1, 0, -6, 10000), (1, 0, 3, 10000)],
    ),
    (
        "a crossed or empty quote is masked",
        {0: buy(5)},
        [Q, (QUOTE, 0, 10010, 9990, 9, 9), (QUOTE, 0, 0, 5, 1, 1), Q],
        [(3, 0, 5, 10010)],
    ),
    ("a book's best is a quote", {0: buy(5)}, [Q, (BOOK, 0, 9980, 10000, 5, 7)], [(1, 0, 5, 10000)]),
]


@pytest.mark.parametrize(("plan", "rows", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_events(plan, rows, expected):
    output = play(events(*rows), Reader(plan))
    assert trades(output) == expected
    for blocks in (1, 2):
        assert trades(play(events(*rows), Reader(plan), blocks=blocks)) == expected


def test_what_a_strategy_hears():
    reader = Reader({})
    play(events(Q, (TRADE, 1, 500, 500, 3, 3), (QUOTE, 0, 0, 5, 1, 1), (BOOK, 0, 9980, 10000, 5, 7)), reader)
    assert reader.heard == [
        ("quote", "X", 99.9, 100.1, 100.0),
        ("trade", "Y", 5.0, 5.0, 5.0),
        ("book", "X", 99.8, 100.0, 99.9),
    ]


def test_a_symbol_without_a_price_has_none():
    seen = []
    reader = Reader({0: lambda c: seen.append(c.bid("Y"))})
    play(events(Q), reader)
    assert seen[0] != seen[0]


def test_a_declarative_strategy_on_quotes():
    class Cheap(Strategy):
        def define(self, bar):
            return Entry(long=bar.close < 100.0, exit_long=bar.close > 101.0, size=5.0)

    rows = [
        Q,
        (QUOTE, 0, 9980, 10000, 9, 9),
        (QUOTE, 0, 9990, 10000, 9, 9),
        (QUOTE, 0, 10150, 10160, 9, 9),
        (QUOTE, 0, 10140, 10160, 9, 9),
    ]
    output = play(events(*rows), Cheap())
    assert trades(output) == [(2, 0, 5, 10000), (4, 0, -5, 10140)]


def test_latency_and_day_orders_count_events_and_days():
    output = play(events(Q, Q, Q, Q), Reader({0: buy(5)}), physics=with_physics(latency_slices=2))
    assert trades(output) == [(3, 0, 5, 10010)]
    ticks = events(Q, Q, Q)
    ticks["ts_known"][2] += 2 * 86_400_000_000_000
    output = play(ticks, Reader({0: buy(5, limit=50, time_in_force="day")}))
    assert states(output) == ["EXPIRED SESSION_ENDED"]


def test_no_cap_on_displayed_sizes():
    physics = with_physics(event_participation=0.0)
    assert trades(play(events(Q, Q), Reader({0: buy(50)}), physics=physics)) == [(1, 0, 50, 10010)]


def test_bad_input():
    with pytest.raises(ConfigError, match="one currency"):
        TickRun((X, Instrument(symbol="E", currency="EUR")), [Reader({})], Settings(physics=Physics()))
    with pytest.raises(DataError, match="order"):
        play(events(Q, Q)[::-1], Reader({}))
    with pytest.raises(DataError, match="not one of"):
        play(events((QUOTE, 7, 1, 2, 3, 4)), Reader({}))


def test_progress_counts_events():
    seen: list[int] = []
    run = TickRun((X,), [Reader({})], Settings(physics=FREE))
    run.run(events(Q, Q), progress=seen.append)
    assert seen == [2]
