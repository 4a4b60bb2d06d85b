"""Bars from trades and quotes: by hand, and the same whether run in one batch or event by event."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from consilience.market.bars_from_ticks import (
    BAR_ROW_DTYPE,
    QuoteEvents,
    TradeEvents,
    close_until_nb,
    new_state,
    quote_bars,
    quote_time_bars_nb,
    trade_bars,
    trade_threshold_bars_nb,
    trade_time_bars_nb,
)


def columns(rows, width):
    return [np.array([r[k] for r in rows], np.int64) for k in range(width)]


def trades(rows):
    """rows: (ts, price, size); buckets of 10."""
    ts, price, size = columns(rows, 3)
    return TradeEvents(ts, price, size, (ts // 10 + 1) * 10)


def quotes(rows):
    """rows: (ts, bid, ask, bid size, ask size)."""
    ts, bid, ask, bid_size, ask_size = columns(rows, 5)
    return QuoteEvents(ts, bid, ask, bid_size, ask_size, (ts // 10 + 1) * 10)


def test_trades_to_time_bars():
    events = trades([(1, 100, 5), (3, 103, 1), (9, 99, 2), (10, 50, 1), (31, 60, 7)])
    found = trade_bars(events, until_ns=39)
    assert found["end"].tolist() == [10, 20]  # nothing traded in (20, 30]; (30, 40] is not over
    assert found[["bid_open", "bid_high", "bid_low", "bid_close"]][0].tolist() == (100, 103, 99, 99)
    assert found["volume"].tolist() == [8, 1] and found["count"].tolist() == [3, 1]
    assert found["ask_close"].tolist() == found["bid_close"].tolist()
    assert trade_bars(events, until_ns=40)["end"].tolist() == [10, 20, 40]


def test_trade_of_a_finished_bar_is_late_and_left_out():
    state, out = new_state(), np.zeros(9, BAR_ROW_DTYPE)
    used = trade_time_bars_nb(state, trades([(1, 100, 1), (12, 101, 1), (5, 1, 1), (13, 102, 1)]), out)
    assert used == 1 and out["bid_low"][0] == 100
    assert state["late"][0] == 1 and state["bid_close"][0] == 102
    assert close_until_nb(state, out, 19) == 0 and close_until_nb(state, out, 20) == 1
    trade_time_bars_nb(state, trades([(14, 1, 1)]), out)
    assert state["late"][0] == 2  # its bar has been given out by the timer


def test_tick_and_volume_bars():
    events = trades([(1, 100, 5), (2, 101, 5), (3, 99, 1), (4, 98, 30), (5, 97, 1)])
    out = np.zeros(9, BAR_ROW_DTYPE)
    assert trade_threshold_bars_nb(new_state(), events, out, 2, False) == 2
    assert out["end"][:2].tolist() == [2, 4] and out["count"][:2].tolist() == [2, 2]
    assert trade_threshold_bars_nb(new_state(), events, out, 10, True) == 2
    assert out["end"][:2].tolist() == [2, 4] and out["volume"][:2].tolist() == [10, 31]
    assert out["bid_open"][:2].tolist() == [100, 99] and out["bid_low"][1] == 98


def test_quotes_to_bid_ask_bars():
    events = quotes(
        [
            (1, 100, 0, 5, 0),
            (2, 0, 102, 0, 6),
            (4, 99, 0, 7, 0),
            (8, 0, 103, 0, 8),
            (15, 101, 102, 1, 2),
            (25, 101, 102, 3, 4),
        ]
    )
    found = quote_bars(events, until_ns=25)
    assert found["end"].tolist() == [10, 20]
    # the bar starts when both sides are known; the other side stays as it was
    assert found[["bid_open", "bid_high", "bid_low", "bid_close"]][0].tolist() == (100, 100, 99, 99)
    assert found[["ask_open", "ask_high", "ask_low", "ask_close"]][0].tolist() == (102, 103, 102, 103)
    assert found["bid_size"].tolist() == [7, 1] and found["ask_size"].tolist() == [8, 2]
    assert quote_bars(events, until_ns=30)["end"].tolist() == [10, 20, 30]


def test_late_quotes_change_nothing():
    state, out = new_state(), np.zeros(5, BAR_ROW_DTYPE)
    used = quote_time_bars_nb(state, quotes([(1, 100, 101, 1, 1), (12, 102, 103, 1, 1), (3, 1, 2, 1, 1)]), out)
    assert used == 1 and state["late"][0] == 1 and state["bid"][0] == 102


def in_parts(kernel, events, cuts):
    """All bars when the events come in pieces."""
    state, result = new_state(), []
    places = [0, *sorted(cuts), len(events.ts)]
    for start, stop in itertools.pairwise(places):
        piece = type(events)(*(c[start:stop] for c in events))
        out = np.zeros(stop - start + 1, BAR_ROW_DTYPE)
        result.append(out[: kernel(state, piece, out)])
    return np.concatenate(result), state


steps = st.lists(st.tuples(st.integers(-3, 9), st.integers(90, 110), st.integers(0, 9)), min_size=1, max_size=60)


@given(steps, st.lists(st.integers(0, 60), max_size=6))
def test_streaming_equals_batch(rows, cuts):
    ts = np.abs(np.cumsum([r[0] for r in rows])) + 1
    cuts = [min(c, len(rows)) for c in cuts]
    trade = trades([(int(t), price, size) for t, (_, price, size) in zip(ts, rows, strict=True)])
    quote = quotes(
        [
            (int(t), price if size % 3 else 0, price + 1 if size % 4 else 0, size, size)
            for t, (_, price, size) in zip(ts, rows, strict=True)
        ]
    )
    kernels = (
        (trade_time_bars_nb, trade),
        (quote_time_bars_nb, quote),
        (lambda s, e, o: trade_threshold_bars_nb(s, e, o, 4, False), trade),
        (lambda s, e, o: trade_threshold_bars_nb(s, e, o, 11, True), trade),
    )
    for kernel, events in kernels:
        batch, end_state = in_parts(kernel, events, [])
        streamed, state = in_parts(kernel, events, cuts)
        single, last = in_parts(kernel, events, range(len(rows)))
        assert batch.tobytes() == streamed.tobytes() == single.tobytes()
        assert end_state.tobytes() == state.tobytes() == last.tobytes()
