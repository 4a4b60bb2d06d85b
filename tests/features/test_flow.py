"""Order flow: recorded books event by event against plain Python, event panels, and sums over time."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.adapters.storage.import_options import ImportOptions
from consilience.adapters.storage.tick_import import import_ticks
from consilience.core.codes import MarketEventKind
from consilience.core.errors import StrategyError
from consilience.core.instruments import Instrument
from consilience.core.panel import FloatBars, PriceColumns, trade_panel
from consilience.core.schemas import TICK_DTYPE
from consilience.engine.settings import Settings
from consilience.engine.ticks import TickRun
from consilience.features import Evaluator, FeatureBlock, bar, ta
from consilience.market.event_columns import complete_quotes
from consilience.market.float_bars import FloatBarMaker
from consilience.strategies import CallbackStrategy
from tests.features.support import history, run, same

SECOND = 1_000_000_000
LEVELS = 10


def block_of(ts, columns, slots=None):
    """Slices of one symbol from flat columns by name; what is not named is 0."""
    rows = len(ts)
    made = {name: np.zeros((rows, 1)) for name in FloatBars._fields}
    made |= {name: np.array(c, np.float64)[:, None] for name, c in columns.items()}
    session = np.zeros((rows, 1), np.int64)
    return FeatureBlock(np.array(ts, np.int64), FloatBars(**made), session == 0, session, slots=slots)


# ---- a recorded book, every event, every level -----------------------------------------------------------------------
def recorded_book(shared_data):
    """(seconds, levels): prices in 1/10000 and sizes as the files give them, [event][level] = ask, size, bid, size."""
    with gzip.open(shared_data / "ticks/lobster_aapl_20120621_orderbook_10.csv.gz", "rt") as file:
        books = [[int(v) for v in row] for row in csv.reader(file)]
    with gzip.open(shared_data / "ticks/lobster_aapl_20120621_message_10.csv.gz", "rt") as file:
        times = [float(row[0]) for row in csv.reader(file)]
    return times, [[tuple(row[4 * k : 4 * k + 4]) for k in range(LEVELS)] for row in books]


def by_cases(before, now):
    """e_n told in words: six cases of two sides, as the paper's text has them and not its formula."""
    ask, ask_size, bid, bid_size = now
    old_ask, old_ask_size, old_bid, old_bid_size = before
    if bid > old_bid:
        demand = bid_size
    elif bid == old_bid:
        demand = bid_size - old_bid_size
    else:
        demand = -old_bid_size
    if ask > old_ask:
        supply = -old_ask_size
    elif ask == old_ask:
        supply = ask_size - old_ask_size
    else:
        supply = ask_size
    return demand - supply


def test_every_event_of_a_recorded_book_at_every_level(shared_data):
    times, books = recorded_book(shared_data)
    assert len(books) == len(times) == 999
    names = ("ask", "ask_size", "bid", "bid_size")
    best = {name: [book[0][k] for book in books] for k, name in enumerate(names)}
    slots = [f"book.{name}_{level}" for level in range(2, LEVELS + 1) for name in names]
    deep = [[book[level - 1][k] for book in books] for level in range(2, LEVELS + 1) for k in range(4)]
    ts = [round(t * SECOND) for t in times]
    block = block_of(ts, best, np.array(deep, np.float64)[:, :, None])
    nodes = [ta.order_flow_imbalance(bar, levels) for levels in range(1, LEVELS + 1)]
    for sizes in (999, 1, (40, 7, 300)):
        evaluator = Evaluator(nodes, 1, slots=slots, block=999)
        found = run(nodes, block, sizes, evaluator)
        for levels, values in enumerate(found, start=1):
            expected = [
                sum(by_cases(a, b) for a, b in zip(before[:levels], now[:levels], strict=True))
                for before, now in pairwise(books)
            ]
            assert np.isnan(values[0, 0]) and values[1:, 0].tolist() == expected
    assert sum(v != 0 for v in expected) > 900  # the deeper levels move with almost every event


