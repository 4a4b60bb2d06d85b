"""The listing of a screen: order, the number behind each exclusion, and nothing from later bars."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consilience.core.errors import DataError, NotFound
from consilience.research.screening import as_document, screen
from consilience.universe.catalog import make_profile
from consilience.universe.profile import Profile
from consilience.universe.screener import Screener
from tests.universe.worlds import DAY, world

MARKET = replace(world(11, 100, 6), facts=world().facts[:0], actions=world().actions[:0])
TOP = make_profile("all", {"top": 6, "max_correlation": 0.7, "missing": "pass"})


def test_members_come_by_rank_and_the_twin_is_named():
    both = max(row for row in range(100) if MARKET.valid[row, 4:].all())
    listing = screen(MARKET, TOP, (both + 1) * DAY)
    ranks = [one.rank for one in listing.members]
    assert ranks == sorted(ranks) and len(ranks) <= 5
    details = {one.symbol: one.detail for one in listing.excluded if one.reason.startswith("moves too much")}
    assert len(details) == 1
    ((twin, text),) = details.items()
    other = {"S4": "S5", "S5": "S4"}[twin]
    assert text.startswith(("0.9", "1.00"))
    assert text.endswith(f"with {other}, wanted less than 0.7")
    assert f"{len(listing.members)} of 6 symbols are in universe 'custom'" in listing.summary()


def test_what_is_not_known_is_named():
    strict = make_profile("all", {"top": 4, "max_correlation": 0.7, "filters": {"market_cap": True}})
    listing = screen(MARKET, strict)
    assert {one.detail for one in listing.symbols if "capitalisation" in one.reason} == {"wanted at least 50M"}
    early = screen(MARKET, make_profile("all", {"top": 4}), 12 * DAY)
    known = [one for one in early.symbols if one.reason == "not all scores are known"]
    assert known and all(one.detail == "unknown: volatility, momentum, volume, trend" for one in known)
    document = as_document(early)
    assert document["members"] == [] and document["symbols"][0]["score"] is None


def test_later_bars_are_not_read():
    cut = screen(MARKET.rows(0, 80), TOP)
    assert as_document(screen(MARKET, TOP, 80 * DAY)) == as_document(cut)
    with pytest.raises(DataError, match="before the first bar"):
        screen(MARKET, TOP, DAY - 1)


def test_a_profile_made_by_hand_is_checked():
    with pytest.raises(NotFound, match="did you mean 'volume'"):
        Screener(Profile(filters={"volum": {}}), MARKET)
