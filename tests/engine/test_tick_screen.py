"""A universe over single quotes and trades: screened on bars made from them, known when the bar has closed."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest

from consilience.core.codes import MarketEventKind, Reason
from consilience.core.errors import ConfigError
from consilience.core.panel import Panel, PriceColumns, base_fx
from consilience.core.schemas import TICK_DTYPE
from consilience.core.time import MINUTE, SECOND, Timeframe
from consilience.engine.settings import Settings
from consilience.engine.tick_screen import TickScreen
from consilience.engine.ticks import TickRun
from consilience.strategies import CallbackStrategy
from consilience.universe.profile import Profile
from consilience.universe.screener import screen_panel
from consilience.universe.selection import NEVER
from tests.engine.desk import FREE, X, Y

ONE = Timeframe(MINUTE)
QUOTE, TRADE = int(MarketEventKind.QUOTE), int(MarketEventKind.TRADE)
CHEAP = Profile(name="cheap", filters={"price": {"minimum": 50.0}})
TIGHT = Profile(name="tight", filters={"spread": {"maximum": 0.001}})
BUSY = Profile(name="busy", filters={"volume": {"minimum": 1_000.0}})
NOT_VALID, PRICE = int(Reason.NOT_VALID), int(Reason.PRICE_OUT_OF_RANGE)


def events(*rows):
    """(second, kind, symbol, bid, ask) in cents; 100 lots at each side."""
    result = np.zeros(len(rows), TICK_DTYPE)
    for k, (second, kind, symbol, bid, ask) in enumerate(rows):
        ts = int(second * SECOND)
        result[k] = (ts, ts, symbol, kind, 0, bid, ask, 100, 100, 0)
    return result


def quote(second, symbol, bid, spread=2):
    return (second, QUOTE, symbol, bid, bid + spread)


def trade(second, symbol, price):
    return (second, TRADE, symbol, price, price)


class Eager(CallbackStrategy):
    """Buys one of what it hears of, each time."""

    def on_quote(self, context, symbol):
        context.buy(symbol, 1)

    on_trade = on_quote


def play(profile, ticks, blocks=None, screen=ONE):
    run = TickRun((X, Y), (Eager(),), Settings(cash=1e6, physics=FREE, universe=profile), screen=screen)
    if blocks:
        run._block = blocks
    run.run(ticks)
    return [(int(f["ts"]) / SECOND, int(f["symbol"])) for f in run.session.output().fills]


# what is asked at an event is filled at its symbol's next one
TABLE = [
    ("nobody before the first bar has closed; from its end on, its members", CHEAP,
     [quote(10, 0, 6000), quote(50, 0, 6000), quote(60, 0, 6000), quote(61, 0, 6000)], [(61, 0)]),
    ("a price that falls counts when its bar has closed", CHEAP,
     [quote(10, 0, 6000), quote(70, 0, 4000), quote(80, 0, 4000), quote(130, 0, 6000), quote(140, 0, 6000)],
     [(80, 0), (130, 0)]),
    ("a symbol without an event in the bar is no member after it", CHEAP,
     [quote(10, 0, 6000), quote(11, 1, 6000), quote(70, 0, 6000), quote(130, 1, 6000), quote(131, 1, 6000)], []),
    ("the spread is that of the bar's last quote, trades do not narrow it", TIGHT,
     [quote(10, 0, 6000, 60), quote(11, 1, 6000, 2), trade(12, 0, 6010), quote(70, 0, 6000, 2), quote(71, 1, 6000),
      quote(72, 1, 6000), quote(73, 0, 6000, 2)], [(72, 1)]),
    ("a spread is not known where a symbol only trades", TIGHT,
     [trade(10, 0, 6000), quote(11, 1, 6000, 2), quote(70, 1, 6000), quote(71, 1, 6000)], []),
    ("volume is what was traded", BUSY,
     [trade(10, 0, 6000), quote(11, 1, 6000), trade(70, 0, 6000), trade(71, 0, 6000), quote(72, 1, 6000),
      quote(73, 1, 6000)], [(71, 0)]),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "rows", "fills"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
@pytest.mark.parametrize("blocks", [None, 1, 2])
def test_members_of_a_tick_run(profile, rows, fills, blocks):
    assert play(profile, events(*rows), blocks) == fills


def test_a_symbol_just_traded_is_outranked_while_it_recovers():
    """The decay looks at fills so far: what was bought in one bar has half its score at the next one's close."""
    rng = np.random.default_rng(7)
    rows = []
    for minute in range(160):
        drift = 40 * minute
        for symbol in (0, 1):
            rows.append(quote(60 * minute + 10 + symbol, symbol, 10_000 + drift + int(rng.integers(-30, 31))))
            rows.append(trade(60 * minute + 20 + symbol, symbol, 10_001 + drift))
    profile = Profile(name="one", top=1, missing="pass")
    steady = [symbol for _, symbol in play(profile, events(*sorted(rows)))]
    decayed = [
        symbol for _, symbol in play(msgspec.structs.replace(profile, decay_minutes=30.0), events(*sorted(rows)))
    ]

    def changes(symbols):
        return sum(a != b for a, b in pairwise(symbols))

    assert len(steady) > 100 and len(decayed) > 100
    assert changes(decayed) > changes(steady)