def test_windows_of_a_recorded_book_are_sums_of_its_events(shared_data):
    times, books = recorded_book(shared_data)
    names = ("ask", "ask_size", "bid", "bid_size")
    ts = [round(t * 1e6) * 1000 for t in times]
    block = block_of(ts, {name: [book[0][k] for book in books] for k, name in enumerate(names)})
    flow, window = run([ta.order_flow_imbalance(bar), ta.ofi_window(bar, 1.0).total], block, 50)
    for n in range(1, len(ts)):
        inside = [k for k in range(1, n + 1) if ts[k] >= ts[n] - SECOND]
        assert window[n, 0] == sum(flow[k, 0] for k in inside)


def test_the_micro_price_lies_in_the_spread_of_recorded_quotes(shared_data):
    path = shared_data / "ticks/binance_spot_btcusdt_quotes_20210108.parquet"
    (raw,) = import_ticks(path, "quotes", ImportOptions(session="24/7")).ticks
    columns = {"bid": raw.bid, "ask": raw.ask, "bid_size": raw.bid_size, "ask_size": raw.ask_size}
    block = block_of(raw.ts, columns)
    tilt = ta.quote_imbalance(bar)
    micro, spread, tilted = run([ta.micro_price(bar), ta.spread(bar).absolute, tilt], block, 700)
    assert ((micro[:, 0] >= raw.bid - 1e-9) & (micro[:, 0] <= raw.ask + 1e-9)).all() and len(raw) == 451
    middle = (raw.bid + raw.ask) / 2
    np.testing.assert_allclose((micro[:, 0] - middle) / (spread[:, 0] / 2), tilted[:, 0], atol=1e-9)


# ---- sums over time --------------------------------------------------------------------------------------------------
# name, (second, value) rows, seconds, events, sums
WINDOWS = [
    ("both ends belong", [(0, 1.0), (1, 2.0), (2, 4.0)], 1.0, 9, [1, 3, 6]),
    ("a hair beyond is out", [(0, 1.0), (1.000001, 2.0)], 1.0, 9, [1, 2]),
    ("events of one moment add up in order", [(0, 1.0), (0, 2.0), (0, 4.0)], 1.0, 9, [1, 3, 7]),
    ("a long silence empties it", [(0, 1.0), (0.5, 2.0), (60, 4.0)], 1.0, 9, [1, 3, 4]),
    ("the bound holds", [(0, 1.0), (0.1, 2.0), (0.2, 4.0), (0.3, 8.0)], 1.0, 2, [1, 3, 6, 12]),
    ("the unknown begins it again", [(0, 1.0), (0.1, np.nan), (0.2, 4.0), (0.3, 8.0)], 1.0, 9, [1, None, 4, 12]),
]


@pytest.mark.parametrize(("rows", "seconds", "events", "sums"), [w[1:] for w in WINDOWS], ids=[w[0] for w in WINDOWS])
def test_time_windows(rows, seconds, events, sums):
    block = block_of([round(t * SECOND) + 5 for t, _ in rows], {"close": [v for _, v in rows]})
    node = ta.time_window_sum(bar.close, bar.time, seconds, events)
    for sizes in (len(rows), 1):
        found = run([node], block, sizes)[0][:, 0]
        np.testing.assert_array_equal(found, [np.nan if v is None else v for v in sums])


@given(st.integers(0, 1000))
def test_a_window_that_empties_keeps_no_rounding(seed):
    random = np.random.default_rng(seed)
    values = random.choice([1e16, -3.0, 0.1, 1e-9], 50)
    gaps = random.choice([0.3, 30.0], 50)
    ts = np.round(np.cumsum(gaps) * SECOND).astype(np.int64)
    found = run([ta.time_window_sum(bar.close, bar.time, 1.0, 40)], block_of(ts, {"close": values}), 13)[0][:, 0]
    alone = gaps == 30.0
    assert found[alone].tolist() == values[alone].tolist()


# ---- what a slice tells ----------------------------------------------------------------------------------------------
X = Instrument(symbol="X")
QUOTE, TRADE = MarketEventKind.QUOTE, MarketEventKind.TRADE


