"""Facts in slices, and two histories of one renamed symbol as one lane."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from consilience.core.codes import Fact
from consilience.core.columns import PriceFloats, RawBars
from consilience.core.errors import DataError
from consilience.core.events import CorporateAction
from consilience.core.facts import RawFact
from consilience.core.instruments import Instrument
from consilience.market.facts import fact_records, join_renamed

DAY = 86_400_000_000_000


def bars(symbol: str, days: list[int], price: float = 10.0, **more) -> RawBars:
    column = np.full(len(days), price)
    return RawBars(
        instrument=Instrument(symbol=symbol),
        ts=np.array(days, np.int64) * DAY,
        trade=PriceFloats(column, column, column, column),
        volume=np.full(len(days), 5.0),
        duration_ns=DAY,
        **more,
    )


def change(old: str, new: str, day: int) -> CorporateAction:
    when = day * DAY
    return CorporateAction(ts_event=when, ts_known=when, symbol=old, kind="rename", new_symbol=new)


def test_a_fact_counts_from_the_first_slice_that_closes_when_it_is_known():
    ts = np.array([1, 2, 3], np.int64) * DAY
    told = [
        RawFact("X", 2 * DAY + 1, Fact.MEMBER, 0.0),
        RawFact("X", 0, Fact.MARKET_CAP, 5.0),
        RawFact("X", 2 * DAY, Fact.MEMBER, 1.0),
        RawFact("Y", DAY, Fact.MEMBER, 1.0),
        RawFact("X", 3 * DAY + 1, Fact.MEMBER, 1.0),
        RawFact("OLD", 2 * DAY, Fact.STATUS, 0.0),
    ]
    found = fact_records(told, ("X",), ts, {"OLD": "X"})
    assert [(int(f["row"]), Fact(int(f["field"])).name, float(f["value"])) for f in found] == [
        (0, "MARKET_CAP", 5.0),
        (1, "MEMBER", 1.0),
        (1, "STATUS", 0.0),
        (2, "MEMBER", 0.0),
    ]


def test_two_histories_become_one_under_the_new_name():
    joined, names = join_renamed([bars("OLD", [1, 2, 3]), bars("NEW", [2, 3, 4], 11.0)], [change("OLD", "NEW", 2)])
    assert [one.symbol for one in joined] == ["NEW"]
    assert (joined[0].ts // DAY).tolist() == [1, 2, 3, 4]
    assert joined[0].trade.close.tolist() == [10.0, 10.0, 11.0, 11.0]
    assert names == {"OLD": "NEW"}
    assert [(a.kind, a.symbol) for a in joined[0].actions] == [("rename", "NEW")]


def test_one_history_stays_as_it_is_and_facts_find_it():
    for have, names in (("OLD", {"NEW": "OLD"}), ("NEW", {"OLD": "NEW"})):
        joined, found = join_renamed([bars(have, [1, 2, 3])], [change("OLD", "NEW", 2)])
        assert (joined[0].symbol, found, len(joined[0].actions)) == (have, names, 1)


def test_a_chain_of_names_and_a_delisting_of_the_last():
    ended = CorporateAction(ts_event=6 * DAY, ts_known=6 * DAY, symbol="C", kind="delisting")
    raw = [bars("A", [1, 2]), bars("B", [3, 4]), bars("C", [5, 6]), bars("Z", [1])]
    joined, names = join_renamed(raw, [ended, change("B", "C", 4), change("A", "B", 2)])
    assert [one.symbol for one in joined] == ["C", "Z"]
    assert (joined[0].ts // DAY).tolist() == [1, 2, 3, 4, 5, 6]
    assert names == {"A": "C", "B": "C"}
    assert [a.kind for a in joined[0].actions] == ["rename", "rename", "delisting"]


def test_adjusted_closes_meet_at_the_change():
    old = bars("OLD", [1, 2], adj_close=np.array([4.0, 5.0]))
    new = bars("NEW", [3, 4], adj_close=np.array([8.0, 10.0]))
    joined, _ = join_renamed([old, new], [change("OLD", "NEW", 2)])
    assert joined[0].adj_close is not None
    ratio = joined[0].adj_close / joined[0].trade.close
    np.testing.assert_allclose(ratio, [0.64, 0.8, 0.8, 1.0])


def test_histories_that_do_not_fit_are_refused():
    other = replace(bars("NEW", [3]), duration_ns=DAY // 2)
    with pytest.raises(DataError, match="OLD became NEW, but their bars differ"):
        join_renamed([bars("OLD", [1]), other], [change("OLD", "NEW", 2)])
