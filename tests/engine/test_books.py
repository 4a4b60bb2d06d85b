"""Books and promises of the venue over seeded runs: what a trader may never see broken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as draw

from consilience.core.errors import ReportBug
from consilience.core.instruments import Instrument
from consilience.core.jit import JIT_ENABLED
from consilience.core.panel import Panel, PriceColumns
from consilience.core.schemas import ACTION_DELISTING, ACTION_DIVIDEND, ACTION_DTYPE, ACTION_ROLL, ACTION_SPLIT
from consilience.core.units import MILLION
from consilience.engine.session import Session
from consilience.engine.settings import Physics, Settings
from consilience.portfolio.books import book_terms, verify
from consilience.portfolio.trades import round_trips
from consilience.strategies import CallbackStrategy, Entry, Strategy, ta
from tests.engine.markets import MARKETS, SETTINGS, market, play

ROWS = 250 if JIT_ENABLED else 60
EXAMPLES = 60 if JIT_ENABLED else 5
SLIP_PPM = 500


class Noise(CallbackStrategy):
    """Sends orders of every kind without sense, from a seed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.rng = np.random.default_rng(seed)
        self.sent: list[int] = []

    def on_bar(self, context, symbol):
        """A few random wishes."""
        rng, roll = self.rng, self.rng.integers(0, 20)
        close, size = context.bid(symbol), float(rng.integers(1, 60))
        away = round(close + rng.integers(-150, 151) / 100, 2)
        send = context.buy if rng.integers(0, 2) else context.sell
        life = ("gtc", "day", "ioc", "fok")[rng.integers(0, 4)]
        if roll == 0:
            self.sent.append(send(symbol, size, time_in_force=life))
        elif roll == 1:
            send(symbol, size, limit=away, time_in_force=life, post_only=bool(rng.integers(0, 2)))
        elif roll == 2:
            send(symbol, size, stop=away, reduce_only=bool(rng.integers(0, 2)))
        elif roll == 3:
            send(symbol, size, stop=away, limit=round(away + 0.2, 2))
        elif roll == 4:
            context.trailing_stop(symbol, size, fraction=0.02)
        elif roll == 5:
            context.enter(symbol, 1 if rng.integers(0, 2) else -1, stop_loss=close * 0.98, take_profit=close * 1.03)
        elif roll == 6:
            context.exit(symbol)
        elif roll == 7:
            context.order_target_percent(symbol, float(rng.uniform(-0.5, 0.5)))
        elif roll == 8 and self.sent:
            context.cancel(self.sent.pop())


class Bracket(Strategy):
    """In and out by the minute of the day, with protection."""

    def define(self, bar):
        up = bar.close > bar.open
        return Entry(
            long=up,
            short=bar.close < bar.open,
            stop_loss=bar.close * _side(up, 0.99),
            take_profit=bar.close * _side(up, 1.02),
            trail=bar.close * 0.015,
            pyramid=2,
        )


def _side(up, factor):
    return ta.where(up, factor, 2.0 - factor)


def noisy_panel(seed: int, rows: int = ROWS) -> Panel:
    """Three instruments, one in euros, masks, and every kind of corporate action."""
    rng = np.random.default_rng(seed)
    base = market("bid_ask" if seed % 2 else "daily", rows).rows(0, rows)
    symbols = min(base.shape[1], 3)
    cut = [PriceColumns(*(np.ascontiguousarray(c[:, :symbols]) for c in side)) for side in (base.bid, base.ask)]
    ask = cut[1] if base.is_bid_ask else cut[0]
    actions = []
    for row in np.sort(rng.choice(np.arange(5, rows), 8, replace=False)):
        kind = int(rng.choice([ACTION_SPLIT, ACTION_DIVIDEND, ACTION_ROLL]))
        symbol = int(rng.integers(0, symbols))
        near = int(cut[0].close[row - 1, symbol])
        ratio = (near, near + int(rng.integers(-50, 50))) if kind == ACTION_ROLL else rng.integers(1, 5, 2).tolist()
        actions.append((row, base.ts[row] - 1, symbol, kind, *ratio, int(rng.integers(0, 500_000))))
    actions.append((rows - 3, base.ts[rows - 3] - 1, symbols - 1, ACTION_DELISTING, 1, 1, 0))
    made = np.array(sorted(actions, key=lambda a: (a[0], a[2])), ACTION_DTYPE)
    fx = np.ones((rows, 2), np.int64)
    fx[:, 1] = 110_000 + np.cumsum(rng.integers(-50, 51, rows))
    euro = Instrument(symbol="EUR1", currency="EUR")
    valid = np.ascontiguousarray(base.valid[:, :symbols])
    valid[rows - 3 :, symbols - 1] = False
    return replace(
        base,
        instruments=(*base.instruments[: symbols - 1], euro),
        bid=cut[0],
        ask=ask,
        bid_size=np.ascontiguousarray(base.bid_size[:, :symbols]),
        ask_size=np.ascontiguousarray(base.ask_size[:, :symbols]),
        volume=base.volume[:, :symbols],
        valid=valid,
        session=np.ascontiguousarray(base.session[:, :symbols]),
        currencies=("USD", "EUR"),
        fx_num=fx,
        fx_den=np.array([1, 100_000], np.int64),
        factor=None,
        split_factor=None,
        actions=made,
    )


