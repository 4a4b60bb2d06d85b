"""Each filter as a table: what is known of a symbol, slice by slice, and what the screen says of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from consilience.core.codes import Fact, Reason
from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import Panel, PriceColumns
from consilience.core.schemas import ACTION_DELISTING, ACTION_DTYPE
from consilience.universe.catalog import FILTERS, PRESETS, make_profile
from consilience.universe.profile import Profile
from consilience.universe.screener import screen_panel
from tests.universe.worlds import DAY, HOUR, facts, small, world


def said(market: Panel, missing: str = "exclude", **filters: dict[str, float]) -> list[list[str]]:
    """Reason of each symbol in each slice, '' for a member."""
    profile = make_profile("all", {"filters": filters, "missing": missing})
    codes = np.concatenate([one.codes for one in screen_panel(profile, market)])
    return [["" if c == 0 else Reason(int(c)).name for c in row] for row in codes]


def column(market: Panel, missing: str = "exclude", **filters: dict[str, float]) -> list[str]:
    """``said`` of the first symbol."""
    return [row[0] for row in said(market, missing, **filters)]


def test_volume_of_a_daily_bar_stands_alone_and_must_exceed_the_floor() -> None:
    market = small({"X": [10.0] * 4}, volume={"X": [999.0, 1000.0, 1001.0, np.nan]})
    assert column(market, volume={"minimum": 10_000.0}) == ["LOW_TURNOVER", "LOW_TURNOVER", "", "TURNOVER_UNKNOWN"]
    assert column(market, "pass", volume={"minimum": 10_000.0})[3] == ""


def test_volume_of_intraday_bars_is_the_last_24_hours() -> None:
    bars = 30
    traded = [1000.0] + [0.0] * (bars - 1)
    market = small({"X": [10.0] * bars}, step=HOUR, volume={"X": traded})
    found = column(market, volume={"minimum": 9_999.0})
    # the bar that closed 24 hours ago is out: (t - 24 h, t]
    assert found == [""] * 24 + ["LOW_TURNOVER"] * 6


def test_volume_counts_in_the_base_currency() -> None:
    market = small({"X": [10.0] * 2})
    euros = replace(
        market,
        instruments=tuple(type(i)(symbol=i.symbol, currency="EUR") for i in market.instruments),
        currencies=("USD", "EUR"),
        fx_num=np.array([[1, 120], [1, 90]], np.int64),
        fx_den=np.array([1, 100], np.int64),
    )
    assert column(euros, volume={"minimum": 10_000.0}) == ["", "LOW_TURNOVER"]


def test_spread_is_read_from_quotes() -> None:
    market = small({"X": [100.0] * 3})
    ask = market.bid.close + np.array([[4], [5], [6]])
    quoted = replace(market, ask=PriceColumns(ask, ask, ask, ask))
    # 5 cents on 100.025: just below 0.05 %
    assert column(quoted, spread={"maximum": 0.0005}) == ["", "", "WIDE_SPREAD"]


def test_spread_of_trade_bars_is_a_fact_or_missing() -> None:
    market = small({"X": [100.0] * 3}, facts=facts((1, 0, Fact.SPREAD, 0.0004), (2, 0, Fact.SPREAD, 0.0005)))
    assert column(market, spread={"maximum": 0.0005}) == ["SPREAD_UNKNOWN", "", "WIDE_SPREAD"]
    assert column(market, "pass", spread={"maximum": 0.0005}) == ["", "", "WIDE_SPREAD"]


def test_market_cap_as_given_or_from_shares() -> None:
    told = facts((1, 0, Fact.SHARES, 10.0), (2, 0, Fact.MARKET_CAP, 99.0), (3, 0, Fact.MARKET_CAP, 100.0))
    market = small({"X": [10.0] * 4}, facts=told)
    assert column(market, market_cap={"minimum": 100.0}) == ["MARKET_CAP_UNKNOWN", "", "SMALL_MARKET_CAP", ""]


def test_status_by_fact_and_expiry() -> None:
    market = small({"X": [10.0] * 4}, facts=facts((1, 0, Fact.STATUS, 0.0), (2, 0, Fact.STATUS, 1.0)))
    assert column(market, status={}) == ["", "NOT_TRADING", "", ""]
    ends = replace(market, facts=facts(), instruments=(type(market.instruments[0])(symbol="X", expiry_ns=3 * DAY),))
    assert column(ends, status={}) == ["", "", "", "NOT_TRADING"]


def test_price_bounds_are_inclusive() -> None:
    market = small({"X": [4.99, 5.0, 20.0, 20.01]})
    assert column(market, price={"minimum": 5.0, "maximum": 20.0}) == [
        "PRICE_OUT_OF_RANGE",
        "",
        "",
        "PRICE_OUT_OF_RANGE",
    ]
    assert column(market, price={"minimum": 5.0})[3] == ""


def test_age_from_the_first_bar_or_the_listing() -> None:
    market = small({"X": [None, 10.0, 10.0, 10.0], "Y": [10.0] * 4}, facts=facts((0, 1, Fact.LISTED, -1.0)))
    found = said(market, age={"minimum": 2.0})
    assert [row[0] for row in found] == ["NOT_VALID", "RECENTLY_LISTED", "RECENTLY_LISTED", ""]
    assert [row[1] for row in found] == [""] * 4


def test_membership_point_in_time() -> None:
    market = small({"X": [10.0] * 4}, facts=facts((1, 0, Fact.MEMBER, 1.0), (3, 0, Fact.MEMBER, 0.0)))
    assert column(market, membership={}) == ["MEMBERSHIP_UNKNOWN", "", "", "NOT_A_MEMBER"]


def test_volatility_and_breakout() -> None:
    calm = [10.0 + 0.01 * (k % 2) for k in range(25)]
    market = small({"X": [*calm, 12.0, 12.0]})
    found = column(market, volatility={"minimum": 0.005})
    assert found[12] == "VOLATILITY_UNKNOWN"
    assert found[20:] == ["VOLATILITY_OUT_OF_RANGE"] * 5 + ["", ""]
    wide = small({"X": [10.0, 12.0] * 10 + [11.0, 11.9, 13.0]})
    found = column(wide, breakout={"maximum": 0.02})
    assert found[19] == "BREAKOUT_UNKNOWN"
    assert found[20:] == ["FAR_FROM_BREAKOUT", "", ""]


def test_delisting_and_gaps_come_before_every_filter() -> None:
    actions = np.zeros(1, ACTION_DTYPE)
    actions[0] = (2, 0, 0, ACTION_DELISTING, 1, 1, 0)
    market = small({"X": [10.0, None, 10.0, 10.0]}, actions=actions)
    assert column(market, price={"minimum": 50.0}) == ["PRICE_OUT_OF_RANGE", "NOT_VALID", "DELISTED", "DELISTED"]


def test_the_first_filter_that_says_no_gives_the_reason() -> None:
    market = small({"X": [1.0]}, volume={"X": [0.0]})
    assert column(market, price={"minimum": 5.0}, volume={"minimum": 1.0}) == ["PRICE_OUT_OF_RANGE"]
    assert column(market, volume={"minimum": 1.0}, price={"minimum": 5.0}) == ["LOW_TURNOVER"]


MISTAKES = [
    ({"filters": {"volum": {}}}, NotFound, "unknown universe filter 'volum'; did you mean 'volume'?"),
    ({"filters": {"volume": {"minimun": 1.0}}}, NotFound, "did you mean 'minimum'?"),
    ({"filters": {"volume": {"minimum": -1.0}}}, ConfigError, "universe filter 'volume': minimum=-1.0 is outside"),
    ({"filters": {"price": {"minimum": 9.0, "maximum": 3.0}}}, ConfigError, "minimum=9 is above maximum=3"),
    ({"topp": 3}, NotFound, "did you mean 'top'?"),
    ({"missing": "skip"}, ConfigError, "use exclude or pass"),
    ({"top": -2}, ConfigError, "top=-2 is outside 0..10000"),
    ({"max_correlation": 0.5}, ConfigError, "give top as well"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "kind", "text"), MISTAKES)
def test_mistakes_are_told(changes: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=re.escape(text)):
        make_profile("all", changes)


def test_presets_hold_the_founding_numbers() -> None:
    crypto = make_profile("crypto")
    assert crypto.filters["volume"] == {"minimum": 50e6}
    assert crypto.filters["spread"] == {"maximum": 0.0005}
    assert (crypto.top, crypto.max_correlation, crypto.decay_minutes, crypto.missing) == (5, 0.7, 30.0, "exclude")
    assert not PRESETS["all"].screens and make_profile().name == "all"
    assert "spread" not in make_profile("crypto", {"filters": {"spread": False}}).filters
    assert make_profile("crypto", {"filters": {"price": True}}).filters["price"] == {"minimum": 0.0, "maximum": 0.0}
    with pytest.raises(NotFound, match="did you mean 'crypto'"):
        make_profile("cripto")


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_every_filter_excludes_some_and_says_what_it_wanted(name: str) -> None:
    found = FILTERS[name]
    assert found.name == name and found.spec.family == "universe"
    wanted = found.wanted(found.parameters({}))
    assert wanted or name in ("price", "volatility")
    codes = np.zeros((1, 2), np.int16)
    low, high = found.bounds(found.parameters({}))
    outside = low - 1.0 if low > -np.inf else high + 1.0
    found.exclude(codes, np.array([[outside, np.nan]]), found.parameters({}), missing_passes=False)
    assert codes.tolist() == [[int(found.reason), int(found.unknown)]]


def test_all_is_everything_with_a_bar() -> None:
    market = world(rows=30)
    market = replace(market, actions=market.actions[:0])
    member = np.concatenate([one.member for one in screen_panel(Profile(), market)])
    assert (member == market.valid).all()
