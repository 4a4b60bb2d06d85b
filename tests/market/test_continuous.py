"""Rolling futures: decided on the past, joined through F, and the past stays as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.columns import PriceFloats
from consilience.core.errors import ConfigError, DataError
from consilience.core.instruments import InstrumentKind
from consilience.core.time import DAY
from consilience.market.continuous import RollRule, continuous_series, front_contracts
from consilience.market.float_bars import float_bars
from consilience.market.pipeline import PanelRequest, assemble_panel
from consilience.market.quality import QualityPolicies
from consilience.market.quality_bars import gate_bars
from tests.market.helpers import bars, daily_closes, schedule, source, stock

TS = daily_closes(12)


def contract(symbol, rows, price, volume, expiry_row=0, **more):
    instrument = stock(symbol, kind=InstrumentKind.FUTURE, expiry_ns=int(TS[expiry_row]) if expiry_row else 0, **more)
    close = [price + k for k in rows]
    raw = bars(close, ts=TS[rows], instrument=instrument, open=close, volume=volume)
    return gate_bars(raw, schedule(), QualityPolicies())[0]


def three():
    return [
        contract("M1", list(range(8)), 100.0, [900, 900, 900, 400, 300, 200, 100, 50], 7),
        contract("M2", list(range(11)), 110.0, [10, 50, 300, 500, 600, 700, 800, 800, 700, 100, 50], 10),
        contract("M3", list(range(4, 12)), 120.0, [1, 1, 1, 1, 100, 900, 900, 900]),
    ]


def test_roll_by_volume_is_decided_on_the_slice_before():
    series = continuous_series("M", three(), schedule(), RollRule())
    # M2 trades more than M1 from row 3 on, so row 4 is the first bar of M2
    assert series.front.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2]
    assert series.bars.bid.close.tolist() == [10000 + 100 * k for k in range(4)] + [
        11000 + 100 * k for k in range(4, 10)
    ] + [12000 + 100 * k for k in (10, 11)]
    assert [(r.numerator, r.denominator) for r in series.rolls] == [(10300, 11300), (11900, 12900)]
    assert series.rolls[0].ts_event == TS[3] and series.rolls[0].new_symbol == "M2"
    assert series.bars.instrument.symbol == "M" and series.bars.instrument.expiry_ns == 0


def test_confirmation_waits_and_expiry_forces():
    patient = continuous_series("M", three(), schedule(), RollRule(confirm=3))
    assert patient.front.tolist()[:8] == [0, 0, 0, 0, 0, 0, 1, 1]
    never = continuous_series("M", three(), schedule(), RollRule(confirm=99))
    assert never.front.tolist() == [0] * 8 + [1] * 3 + [2]  # at its expiry a contract is left in any case


def test_roll_by_days_before_expiry():
    series = continuous_series("M", three(), schedule(), RollRule("expiry", days=3))
    left = TS[series.front == 0].max()
    assert left <= TS[7] - 3 * DAY and series.front.tolist() == sorted(series.front.tolist())


def test_roll_by_open_interest():
    interest = np.full((12, 3), np.nan)
    interest[:, 0], interest[:, 1] = 100, 50
    interest[5:, 1] = 200
    series = continuous_series("M", three(), schedule(), RollRule("open_interest"), interest)
    assert series.front.tolist()[5:7] == [0, 1]
    with pytest.raises(DataError, match="needs open interest"):
        continuous_series("M", three(), schedule(), RollRule("open_interest"))


def test_factor_joins_the_contracts_and_leaves_the_first_alone():
    series = continuous_series("M", three(), schedule(), RollRule())
    panel, _ = assemble_panel([series.bars], source, PanelRequest(), actions=series.rolls)
    assert panel.factor is not None and panel.split_factor is not None
    assert panel.factor[:4, 0].tolist() == [1.0] * 4
    assert panel.factor[4, 0] == 10300 / 11300
    assert panel.split_factor[-1, 0] == 1.0  # a roll leaves volumes alone
    adjusted = float_bars(panel, 0, 12).close[:, 0]
    assert adjusted[4] == pytest.approx(103.0 * 114.0 / 113.0)  # it moves as M2 moved


@given(st.integers(3, 12))
def test_later_bars_change_nothing_before(cut):
    whole = continuous_series("M", three(), schedule(), RollRule())
    parts = []
    for c in three():
        rows = int(np.searchsorted(c.ts, TS[cut - 1], side="right"))
        names = ("ts", "ts_known", "bid_size", "volume", "flags", "source_row")
        bid = type(c.bid)(*(x[:rows] for x in c.bid))
        part = replace(c, bid=bid, ask=bid, **{n: getattr(c, n)[:rows] for n in names})
        parts.append(replace(part, ask_size=part.bid_size))
    shorter = continuous_series("M", parts, schedule(), RollRule())
    assert np.array_equal(shorter.front, whole.front[: len(shorter.front)])
    assert shorter.rolls == tuple(r for r in whole.rolls if r.ts_event < TS[cut - 1])


def test_bid_ask_contracts_keep_both_sides():
    quoted = []
    for k, c in enumerate(three()[:2]):
        raw = bars([100.0 + 10 * k + r for r in range(8)], ts=TS[:8], instrument=c.instrument)
        raw = replace(raw, ask=PriceFloats(*(np.round(x + 0.05, 2) for x in raw.trade.all)))
        quoted.append(gate_bars(raw, schedule(), QualityPolicies())[0])
    series = continuous_series("M", quoted, schedule(), RollRule("expiry", days=1))
    assert series.bars.ask is not series.bars.bid
    assert set((series.bars.ask.close - series.bars.bid.close).tolist()) == {5}


def test_one_loud_bar_within_a_session_rolls_nothing():
    volume = np.array([[9.0, 1.0], [9.0, 90.0], [900.0, np.nan], [9.0, 1.0], [1.0, 9.0], [1.0, 9.0]])
    session = np.array([1, 1, 1, 2, 2, 3])
    ts = np.arange(1, 7)
    front = front_contracts(volume, ts, session, np.zeros(2, np.int64), RollRule())
    assert front.tolist() == [0] * 6  # in session 1 the front led, in session 2 they were even


def test_series_starts_with_a_contract_that_is_alive():
    expired = contract("OLD", [0, 1], 90.0, [1, 1], 0)
    expired = replace(expired, instrument=stock("OLD", kind=InstrumentKind.FUTURE, expiry_ns=int(TS[0]) - DAY))
    series = continuous_series("M", [expired, *three()], schedule(), RollRule())
    assert series.front[0] == 1
    days = np.array([1, 2])
    assert front_contracts(np.ones((2, 1)), TS[:2], days, np.array([1]), RollRule()).tolist() == [0, 0]


def test_what_cannot_be_joined():
    with pytest.raises(DataError, match="at least one contract"):
        continuous_series("M", [], schedule(), RollRule())
    with pytest.raises(DataError, match="different price grids"):
        continuous_series("M", [three()[0], contract("X", [0], 1.0, [1], increment="0.25")], schedule(), RollRule())
    apart = [contract("M1", [0, 1, 2], 100.0, [1] * 3, 3), contract("M2", [5, 6], 110.0, [1] * 2)]
    with pytest.raises(DataError, match="never traded together"):
        continuous_series("M", apart, schedule(), RollRule())
    with pytest.raises(DataError, match="no contract has a bar"):
        front_contracts(np.zeros((0, 1)), TS[:0], TS[:0], np.zeros(1, np.int64), RollRule())
    with pytest.raises(ConfigError, match="not 'moon'"):
        RollRule("moon")
    with pytest.raises(ConfigError, match="confirm >= 1"):
        RollRule(confirm=0)
