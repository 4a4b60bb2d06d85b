"""The circuit breaker slice by slice: what trips it, that it latches, what a resumption forgets."""

from __future__ import annotations

import pytest

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError
from consilience.risk.breaker import (
    HaltLevel,
    Mark,
    breaks_lane_nb,
    count_order_nb,
    count_trade_nb,
    emergency_stop,
    mark_nb,
    resume,
)
from consilience.risk.limits import limits_record
from consilience.risk.settings import RiskSettings
from consilience.risk.state import new_state

SPEC_004 = RiskSettings(halt_drawdown=0.2, halt_daily_loss=0.1, halt_losses=5, atr_breaker=3.0)

# equities by session, level after the last, reason
DAYS = [
    ([[1000]], 0, 0),
    ([[1000, 901]], 0, 0),
    ([[1000, 900]], 2, Reason.HALT_DAILY_LOSS),
    ([[1000, 900, 1000]], 2, Reason.HALT_DAILY_LOSS),  # it latches
    ([[1000, 901], [895, 890]], 0, 0),  # a new day counts from the last marks of the old
    ([[1000, 950], [850]], 2, Reason.HALT_DAILY_LOSS),  # the gap at the open is the new day's
    ([[1000, 910], [830], [801]], 0, 0),  # 19.9 % from the peak
    ([[1000, 910], [830], [800]], 3, Reason.HALT_DRAWDOWN),
    ([[1000, 1100, 1000]], 0, 0),  # a day's loss counts from its start, not from its best
    ([[1000], [1200], [1090], [985], [960]], 3, Reason.HALT_DRAWDOWN),  # the peak was 1200
    ([[1000, 700]], 3, Reason.HALT_DRAWDOWN),  # the highest level names the reason
]


@pytest.mark.parametrize(("days", "level", "reason"), DAYS)
def test_days(days, level, reason):
    state, limits = new_state(1000)[0], limits_record(SPEC_004)[0]
    ts = 0
    for session, equities in enumerate(days):
        for equity in equities:
            ts += 1
            assert mark_nb(state, limits, Mark(equity, session, ts)) == state["halt_level"]
    assert (state["halt_level"], state["halt_reason"]) == (level, int(reason))
    assert (state["halt_ts"] > 0) == (level > 0)


@pytest.mark.parametrize(
    ("profits", "losses", "level"),
    [
        ([-1] * 4, 4, 0),
        ([-1] * 5, 5, 1),
        ([-1, -1, -1, -1, 1, -1], 1, 0),
        ([-1, -1, 0, -1, -1, -1], 5, 1),  # nothing won, nothing lost: the row goes on
    ],
)
def test_losses_in_a_row(profits, losses, level):
    state, limits = new_state(1000)[0], limits_record(SPEC_004)[0]
    for profit in profits:
        count_trade_nb(state, profit)
    assert state["losses"] == losses
    assert mark_nb(state, limits, Mark(1000, 0, 1)) == level


def test_switched_off_it_never_trips():
    state, limits = new_state(1000)[0], limits_record(RiskSettings())[0]
    for _ in range(9):
        count_trade_nb(state, -1)
    assert mark_nb(state, limits, Mark(1, 0, 1)) == 0
    assert mark_nb(state, limits, Mark(-500, 0, 1)) == 0


def test_levels_are_those_of_the_settings():
    settings = RiskSettings(halt_drawdown=0.2, halt_drawdown_level=1)
    state = new_state(1000)[0]
    assert mark_nb(state, limits_record(settings)[0], Mark(800, 0, 1)) == HaltLevel.NO_ENTRIES


def test_a_person_resumes_and_the_count_begins_afresh():
    state, limits = new_state(1000)[0], limits_record(SPEC_004)[0]
    mark_nb(state, limits, Mark(1000, 0, 1))
    for _ in range(5):
        count_trade_nb(state, -1)
    assert mark_nb(state, limits, Mark(780, 0, 2)) == 3
    act = resume(state, " Ada ", " feed was wrong, checked ", 9)
    assert (act.actor, act.words, act.ts) == ("Ada", "feed was wrong, checked", 9)
    assert (act.level_before, act.reason_before) == (3, Reason.HALT_DRAWDOWN)
    assert (act.peak_equity_before, act.session_equity_before, act.losses_before) == (1000, 1000, 5)
    assert act.text.startswith("Ada resumed trading (halted: the drawdown")
    assert mark_nb(state, limits, Mark(780, 0, 3)) == 0
    assert mark_nb(state, limits, Mark(703, 0, 4)) == 0  # the day's loss counts from 780
    assert mark_nb(state, limits, Mark(702, 0, 5)) == 2


def test_resuming_takes_a_halt_a_name_and_a_reason():
    state = new_state(1000)[0]
    with pytest.raises(ConfigError, match="is not halted"):
        resume(state, "Ada", "because", 1)
    emergency_stop(state, 1, "Ada", "news", 1)
    for actor, words, hint in (("", "why", "say who"), ("Ada", "  ", "say why")):
        with pytest.raises(ConfigError, match=hint):
            resume(state, actor, words, 2)
    assert state["halt_level"] == 1


def test_an_emergency_stop_only_raises_the_level():
    state = new_state(1000)[0]
    act = emergency_stop(state, 2, "Ada", "exchange is down", 5)
    assert (act.level, act.level_before, state["halt_reason"]) == (2, 0, Reason.HALT_BY_PERSON)
    assert emergency_stop(state, 1, "Ada", "still", 6).level == 2
    assert state["halt_ts"] == 5
    with pytest.raises(ConfigError, match="use 1 no entries"):
        emergency_stop(state, 4, "Ada", "more", 7)


# side, entry, price, ATR, multiple, breaks
LANES = [
    (1, 100.0, 97.0, 1.0, 3.0, False),
    (1, 100.0, 96.9, 1.0, 3.0, True),
    (1, 100.0, 110.0, 1.0, 3.0, False),
    (-1, 100.0, 103.0, 1.0, 3.0, False),
    (-1, 100.0, 103.1, 1.0, 3.0, True),
    (1, 100.0, 50.0, 1.0, 0.0, False),
    (1, 100.0, 50.0, 0.0, 3.0, False),
    (1, 100.0, 50.0, float("nan"), 3.0, False),
    (1, 100.0, float("nan"), 1.0, 3.0, False),
]


@pytest.mark.parametrize(("side", "entry", "price", "atr", "multiple", "breaks"), LANES)
def test_a_lane_breaks_beyond_its_atrs(side, entry, price, atr, multiple, breaks):
    assert bool(breaks_lane_nb(side, entry, price, atr, multiple)) is breaks


def test_the_window_of_the_order_rate():
    state = new_state(1000)[0]
    limits = limits_record(RiskSettings(order_rate=3, order_window_seconds=2.0))[0]
    second = 1_000_000_000
    counts = []
    for ts, orders in ((10, 1), (11, 1), (11.9, 1), (12, 0), (12.5, 2), (20, 0)):
        count_order_nb(state, limits, int(ts * second), orders)
        counts.append(int(state["window_orders"]))
    assert counts == [1, 2, 3, 0, 2, 0]
