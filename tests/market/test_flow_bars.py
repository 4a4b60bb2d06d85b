"""Quotes become columns beside bars: by hand, in any pieces, and never from the future."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.codes import MarketEventKind
from consilience.core.errors import DataError
from consilience.core.instruments import Instrument
from consilience.core.schemas import TICK_DTYPE
from consilience.features import Evaluator, FeatureBlock, bar
from consilience.market.event_columns import complete_quotes
from consilience.market.flow_bars import FLOW_SLOTS, FlowBars, flow_columns, flow_slots
from tests.features.support import history, run, same

X = Instrument(symbol="X", price_increment=Decimal("0.01"), lot=Decimal(10))
S = 1_000_000_000


def ticks(*rows):
    """(second known, bid, bid size, ask, ask size) in ticks and lots; a sixth entry makes it a trade."""
    result = np.zeros(len(rows), TICK_DTYPE)
    for k, (second, bid, bid_size, ask, ask_size, *trade) in enumerate(rows):
        kind = MarketEventKind.TRADE if trade else MarketEventKind.QUOTE
        result[k] = (int(second * S), int(second * S), 0, kind, 0, bid, ask, bid_size, ask_size, 0)
    return result


def closes(*seconds):
    return np.array([int(s * S) for s in seconds], np.int64)


# what, quotes, closes, ofi, depth, micro-price, spread, buy pressure, updates; None is NaN
TABLE = [
    ("before the first quote", [(5, 100, 1, 102, 1)], [1, 2], [(None,) * 6] * 2),
    ("the first quote has no flow", [(1, 100, 3, 102, 1)], [2], [(0, 20, 1.015, 0.02, None, 0)]),
    ("a fuller bid buys", [(1, 100, 3, 102, 1), (2, 100, 5, 102, 1)], [2], [(20, 25, 1.016667, 0.02, 1, 1)]),
    ("a higher bid counts whole", [(1, 100, 3, 102, 1), (2, 101, 4, 102, 1)], [2], [(40, 22.5, 1.018, 0.01, 1, 1)]),
    ("a lower bid takes what stood", [(1, 100, 3, 102, 1), (2, 99, 4, 102, 1)], [2], [(-30, 22.5, 1.014, 0.03, 0, 1)]),
    ("a lower ask sells", [(1, 100, 3, 102, 1), (2, 100, 3, 101, 6)], [2], [(-60, 32.5, 1.003333, 0.01, 0, 1)]),
    ("a higher ask buys", [(1, 100, 3, 102, 2), (2, 100, 3, 103, 6)], [2], [(20, 35, 1.01, 0.03, 1, 1)]),
    (
        "both ways", [(1, 100, 3, 102, 2), (1.5, 100, 6, 102, 2), (2, 100, 5, 102, 2)], [2],
        [(20, 1000 / 30, 1.014286, 0.02, 0.75, 2)],
    ),
    (
        "each bar its own, the quote stands", [(1, 100, 3, 102, 1), (2.5, 100, 5, 102, 1)], [2, 3, 4],
        [(0, 20, 1.015, 0.02, None, 0), (20, 30, 1.016667, 0.02, 1, 1), (0, 30, 1.016667, 0.02, None, 0)],
    ),
    ("trades and crossed quotes pass", [(1, 100, 3, 102, 1), (2, 104, 9, 104, 9, "trade"), (2, 103, 9, 102, 1)], [2],
     [(0, 20, 1.015, 0.02, None, 0)]),
    ("no flow over a night", [(1, 100, 3, 102, 1), (9000, 120, 3, 122, 1)], [9000], [(0, 20, 1.215, 0.02, None, 0)]),
    ("sizes that are not known", [(1, 100, 0, 102, 0), (2, 101, 0, 102, 0)], [2], [(0, None, None, 0.01, None, 0)]),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "at", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_columns(rows, at, expected):
    found = flow_columns(ticks(*rows), closes(*at), X)
    assert tuple(found) == FLOW_SLOTS
    mid = found.pop("flow.mid")
    np.testing.assert_array_equal(np.isnan(mid), np.isnan(found["flow.spread"]))
    wanted = np.array([[np.nan if v is None else v for v in row] for row in expected], np.float64)
    np.testing.assert_allclose(np.array(list(found.values())).T, wanted, atol=1e-6)


def quotes(seed, rows=120):
    rng = np.random.default_rng(seed)
    result = np.zeros(rows, TICK_DTYPE)
    result["ts_known"] = result["ts"] = np.cumsum(rng.integers(0, 3, rows)) * S // 2 + 1
    result["kind"] = MarketEventKind.QUOTE
    result["bid"] = 1000 + np.cumsum(rng.integers(-1, 2, rows))
    result["ask"] = result["bid"] + rng.integers(1, 3, rows)
    result["bid_size"], result["ask_size"] = rng.integers(1, 30, (2, rows))
    return result


@given(st.integers(0, 30), st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(1, 9))
def test_pieces_give_the_same_bits(seed, cuts, bars_at_once):
    """Quotes in any pieces, a few bars at a time; a piece may run ahead of its bars."""
    every, at = quotes(seed), closes(*range(0, 65, 2))
    whole = FlowBars(X).close(every, at)
    maker, parts, start, turn = FlowBars(X), [], 0, 0
    for first in range(0, len(at), bars_at_once):
        now = at[first : first + bars_at_once]
        needed = int(np.searchsorted(every["ts_known"], now[-1], side="right"))
        stop = max(start, min(len(every), needed + cuts[turn % len(cuts)]))
        parts.append(maker.close(every[start:stop], now))
        start, turn = stop, turn + 1
    same(np.concatenate(parts, axis=1), whole)


def test_the_future_changes_no_past_value():
    every, at = quotes(3), closes(*range(0, 60, 3))
    later = every.copy()
    cut = 61
    later["bid"][cut:] -= 7
    later["ask_size"][cut:] *= 3
    known = at < every["ts_known"][cut]
    a, b = FlowBars(X).close(every, at), FlowBars(X).close(later, at)
    same(a[:, known], b[:, known])
    assert 5 < known.sum() < len(at) and not np.array_equal(a, b)
    same(FlowBars(X).close(every[:cut], at)[:, known], a[:, known])


def test_what_became_known_later_belongs_to_a_later_bar():
    late = ticks((1, 100, 3, 102, 1), (2, 100, 9, 102, 1))
    late["ts_known"][1] = 5 * S
    assert flow_columns(late, closes(3, 6), X)["flow.ofi"].tolist() == [0.0, 60.0]


def test_expressions_read_them_as_slots():
    block = history(20, 2)
    columns = [flow_columns(quotes(seed), block.ts // 60, X) for seed in (1, 2)]
    block = block._replace(slots=flow_slots(columns))
    assert isinstance(block, FeatureBlock)
    node = bar.slot("flow.ofi") / bar.slot("flow.depth")
    got = run([node], block, 7, Evaluator([node], 2, slots=FLOW_SLOTS, block=7))[0]
    for k, one in enumerate(columns):
        same(got[:, k], one["flow.ofi"] / one["flow.depth"])


def test_a_side_that_is_not_in_the_update_stays():
    given_rows = ticks((1, 100, 3, 0, 0), (1, 0, 0, 102, 4), (2, 104, 9, 104, 9, "trade"), (3, 101, 2, 0, 0))
    whole = complete_quotes(given_rows)
    assert whole[["bid", "bid_size", "ask", "ask_size"]].tolist() == [
        (100, 3, 0, 0), (100, 3, 102, 4), (104, 9, 104, 9), (101, 2, 102, 4),
    ]  # fmt: skip
    assert given_rows["ask"][0] == 0  # a copy


def test_times_that_go_back():
    with pytest.raises(DataError, match="order"):
        FlowBars(X).close(ticks((2, 100, 3, 102, 1), (1, 100, 3, 102, 1)), closes(3))