def ticks(*rows):
    """(kind, symbol, bid, ask, bid size, ask size, aggressor) in cents, a second apart."""
    result = np.zeros(len(rows), TICK_DTYPE)
    for k, (kind, symbol, bid, ask, bid_size, ask_size, *side) in enumerate(rows):
        taker = side[0] if side else 0
        result[k] = ((k + 1) * SECOND, (k + 1) * SECOND, symbol, kind, taker, bid, ask, bid_size, ask_size, 0)
    return result


class Listener(CallbackStrategy):
    """Notes the columns of every event."""

    NAMES = ("bid", "ask", "bid_size", "ask_size", "trade_size", "aggressor", "flow", "total", "micro")

    def __init__(self):
        super().__init__()
        self.heard = []

    def declare(self, bar):
        columns = {name: getattr(bar, name) for name in self.NAMES[:6]}
        flow, total = ta.order_flow_imbalance(bar), ta.ofi_window(bar, 2.0).total
        return {**columns, "flow": flow, "total": total, "micro": ta.micro_price(bar)}

    def note(self, context, symbol):
        self.heard.append((symbol, *(context.value(name, symbol) for name in self.NAMES)))

    on_quote = on_trade = note


EVENTS = ticks(
    (QUOTE, 0, 9990, 10010, 5, 15),
    (QUOTE, 1, 500, 502, 1, 1),
    (TRADE, 0, 10010, 10010, 3, 3, 1),
    (QUOTE, 0, 9990, 10010, 5, 12),
    (QUOTE, 0, 10010, 9990, 9, 9),
    (QUOTE, 0, 9995, 10010, 4, 12),
    (TRADE, 1, 500, 500, 2, 2, -1),
)
NAN = float("nan")
HEARD = [
    ("X", 99.9, 100.1, 5, 15, 0, 0, NAN, NAN, 99.95),
    ("Y", 5.0, 5.02, 1, 1, 0, 0, NAN, NAN, 5.01),
    ("X", 99.9, 100.1, 5, 15, 3, 1, 0, 0, 99.95),  # a trade leaves the quote
    ("X", 99.9, 100.1, 5, 12, 0, 0, 3, 3, 99.9 + 0.2 * 5 / 17),
    ("X", 99.95, 100.1, 4, 12, 0, 0, 4, 7, 99.9875),
    ("Y", 5.0, 5.02, 1, 1, 2, -1, 0, 0, 5.01),
]


@pytest.mark.parametrize("pieces", [7, 1, 3])
def test_what_an_event_tells(pieces):
    listener = Listener()
    session = TickRun((X, Instrument(symbol="Y")), (listener,), Settings())
    for start in range(0, len(EVENTS), pieces):  # one event a call is a live session
        session.run(EVENTS[start : start + pieces])
    assert [row[0] for row in listener.heard] == [row[0] for row in HEARD]
    got, wanted = (np.array([row[1:] for row in rows], np.float64) for rows in (listener.heard, HEARD))
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_events_cost_nothing_where_no_feature_reads_them():
    class Deaf(CallbackStrategy):
        def declare(self, bar):
            return {"mid": bar.close}

    session = TickRun((X,), (Deaf(),), Settings())
    assert session._panel(EVENTS[:1], EVENTS["ts"][:1]).told is None


def test_recorded_quotes_one_at_a_time_and_all_at_once(shared_data):
    path = shared_data / "ticks/binance_spot_btcusdt_quotes_20210108.parquet"
    (raw,) = import_ticks(path, "quotes", ImportOptions(session="24/7")).ticks
    columns = {"bid": raw.bid, "ask": raw.ask, "bid_size": raw.bid_size, "ask_size": raw.ask_size}
    block = block_of(raw.ts, columns)
    window = ta.ofi_window(bar)
    nodes = [*window, ta.ofi_trend(bar), ta.buy_pressure_ratio(bar), ta.micro_price(bar), *ta.spread(bar)]
    for whole, stepped in zip(run(nodes, block, 451), run(nodes, block, 1), strict=True):
        same(whole, stepped)
    assert np.isfinite(run([window.by_depth], block, 99)[0][1:]).all()


