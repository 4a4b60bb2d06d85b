"""A continuous series that can be stored: its rolls travel with its bars into every panel, and the past stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.errors import DataError, NotFound
from consilience.core.instruments import InstrumentKind
from consilience.core.time import DAY, HOUR, WEEK, Timeframe, format_time
from consilience.market.continuous import RollRule
from consilience.market.continuous_bars import ADJUSTMENT, continuous_bars, contract_month, with_expiries
from consilience.market.float_bars import float_bars
from consilience.market.pipeline import PanelRequest, build_panel, price_jumps
from consilience.market.quality import QualityPolicies
from tests.market.helpers import bars, daily_closes, schedule, source, stock

TS = daily_closes(12)


def contract(symbol, rows, price, volume, **more):
    instrument = stock(symbol, kind=InstrumentKind.FUTURE, **more)
    close = [price + k for k in rows]
    return bars(close, ts=TS[rows], instrument=instrument, open=close, volume=volume)


def three():
    return [
        contract("M1", list(range(8)), 100.0, [900, 900, 900, 400, 300, 200, 100, 50]),
        contract("M2", list(range(11)), 110.0, [10, 50, 300, 500, 600, 700, 800, 800, 700, 100, 50]),
        contract("M3", list(range(4, 12)), 120.0, [1, 1, 1, 1, 100, 900, 900, 900]),
    ]


def made(contracts=None, rule=None):
    return continuous_bars("M", contracts or three(), schedule(), rule or RollRule(), QualityPolicies())


def panel_of(one, **request):
    return build_panel([one], source, PanelRequest(**request)).panel


def test_prices_are_those_that_traded_and_the_rolls_come_along():
    series = made()
    wanted = [100.0 + k for k in range(4)] + [110.0 + k for k in range(4, 9)] + [120.0 + k for k in (9, 10, 11)]
    # M3's volume is the larger in session 9, so it leads from session 10 on
    wanted[9] = 119.0
    assert series.bars.trade.close.tolist() == wanted
    assert [(a.kind, a.numerator, a.denominator, a.new_symbol) for a in series.bars.actions] == [
        ("roll", 10_300, 11_300, "M2"), ("roll", 11_900, 12_900, "M3"),
    ]  # fmt: skip
    assert series.bars.symbol == "M" and series.bars.instrument.expiry_ns == 0
    assert series.bars.notes == (
        "continuous futures of M1, M2, M3",
        "rolled when the next contract's volume was the larger in the session before",
        f"roll after {format_time(int(TS[3]))}: M1 to M2, 103.00 to 113.00",
        f"roll after {format_time(int(TS[9]))}: M2 to M3, 119.00 to 129.00",
        ADJUSTMENT,
    )
    assert [f.kept for f in series.findings] == [8, 11, 8]


def test_a_panel_takes_the_rolls_without_being_told():
    panel = panel_of(made().bars)
    assert len(panel.actions) == 2 and panel.factor is not None
    assert panel.factor[:4, 0].tolist() == [1.0] * 4
    assert panel.factor[4, 0] == 10_300 / 11_300
    adjusted = float_bars(panel, 0, 12).close[:, 0]
    assert adjusted[4] == pytest.approx(103.0 * 114.0 / 113.0)  # it moves as M2 moved
    assert build_panel([made().bars], source, actions=()).panel.factor is None


def test_a_range_that_starts_after_a_roll_starts_at_one():
    panel = panel_of(made().bars, start_ns=int(TS[5]))
    assert panel.factor is not None and panel.factor[0, 0] == 1.0 and len(panel.actions) == 1


@given(st.integers(3, 12))
def test_later_bars_change_no_price_no_roll_and_no_factor_before(cut):
    parts = []
    for one in three():
        part = one.take(one.ts <= TS[cut - 1])
        if len(part):
            parts.append(part)
    shorter, whole = made(parts).bars, made().bars
    rows = len(shorter)
    assert shorter.ts.tolist() == whole.ts[:rows].tolist()
    assert shorter.trade.close.tolist() == whole.trade.close[:rows].tolist()
    assert shorter.actions == tuple(a for a in whole.actions if a.ts_event < TS[cut - 1])
    one, other = panel_of(shorter), panel_of(whole)
    ours = np.ones((rows, 1)) if one.factor is None else one.factor
    assert other.factor is not None and ours.tolist() == other.factor[:rows].tolist()


def test_the_jump_of_a_roll_is_no_outlier():
    far = three()
    far[1] = replace(far[1], trade=bars([150.0 + k for k in range(11)], ts=TS[:11]).trade)
    series = made(far[:2]).bars
    jumps = price_jumps(series, series.actions)
    assert jumps is not None and jumps[4] == 10_300 / 15_300 and jumps[3] == 1.0


def test_weeks_hold_a_roll_at_the_level_of_their_last_contract():
    series = made(three()[:2])
    panel = panel_of(series.bars, timeframe=Timeframe(WEEK))
    daily = series.bars
    week = daily.ts <= TS[4]  # Monday to Friday; the roll is between Thursday and Friday
    restated = daily.trade.open[week] * np.where(daily.ts[week] <= TS[3], 113.0 / 103.0, 1.0)
    assert panel.bid.open[0, 0] == round(float(restated[0]) * 100)
    assert panel.bid.close[0, 0] == 11_400
    assert panel.volume[0, 0] == daily.volume[week].sum()  # contracts stay contracts


def test_expiries_are_session_closes_or_moments():
    days = {"M1": int(TS[5]) // DAY * DAY, "M2": int(TS[9]) - HOUR}
    dated = with_expiries(three(), days, schedule())
    assert [b.instrument.expiry_ns for b in dated] == [int(TS[5]), int(TS[9]) - HOUR, 0]
    series = made(dated, RollRule("expiry", days=0))
    assert series.series.front.tolist() == [0] * 6 + [1] * 3 + [2] * 3
    assert series.bars.notes[1] == "rolled at a contract's expiry" and "(expires " in series.bars.notes[0]
    early = made(dated, RollRule("expiry", days=2))
    assert early.bars.notes[1] == "rolled 2 days before a contract's expiry"


@pytest.mark.parametrize(
    ("expiries", "error", "message"),
    [
        ({"M9": 0}, NotFound, "unknown contract 'M9'"),
        ({"M1": (int(TS[4]) // DAY + 1) * DAY}, DataError, "M1 cannot expire on 2024-01-06: TEST has no session then"),
        ({"M1": (int(TS[11]) // DAY + 900) * DAY}, DataError, "M1 cannot expire on"),
        ({"M1": int(TS[9]), "M2": int(TS[8])}, DataError, "M1 does not expire before M2; name the contracts in the or"),
    ],
)
def test_expiries_that_cannot_be(expiries, error, message):
    with pytest.raises(error, match=message):
        with_expiries(three(), expiries, schedule())


@pytest.mark.parametrize(
    ("name", "month"),
    [("201312", 201312), ("ES_201403", 201403), ("ESZ13", 201312), ("esh2014", 201403), ("GCG75", 197502),
     ("ESZ3", 0), ("201313", 0), ("SPY", 0), ("9201312", 0)],
)  # fmt: skip
def test_months_by_the_names_of_contracts(name, month):
    assert contract_month(name) == month


def test_contracts_out_of_the_order_of_their_months():
    named = [replace(b, instrument=stock(n)) for b, n in zip(three(), ("ESH14", "ESZ13", "ESM14"), strict=True)]
    with pytest.raises(DataError, match="ESH14 does not expire before ESZ13"):
        with_expiries(named, {}, schedule())


def test_what_cannot_be_joined():
    one, two, _ = three()
    silent = replace(two, volume=np.full(len(two), np.nan))
    with pytest.raises(DataError, match="M: M2 has no volumes to roll by; roll by expiry"):
        made([one, silent])
    with pytest.raises(DataError, match="M: the expiry of M1 is not known; give --expiry M1=DATE"):
        made([one, two], RollRule("expiry"))
    with pytest.raises(DataError, match="M1 and M2 differ in length or kind"):
        made([one, replace(two, duration_ns=HOUR)])
    with pytest.raises(DataError, match="M1 has currency USD, M2 has EUR"):
        made([one, replace(two, instrument=stock("M2", kind=InstrumentKind.FUTURE, currency="EUR"))])
    broken = replace(two, trade=bars([-1.0] * 11, ts=TS[:11]).trade)
    with pytest.raises(DataError, match="nothing is left of this contract; mend it or leave it out"):
        made([one, broken])


def test_bid_ask_contracts_keep_their_sides_and_sizes():
    quoted = []
    for one in three()[:2]:
        ask = type(one.trade)(*(np.round(column + 0.05, 2) for column in one.trade.all))
        size = np.full(len(one), 7.0)
        quoted.append(replace(one, ask=ask, bid_size=size, ask_size=size))
    dated = with_expiries(quoted, {"M1": int(TS[5])}, schedule())
    series = made(dated, RollRule("expiry", days=0)).bars
    assert series.is_bid_ask and series.ask is not None and series.bid_size is not None
    assert set(np.round(series.ask.close - series.trade.close, 2).tolist()) == {0.05}
    assert series.bid_size.tolist() == [7.0] * 11
    assert panel_of(series).is_bid_ask
