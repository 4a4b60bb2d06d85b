"""From raw columns to a panel, exchange rates and resampling included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from consilience.core.columns import PriceFloats, RawRates
from consilience.core.errors import DataError
from consilience.core.events import CorporateAction
from consilience.core.instruments import InstrumentKind
from consilience.core.panel import NEVER
from consilience.core.time import DAY, HOUR, MINUTE, Timeframe
from consilience.market.fx import fx_columns
from consilience.market.pipeline import PanelRequest, build_panel
from tests.market.helpers import MONDAY, bars, daily_closes, drift, schedule, source, stock

COIN = stock("BTC", session="24/7", kind=InstrumentKind.CRYPTO_SPOT)


def rates(currency="EUR", values=((0, 11, 10), (5, 12, 10)), base="USD"):
    when = np.array([MONDAY * DAY + v[0] * DAY for v in values], np.int64)
    columns = [np.array([v[k] for v in values], np.int64) for k in (1, 2)]
    return RawRates(currency, base, when, when + HOUR, *columns)


def test_one_symbol():
    built = build_panel([bars(drift(20))], source)
    panel, report, opens = built
    assert panel.shape == (20, 1) and panel.dense and not panel.is_bid_ask
    assert panel.duration_ns == DAY and panel.factor is None and len(panel.actions) == 0
    assert np.array_equal(panel.session[:, 0], schedule().session_id[:20])
    assert np.array_equal(opens[:, 0], schedule().open_ns[:20])
    assert panel.currencies == ("USD",) and panel.fx_num.tolist() == [[1]] * 20
    assert report.clean and panel.flags is not None and not panel.flags.any()


def test_mixed_calendars_keep_their_own_sessions():
    days = np.arange(MONDAY + 1, MONDAY + 13) * DAY
    panel, _, opens = build_panel([bars(drift(8)), bars(drift(12), ts=days, instrument=COIN)], source)
    stock_rows, coin_rows = panel.valid[:, 0], panel.valid[:, 1]
    assert not (stock_rows & coin_rows).any() and panel.shape[0] == 20
    assert np.array_equal(panel.session[coin_rows, 1], days // DAY - 1)
    # sessions of masked cells are filled and ascend, so DAY orders end on time
    assert np.all(np.diff(panel.session, axis=0) >= 0) and (opens > 0).all()


def test_range_is_cut_before_the_gate_and_f_starts_at_one():
    close = drift(10) + [round(c / 2, 2) for c in drift(10)]
    split = CorporateAction(ts_event=int(schedule().open_ns[10]), ts_known=0, symbol="AAA", kind="split", numerator=2)
    whole = build_panel([bars(close)], source, actions=[split]).panel
    assert whole.factor is not None and whole.factor[:, 0].tolist() == [1.0] * 10 + [2.0] * 10
    start, end = int(daily_closes(20)[11]), int(daily_closes(20)[15])
    part = build_panel([bars(close)], source, PanelRequest(start_ns=start, end_ns=end), actions=[split]).panel
    assert part.shape[0] == 4 and part.factor is None and part.ts[-1] == end


def test_actions_come_from_the_adjusted_close_unless_given():
    close = drift(20) + [round(c / 2, 2) for c in drift(20)]
    adjusted = np.array([c / 2 for c in close[:20]] + close[20:])
    raw = bars(close, adj_close=adjusted)
    derived = build_panel([raw], source)
    assert derived.panel.actions["numerator"].tolist() == [2]
    assert "AAA: 1 splits and 0 dividends read from the adjusted close" in derived.report.notes
    assert derived.report.count("outlier") == 0  # the split is known
    assert build_panel([raw], source, actions=[]).panel.factor is None
    shuffled = raw.take(np.random.default_rng(1).permutation(40))
    assert build_panel([shuffled], source).panel.actions["row"].tolist() == [20]


def test_symbol_without_bars_in_the_range_stays_masked():
    late = bars(drift(5), ts=daily_closes(5, 30), instrument=stock("BBB"))
    built = build_panel([bars(drift(10)), late], source, PanelRequest(end_ns=int(daily_closes(10)[-1])))
    assert built.panel.valid.any(axis=0).tolist() == [True, False]
    assert any(note.startswith("BBB: no bar in the asked range") for note in built.report.notes)


def test_timeframe_is_made_for_all_symbols_alike():
    grid = schedule().open_ns[0] + MINUTE * np.arange(1, 61)
    a = bars(drift(60), ts=grid, duration_ns=MINUTE)
    b = replace(bars(drift(50), ts=grid[:50], duration_ns=MINUTE, instrument=stock("BBB")), notes=("odd",))
    panel, report, _ = build_panel([a, b], source, PanelRequest(timeframe=Timeframe.parse("15m")))
    assert panel.shape == (4, 2) and panel.duration_ns == 15 * MINUTE
    # B's last bar ended at minute 50, but by minute 60 that bucket is over for it too
    assert panel.valid[:, 1].tolist() == [True] * 4
    assert "BBB: odd" in report.notes
    five = bars(drift(12), ts=grid[4::5], duration_ns=5 * MINUTE, instrument=stock("CCC"))
    with pytest.raises(DataError, match=r"bar lengths differ .*AAA 1m, CCC 5m.* give one --timeframe"):
        build_panel([a, five], source)
    assert build_panel([a, five], source, PanelRequest(timeframe=Timeframe.parse("5m"))).panel.shape == (12, 2)


def test_bid_ask_panel():
    raw = bars(drift(10))
    quoted = replace(raw, ask=PriceFloats(*(np.round(c + 0.02, 2) for c in raw.trade.all)), bid_size=np.full(10, 7.0))
    panel = build_panel([quoted, bars(drift(10), instrument=stock("BBB"))], source).panel
    assert panel.is_bid_ask
    assert (panel.ask.close - panel.bid.close)[0].tolist() == [2, 0]
    assert panel.bid_size[0].tolist() == [7, 1000] and panel.ask_size[0].tolist() == [0, 1000]


def test_what_cannot_be_built():
    with pytest.raises(DataError, match="name at least one"):
        build_panel([], source)
    with pytest.raises(DataError, match="AAA is in the list twice"):
        build_panel([bars(drift(3)), bars(drift(3))], source)
    with pytest.raises(DataError, match="AAA has no rows"):
        build_panel([bars([])], source)
    with pytest.raises(DataError, match="AAA: no bar in the asked range"):
        build_panel([bars(drift(3))], source, PanelRequest(end_ns=1))
    with pytest.raises(DataError, match="no bar is left"):
        build_panel([bars([np.nan] * 3)], source, PanelRequest(timeframe=Timeframe.parse("1w")))


def test_rates_are_those_known_at_the_slice():
    euro = stock("EEE", currency="EUR")
    panel = build_panel([bars(drift(8), instrument=euro)], source, fx=[rates()]).panel
    assert panel.currencies == ("USD", "EUR")
    ratio = panel.fx_num[:, 1] / panel.fx_den[1]
    assert ratio.tolist() == [1.1] * 5 + [1.2] * 3  # the new rate came on Saturday
    with pytest.raises(DataError, match="no exchange rates from EUR to USD"):
        build_panel([bars(drift(8), instrument=euro)], source)
    with pytest.raises(DataError, match="after the first slice"):
        build_panel([bars(drift(8), instrument=euro)], source, fx=[rates(values=((5, 12, 10),))])


def test_ratio_counts_ledger_units_and_is_as_fine_as_products_allow():
    ts = np.array([MONDAY * DAY + 2 * HOUR])
    coin = rates("BTC", ((0, 50_000, 1),))
    num, den = fx_columns([coin], ("USD", "BTC"), ts)
    # a BTC unit is 1e-8, a USD unit 1e-6
    assert num[0, 1] / den[1] == 500.0
    yen = rates("JPY", ((0, 1, 157),))
    num, den = fx_columns([yen], ("USD", "JPY"), ts)
    assert abs(num[0, 1] / den[1] * 157 - 1) < 1e-8
    assert int(num[0, 1]) * int(den[1]) < 4 * 10**18
    huge = rates("XAU", ((0, 10**18, 1),))
    num, den = fx_columns([huge], ("USD", "XAU"), ts)
    assert den[1] == 1 and num[0, 1] == 10**18
    assert fx_columns([], ("USD",), ts)[0].tolist() == [[1]]


def test_bad_rates_are_refused():
    with pytest.raises(DataError, match="ascend strictly"):
        rates(values=((5, 1, 1), (0, 1, 1)))
    with pytest.raises(DataError, match="must be positive"):
        rates(values=((0, 0, 1),))
    empty = rates(values=())
    with pytest.raises(DataError, match="was known never"):
        fx_columns([empty], ("USD", "EUR"), np.array([1]))


def test_hours_are_told_of_intraday_bars_by_calendar():
    open_ns = int(schedule().open_ns[1])
    ts = np.arange(open_ns + HOUR, open_ns + 9 * HOUR, HOUR)
    coin = bars(drift(8), ts=ts, instrument=COIN, duration_ns=HOUR)
    pair = [bars(drift(8), ts=ts, instrument=stock(name), duration_ns=HOUR) for name in ("AAA", "BBB")]
    hours = build_panel([pair[0], coin, pair[1]], source).panel.rows(5, 8).hours
    assert hours is not None and hours.calendar.tolist() == [0, 1, 0]
    assert hours.since_open[:, 0].tolist() == [6 * HOUR, -1, -1]  # shut at half past six
    assert hours.until_close.tolist() == [[HOUR // 2, NEVER], [-1, NEVER], [-1, NEVER]]
    assert build_panel([bars(drift(8))], source).panel.hours is None
