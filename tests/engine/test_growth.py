"""Arrays that grow ahead of need: the same rows as one that was long enough, and no slice copies all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.schemas import CONFIG_DTYPE, STRATEGY_DTYPE, SYMBOL_DTYPE
from consilience.engine.book import lacks_room_nb, new_book
from consilience.engine.growth import Growth, _Successor
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.strategies import Entry, Strategy
from tests.engine.markets import market, same

SLICE = st.tuples(
    st.integers(0, 24), st.integers(0, 24), st.integers(0, 24), st.lists(st.integers(0, 10**6), max_size=6)
)


class Turning(Strategy):
    """Something to decide on every bar."""

    def define(self, bar):
        rises = bar.close > bar.close[1]
        return Entry(long=rises, exit_long=~rises, size=1.0)


@settings(max_examples=25, deadline=None)
@given(st.lists(SLICE, min_size=20, max_size=60))
def test_rows_are_those_of_endless_arrays(slices):
    """Orders that live change and end at any time, also after they were copied."""
    book = new_book(np.zeros(3, SYMBOL_DTYPE), np.zeros(1, STRATEGY_DTYPE), np.zeros(1, CONFIG_DTYPE), cash_units=1)
    growth, account = Growth(), book.account[0]
    wanted: dict[str, list[int]] = {"orders": [], "fills": [], "records": []}
    alive: list[int] = []
    for turn, (*added, touched) in enumerate(slices):
        if lacks_room_nb(book):
            book = growth.with_room(book)
        assert not lacks_room_nb(book)
        for number in {alive[t % len(alive)] for t in touched if alive}:
            book.orders[number]["lots"] = wanted["orders"][number] = -turn - 1
            if turn % 3 == 0:
                alive.remove(number)
        for (name, rows), count in zip(wanted.items(), added, strict=True):
            field = "lots_wanted" if name == "records" else "lots"
            for _ in range(count):
                if name == "orders" and count % 2:
                    alive.append(len(rows))
                getattr(book, name)[field][len(rows)] = turn
                rows.append(turn)
            account[name] = len(rows)
        alive = alive[-60:]
        book.alive[: len(alive)] = alive
        account["alive"] = len(alive)
        growth.prepare(book)
    assert book.orders["lots"][: len(wanted["orders"])].tolist() == wanted["orders"]
    assert book.fills["lots"][: len(wanted["fills"])].tolist() == wanted["fills"]
    assert book.records["lots_wanted"][: len(wanted["records"])].tolist() == wanted["records"]


@pytest.fixture
def copies(monkeypatch):
    """Rows that were copied, by the call that did it."""
    found: dict[str, list[int]] = {"copy": [], "finish": []}
    copy, finish = _Successor.copy, _Successor.finish

    def counting_copy(self, old, stop, alive):
        before = self.copied
        copy(self, old, stop, alive)
        found["copy"].append(self.copied - before)

    def counting_finish(self, old, used):
        found["finish"].append(used - self.copied + sum(map(len, self.again)))
        return finish(self, old, used)

    monkeypatch.setattr(_Successor, "copy", counting_copy)
    monkeypatch.setattr(_Successor, "finish", counting_finish)
    return found


def test_slices_one_by_one_grow_without_a_large_copy_and_end_as_one_run(copies):
    panel = market("daily", 400)
    terms = Settings(cash=1e6, record="full")
    whole, live = (Session(panel.rows(0, 1), [Turning(), Turning()], terms) for _ in range(2))
    whole.run(panel)
    at_once = max(copies["finish"])
    copies["finish"].clear()
    for row in range(panel.shape[0]):
        live.step(panel.rows(row, row + 1))
    same(whole.output(), live.output())
    one_slice = 8 * len(live.book.lanes) + 64
    assert at_once > 4 * one_slice
    assert len(copies["finish"]) >= 2 and max(copies["finish"]) <= one_slice
    assert max(copies["copy"]) <= one_slice
