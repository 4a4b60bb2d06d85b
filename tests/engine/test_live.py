"""A session whose venue is outside makes the backtest's decisions and fills, to the integer."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from consilience.core.codes import MarketEventKind, OrderRole, OrderStatus
from consilience.core.jit import JIT_ENABLED
from consilience.core.schemas import TICK_DTYPE
from consilience.engine.fused import Fused
from consilience.engine.session import Session
from consilience.engine.settings import Physics
from consilience.engine.ticks import TickRun
from consilience.risk.exit_settings import ExitSettings
from consilience.strategies.base import CallbackStrategy, Param
from consilience.strategies.catalog import STRATEGIES
from tests.engine.desk import X, Y
from tests.engine.lockstep import Lockstep, same_but_venue, through_venue
from tests.engine.markets import MARKETS, SETTINGS, market, markets_of, play, strategy
from tests.engine.test_fused import SETTINGS as FULL
from tests.engine.test_fused import balanced
from tests.examples import cases

CASES = [(m, s, c) for s in STRATEGIES for m in markets_of(s) for c in (False, True)]


@pytest.mark.parametrize(("where", "name", "callbacks"), cases(CASES, 7))
def test_reports_of_the_simulated_venue_equal_the_loop(where, name, callbacks):
    panel = market(where)
    reference = play(panel, name, callbacks=callbacks)
    assert len(reference.fills) >= (200 if JIT_ENABLED else 10)
    same_but_venue(reference, through_venue(panel, [strategy(name, callbacks=callbacks)], SETTINGS))


@pytest.mark.parametrize("where", cases(["daily", "bid_ask"], 2))
def test_the_full_pipeline_too(where):
    panel = market(where, 900 if JIT_ENABLED else 260)
    exits = ExitSettings(break_even_r=0.8, trail_atr=2.0, partial=((0.6, 0.5),), time_bars=40)
    settings = msgspec.structs.replace(FULL, exits=exits, physics=Physics(participation=0.05, latency_slices=1))
    session = Session(panel, [Fused(balanced())], settings)
    session.run(panel)
    reference = session.output()
    roles = set(reference.fills["role"].tolist())
    assert {int(OrderRole.ENTRY), int(OrderRole.EXIT), int(OrderRole.STOP_LOSS)} <= roles
    same_but_venue(reference, through_venue(panel, [Fused(balanced())], settings))


class Trader(CallbackStrategy):
    """Sends every kind of order and cancels some, by a seed."""

    name = Param("x", choices=("x",))

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = np.random.default_rng(seed)
        self.mine: list[int] = []

    def on_bar(self, context, symbol):
        self.act(context, symbol)

    def on_quote(self, context, symbol):
        self.act(context, symbol)

    def on_trade(self, context, symbol):
        self.act(context, symbol)

    def act(self, context, symbol):
        """One order or none."""
        draw = self.random.random
        if draw() > 0.5:
            return
        kind, side = int(draw() * 8), context.buy if draw() < 0.5 else context.sell
        price = context.round_price(symbol, context.bid(symbol) * (0.98 + 0.04 * draw()), up=True)
        size, force = float(int(1 + 40 * draw())), ("gtc", "day", "ioc", "fok")[int(4 * draw())]
        held = abs(context.position(symbol))
        if kind == 0:
            self.mine.append(side(symbol, size, time_in_force=force))
        elif kind == 1:
            self.mine.append(side(symbol, size, limit=price, time_in_force=force, post_only=draw() < 0.3))
        elif kind == 2:
            self.mine.append(side(symbol, size, stop=price, limit=price if draw() < 0.5 else None))
        elif kind == 3 and held:
            self.mine.append(context.trailing_stop(symbol, held, fraction=0.01))
        elif kind == 4:
            self.mine.append(side(symbol, size, limit=price, reduce_only=True))
        elif kind == 5 and self.mine:
            context.cancel(self.mine[int(len(self.mine) * draw())])
        elif kind == 6:
            context.enter(symbol, 1 if draw() < 0.5 else -1, stop_loss=price * 0.97, take_profit=price * 1.03)
        elif kind == 7:
            context.exit(symbol)


@pytest.mark.parametrize("where", MARKETS)
@pytest.mark.parametrize("seed", cases(range(12), 6))
def test_every_kind_of_order(where, seed):
    panel = market(where, 300)
    session = Session(panel, [Trader(seed), Trader(seed + 100)], SETTINGS)
    session.run(panel)
    reference = session.output()
    ends = set(reference.orders["status"].tolist())
    assert {int(s) for s in (OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED)} <= ends
    same_but_venue(reference, through_venue(panel, [Trader(seed), Trader(seed + 100)], SETTINGS))


def quotes(count):
    """Seeded quotes and trades of two symbols, a second apart."""
    random = np.random.default_rng(3)
    ticks = np.zeros(count, TICK_DTYPE)
    middle = 10_000 + np.cumsum(random.integers(-15, 16, count))
    ticks["ts"] = ticks["ts_known"] = np.arange(1, count + 1) * 10**9
    ticks["symbol"], ticks["kind"] = random.integers(0, 2, count), random.integers(0, 2, count)
    spread = np.where(ticks["kind"] == MarketEventKind.TRADE, 0, random.integers(1, 6, count))
    ticks["bid"], ticks["ask"] = middle, middle + spread
    ticks["bid_size"], ticks["ask_size"] = random.integers(1, 60, (2, count))
    return ticks


def test_event_by_event():
    ticks = quotes(1500 if JIT_ENABLED else 400)
    run = TickRun((X, Y), [Trader(1)], SETTINGS)
    run.run(ticks)
    reference, panel = run.session.output(), run.session.panel
    assert np.count_nonzero(reference.fills["lots"]) > 20
    both = Lockstep(panel.rows(0, 0), [Trader(1)], SETTINGS)
    for row in range(panel.shape[0]):
        both.live.kinds = ticks["kind"][row : row + 1].astype(np.uint8).tobytes()
        both.step(panel.rows(row, row + 1))
    same_but_venue(reference, both.live.output())