def test_the_screen_is_that_of_the_same_bars():
    """Codes of every bar equal those of a panel of bars built here by hand from the same events."""
    rng = np.random.default_rng(3)
    bars, rows = 90, []
    prices = np.zeros((4, bars, 2), np.int64)
    for minute in range(bars):
        for symbol in (0, 1):
            path = 6000 + np.cumsum(rng.integers(-200, 201, 5))
            prices[:, minute, symbol] = path[0], path.max(), path.min(), path[-1]
            rows += [trade(60 * minute + 5 * k + symbol, symbol, int(p)) for k, p in enumerate(path)]
    ticks = events(*sorted(rows))
    profile = Profile(
        name="both", filters={"price": {"minimum": 60.0}, "volume": {"minimum": 1e6}}, top=1, missing="pass"
    )
    column = PriceColumns(*prices)
    ts = np.arange(1, bars + 1, dtype=np.int64) * MINUTE
    fx_num, fx_den = base_fx(bars)
    none = np.zeros((bars, 2), np.int64)
    panel = Panel(
        instruments=(X, Y), ts=ts, ts_known=ts, bid=column, ask=column, bid_size=none, ask_size=none,
        volume=np.full((bars, 2), 500.0), valid=np.ones((bars, 2), np.bool_), session=none, currencies=("USD",),
        fx_num=fx_num, fx_den=fx_den, duration_ns=MINUTE,
    )  # fmt: skip
    wanted = np.concatenate([one.codes for one in screen_panel(profile, panel)])
    screen = TickScreen(profile, (X, Y), ONE)
    never, found = np.full(2, NEVER, np.int64), []
    for first, last in pairwise(screen.cuts(ticks["ts_known"]).tolist()):
        part = ticks[first:last]
        if screen.reach(int(part["ts_known"][0]), never):
            found.append(screen.codes)
        screen.take(part, np.ones(len(part), np.bool_), np.zeros(len(part), np.int64))
    assert screen.reach(int(ts[-1]), never)
    assert np.array_equal(np.array([*found, screen.codes]), wanted)
    assert set(np.unique(wanted)) >= {0, PRICE}


def test_a_universe_that_screens_needs_the_length_of_its_bars():
    with pytest.raises(ConfigError, match="universe 'cheap' is asked on bars; give screen="):
        play(CHEAP, events(quote(1, 0, 6000)), screen=None)
    with pytest.raises(ConfigError, match="bars of 7m do not divide a day"):
        play(CHEAP, events(quote(1, 0, 6000)), screen=Timeframe(7 * MINUTE))