def noisy_run(seed: int):
    """A run of noise and brackets on one account."""
    panel = noisy_panel(seed)
    physics = Physics(slippage="spread" if seed % 3 else "ticks", participation=0.1, latency_slices=seed % 2)
    settings = Settings(cash=50_000.0, fraction=0.3, leverage=1.0 + seed % 3, physics=physics)
    session = Session(panel, [Noise(seed), Bracket()], settings)
    session.run(panel)
    return panel, settings, session.output()


@budget(max_examples=EXAMPLES)
@given(draw.integers(0, 10_000))
def test_the_books_agree(seed):
    panel, _, output = noisy_run(seed)
    verify(output.fills, panel.actions, book_terms(panel, output.cash_start), output.account, output.lanes)
    trades = round_trips(output.fills, panel)
    assert int(output.account["equity"][0]) - output.cash_start == int(trades.records["net"].sum())
    assert int(output.account["open_lanes"][0]) == np.count_nonzero(output.lanes["lots"])
    assert int(output.account["gross"][0]) == int(np.abs(output.lanes["value"]).sum())
    assert int(output.account["margin"][0]) == int(output.lanes["margin"].sum())
    assert int(output.account["equity"][0]) == int(output.account["cash"][0]) + int(output.lanes["value"].sum())


@budget(max_examples=EXAMPLES)
@given(draw.integers(0, 10_000))
def test_what_the_venue_never_does(seed):
    panel, settings, output = noisy_run(seed)
    fills = output.fills[(output.fills["side"] != 0)]
    traded = fills[output.orders["created_row"][fills["order"]] < fills["row"]]  # not rolls and delistings
    row, symbol, side = traded["row"], traded["symbol"], traded["side"]
    assert panel.valid[row, symbol].all()
    high = np.where(side > 0, panel.ask.high[row, symbol], panel.bid.high[row, symbol])
    low = np.where(side > 0, panel.ask.low[row, symbol], panel.bid.low[row, symbol])
    slip = traded["ticks"] * SLIP_PPM // MILLION + 2
    assert (traded["ticks"] <= high + np.where(side > 0, slip, 0)).all()
    assert (traded["ticks"] >= low - np.where(side < 0, slip, 0)).all()
    taken = np.zeros((2, *panel.shape), np.int64)
    np.add.at(taken, ((side < 0).astype(int), row, symbol), traded["lots"])
    if panel.is_bid_ask:
        assert (taken[0] <= panel.ask_size // 10).all() and (taken[1] <= panel.bid_size // 10).all()
    else:
        assert (taken.sum(axis=0) <= panel.bid_size // 10).all()
    ordered = output.orders
    assert (ordered["filled"] <= ordered["lots"]).all()
    assert settings.leverage >= 1.0


@budget(max_examples=EXAMPLES)
@given(draw.integers(0, 10_000))
def test_order_states_make_sense(seed):
    _, _, output = noisy_run(seed)
    orders = output.orders
    final = orders["status"] >= 6
    assert ((orders["done_row"] >= 0) == final).all()
    assert (orders["filled"][orders["status"] == 6] > 0).all()
    reasoned = final & (orders["status"] != 6)
    assert (orders["reason"][reasoned] > 0).all()
    alive = orders[~final]
    armed = alive[alive["status"] != 0]
    waits = np.array([p >= 0 and orders["status"][p] < 6 for p in armed["parent"]], bool)
    assert ((armed["filled"] < armed["lots"]) | waits).all()
    assert (np.bincount(alive["lane"], minlength=len(output.lanes)) == output.lanes["active"]).all()


@pytest.mark.parametrize("where", MARKETS)
def test_a_cash_account_never_goes_below_zero(where):
    settings = Settings(
        cash=20_000.0, fraction=0.4, leverage=1.0, physics=Physics(participation=0.05), allow_short=False
    )
    output = play(market(where), "rsi_mean_reversion", settings=settings)
    assert len(output.fills) > 0
    assert int(output.curves[:, 1].min()) >= 0


FAULTS = [
    ("lots", 1),
    ("ticks", 1),
    ("notional", 1),
    ("fee", 1),
    ("fee_base", 1),
    ("cash", -1),
    ("realised", 1),
    ("position", 1),
]


@pytest.mark.parametrize(("field", "change"), FAULTS)
def test_one_corrupted_fill_is_caught(field, change):
    panel = market("daily")
    output = play(panel, "moving_average_cross", settings=SETTINGS)
    fills = output.fills.copy()
    fills[np.flatnonzero(fills["side"] != 0)[5]][field] += change
    with pytest.raises(ReportBug):
        verify(fills, panel.actions, book_terms(panel, output.cash_start), output.account, output.lanes)