def test_quotes_of_bars():
    """A bid/ask bar shows its closing quote, a trade bar none; sizes that are 0 are not known."""
    ts = np.array([1, 2, 3], np.int64)
    ones = np.array([[100], [101], [102]], np.int64)
    prices = PriceColumns(ones, ones, ones, ones)
    panel = trade_panel((X,), ts, prices, ones)
    fields = ("bid", "ask", "bid_size", "trade_size", "aggressor")
    trades = FloatBarMaker(1, fields).make(panel, 0, 3)
    assert all(np.isnan(getattr(trades, name)).all() for name in fields) and trades.ask_size is None
    factor = np.array([[1.0], [1.0], [0.5]])
    sizes = np.array([[7], [0], [9]], np.int64)
    asks = PriceColumns(ones, ones, ones, ones + 2)
    valid = np.array([[True], [True], [True]])
    quoted = replace(panel, ask=asks, bid_size=sizes, factor=factor, split_factor=factor, valid=valid)
    made = FloatBarMaker(1, fields).make(quoted, 1, 3)
    assert made.bid is not None and made.ask is not None and made.bid_size is not None
    assert made.bid[:, 0].tolist() == [1.01, 0.51] and made.ask[:, 0].tolist() == [1.03, 0.52]
    same(made.bid_size[:, 0], [np.nan, 18.0])


def test_trade_bars_among_quotes_have_none():
    ts = np.array([1, 2], np.int64)
    bid, ask = np.array([[100, 500], [101, 501]], np.int64), np.array([[102, 500], [101, 501]], np.int64)
    low, high = bid - 1, np.array([[103, 500], [103, 501]], np.int64)
    low[:, 1] = high[:, 1] = bid[:, 1]
    panel = trade_panel((X, Instrument(symbol="Y")), ts, PriceColumns(bid, bid, low, bid), np.full((2, 2), 7, np.int64))
    panel = replace(panel, ask=PriceColumns(ask, high, ask, ask))
    made = FloatBarMaker(2, ("bid", "bid_size")).make(panel, 0, 2)
    assert made.bid is not None and made.bid_size is not None
    same(made.bid, [[1.0, np.nan], [1.01, np.nan]])  # bid and ask may meet at a close
    same(made.bid_size, [[7.0, np.nan], [7.0, np.nan]])


def test_blocks_without_quotes_say_so():
    block = history(5, 1)
    block = block._replace(bars=FloatBars(*block.bars[:5]))
    with pytest.raises(StrategyError, match=r"brings no quotes, but bar\.bid is read"):
        Evaluator([bar.bid], 1).push(block)
    with pytest.raises(StrategyError, match="bid belongs to the slices"):
        _ = bar.at("5m").bid


def test_levels_below_the_best_need_a_book():
    with pytest.raises(StrategyError, match=r"no external series 'book.bid_2'"):
        Evaluator([ta.order_flow_imbalance(bar, 2)], 1)


def test_one_sided_updates_of_recorded_quotes(shared_data):
    """A recording whose rows name one side each: flows of both sides add up to those of the completed quotes."""
    path = shared_data / "ticks/ibm_quotes_20131007_08.parquet"
    (raw,) = import_ticks(path, "quotes", ImportOptions()).ticks
    rows = np.zeros(4000, TICK_DTYPE)
    part = slice(60_000, 64_000)
    rows["ts_known"], rows["kind"] = raw.ts[part], QUOTE
    for name in ("bid", "ask"):
        rows[name] = np.rint(getattr(raw, name)[part] * 100)
        rows[f"{name}_size"] = np.nan_to_num(getattr(raw, f"{name}_size")[part])
    both = complete_quotes(rows)[2:]
    book = [tuple(row) for row in both[["ask", "ask_size", "bid", "bid_size"]].tolist()]
    columns = {name: both[name] for name in ("bid", "ask", "bid_size", "ask_size")}
    (flow,) = run([ta.order_flow_imbalance(bar)], block_of(both["ts_known"], columns), 512)
    assert flow[1:, 0].tolist() == [by_cases(a, b) for a, b in pairwise(book)]
    assert ((rows["bid"] > 0) != (rows["ask"] > 0)).all()
