"""What the full rules are told of hours and expiries inside a run, and which limits have nothing to measure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from consilience.core.codes import QualityPolicy, Reason
from consilience.core.instruments import Instrument, InstrumentKind, OptionTerms
from consilience.core.panel import Panel
from consilience.core.time import DAY, MINUTE
from consilience.engine.risk_inputs import expiry_day, unmeasured
from consilience.market.pipeline import PanelRequest, build_panel
from consilience.market.quality import QualityPolicies
from consilience.risk.full_request import NO_EXPIRY, NOT_KNOWN
from consilience.risk.settings import RiskSettings
from consilience.strategies import Entry
from tests.engine.desk import Columns, panel, run
from tests.market.helpers import CLOSE, MONDAY, bars, drift, schedule, stock

HALF_HOUR = 30 * MINUTE
SHUT, UNKNOWN = Reason.OUTSIDE_TRADING_HOURS, Reason.RISK_INPUT_UNKNOWN
HOURS: dict[str, Any] = {"trading_hours": True}
SKIPS: dict[str, Any] = HOURS | {"skip_first_minutes": 45, "skip_last_minutes": 30}
STRICT: dict[str, Any] = SKIPS | {"when_unknown": "refuse"}
MIDNIGHT = Instrument(symbol="C", session="24/7", kind=InstrumentKind.CRYPTO_SPOT)


def source(code: str, start_ns: int, end_ns: int) -> Any:
    """Weekdays 14:30 to 21:00, the first Tuesday to 18:00."""
    return schedule(early_days=(6,), first=MONDAY - 7)


def half_hours() -> Panel:
    """Bars that close from 14:00 to 21:30 on Monday and Tuesday, half past 18:00 on Tuesday included."""
    closes = np.arange(14 * 60 * MINUTE, CLOSE + HALF_HOUR + 1, HALF_HOUR)
    ts = np.concatenate([(MONDAY + day) * DAY + closes for day in (0, 1)])
    extended = PanelRequest(policies=QualityPolicies(outside_session=QualityPolicy.KEEP))
    return build_panel([bars(drift(32), ts=ts, duration_ns=HALF_HOUR)], source, extended).panel


def verdict(market: Panel, row: int, **risk: Any) -> Reason:
    """What became of one wish to buy a lot at the close of a row; NONE where it was granted."""
    when = int(market.ts[row]) // 1000
    output = run(market, Columns(lambda bar: Entry(long=bar.time == when, size=1.0)), risk=RiskSettings(**risk))[1]
    (record,) = output.records
    return Reason(int(record["reason"])) if record["lots_approved"] == 0 else Reason.NONE


# day, clock of the bar's close, limits, reason
ENTRIES = [
    (0, "14:00", HOURS, SHUT),  # before the market
    (0, "14:30", HOURS, Reason.NONE),  # the order is sent at the open
    (0, "15:00", SKIPS, SHUT),
    (0, "15:30", SKIPS, Reason.NONE),
    (0, "20:00", SKIPS, Reason.NONE),
    (0, "20:30", SKIPS, SHUT),
    (0, "20:30", HOURS, Reason.NONE),
    (0, "21:00", HOURS, SHUT),  # the last bar: its order would wait for tomorrow
    (0, "21:00", {"max_gross": 1.0}, Reason.NONE),
    (1, "17:00", SKIPS, Reason.NONE),
    (1, "17:30", SKIPS, SHUT),  # half a day
    (1, "18:30", HOURS, SHUT),
]


@pytest.mark.parametrize(("day", "clock", "risk", "reason"), ENTRIES)
def test_entries_keep_to_the_hours_of_their_venue(day, clock, risk, reason):
    hours, minutes = clock.split(":")
    row = 16 * day + (int(hours) - 14) * 2 + int(minutes) // 30
    assert verdict(half_hours(), row, **risk) == reason


def test_daily_bars_have_no_time_of_day_and_pass():
    market = panel({Instrument(symbol="X"): [(10.0, 10.0, 10.0, 10.0)] * 4})
    assert verdict(market, 1, **STRICT) == Reason.NONE


def test_hours_that_nobody_knows_are_not_taken_for_open_ones():
    market = replace(half_hours(), hours=None)
    assert verdict(market, 20, **STRICT) == UNKNOWN
    assert verdict(market, 20, **SKIPS) == Reason.NONE  # when_unknown = pass


def future(day: int, **more: Any) -> Instrument:
    """A future whose last trading time is noon of a day."""
    return Instrument(symbol="F", kind=InstrumentKind.FUTURE, expiry_ns=day * DAY + DAY // 2 if day else 0, **more)


# instrument, limits, row of the wish (its day), reason
NEAR, TOO_MUCH = Reason.TOO_CLOSE_TO_EXPIRY, Reason.MAX_ZERO_DTE
EXPIRING = [
    (future(3), {"minimum_days": 2}, 1, Reason.NONE),
    (future(3), {"minimum_days": 2}, 2, NEAR),
    (future(3), {"minimum_days": 1}, 3, NEAR),
    (future(2), {"minimum_days": 1}, 3, NEAR),  # it expired yesterday
    (future(3), {"max_zero_dte": 0.5}, 2, Reason.NONE),
    (future(3), {"max_zero_dte": 0.00001}, 3, TOO_MUCH),
    (future(3), {"max_zero_dte": 0.5}, 3, Reason.NONE),
    (future(0), {"minimum_days": 1}, 1, Reason.NONE),  # nobody told its expiry: when_unknown = pass
    (future(0), {"minimum_days": 1, "when_unknown": "refuse"}, 1, UNKNOWN),
    (future(0), {"max_zero_dte": 0.00001, "when_unknown": "refuse"}, 1, UNKNOWN),
    (future(0, rolls=True), {"minimum_days": 7, "when_unknown": "refuse"}, 1, Reason.NONE),
    (Instrument(symbol="X"), {"minimum_days": 7, "when_unknown": "refuse"}, 1, Reason.NONE),
]


@pytest.mark.parametrize(("instrument", "risk", "row", "reason"), EXPIRING)
def test_expiries_come_from_the_instrument(instrument, risk, row, reason):
    market = panel({instrument: [(10.0, 10.0, 10.0, 10.0)] * 5})
    assert verdict(market, row, **risk) == reason


def test_what_expires_today_is_counted_with_what_waits():
    """Two strategies want 30 lots of 10 each: the second is cut to what is left of the limit, 500."""
    market = panel({future(1): [(10.0, 10.0, 10.0, 10.0)] * 3})
    both = [Columns(lambda bar: Entry(long=bar.time == DAY * 2 // 1000, size=30.0)) for _ in range(2)]
    output = run(market, *both, risk=RiskSettings(max_zero_dte=0.005))[1]
    assert output.records["lots_approved"].tolist() == [30, 20]
    assert Reason(int(output.records["reason"][1])) == TOO_MUCH


def test_the_day_of_an_expiry():
    call = OptionTerms(underlying="X", strike=Decimal(10), expiry_ns=5 * DAY, right="C")  # midnight ends day 4
    option = Instrument(symbol="O", kind=InstrumentKind.OPTION, option=call)
    made = (option, msgspec.structs.replace(option, option=None), future(7), future(0), future(0, rolls=True), MIDNIGHT)
    assert [expiry_day(one) for one in made] == [4, NOT_KNOWN, 7, NOT_KNOWN, NO_EXPIRY, NO_EXPIRY]


WANTED = RiskSettings(vix=30.0, max_volume_share=0.1, max_sector=0.2, minimum_days=1, trading_hours=True)


def test_limits_without_input_are_named():
    symbols = [Instrument(symbol=name) for name in "ABCDE"]
    market = panel(dict.fromkeys((*symbols, future(0)), [(10.0, 10.0, 10.0, 10.0)] * 2))
    mute = replace(market, volume=np.full(market.shape, np.nan))
    assert unmeasured(RiskSettings(), mute) == {}
    assert unmeasured(WANTED, mute) == {
        "vix": "no feed named vix",
        "max_volume_share": "no volume in the data",
        "max_sector": "no sector of A, B, C and 3 more in [risk.sectors]",
        "trading_hours": "bars of a day have no time of day, all entries pass",
        "minimum_days": "no expiry of F",
    }
    fed = replace(half_hours(), feeds=("vix",))
    assert unmeasured(msgspec.structs.replace(WANTED, sectors={stock().symbol: "tech"}), fed) == {}
    assert unmeasured(WANTED, replace(fed, hours=None))["trading_hours"] == "no calendar with the data"
