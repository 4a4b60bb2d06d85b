"""Scenario tables of stops, targets, partial exits and the time stop."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError
from consilience.risk.exit_settings import ExitSettings, exits_record
from consilience.risk.exits import (
    Position,
    break_even_nb,
    exit_step_nb,
    first_stop_nb,
    first_target_nb,
    partial_lots_nb,
    tighter_nb,
    trailing_stop_nb,
)

NAN = math.nan
LONG, SHORT = 1, -1


def rules(**settings):
    return exits_record(ExitSettings(**settings))[0]


def held(side=LONG, **changes):
    """100 lots bought (or sold) at 100 with R of 2, a stop 2 away, ATR 1."""
    base = Position(side, 100.0, 2.0, 100.0 - 2 * side, 100.0, 1.0, 5, 100, 100, 0)
    return base._replace(**changes)


# settings, side, ATR, stop at entry 100
STOPS = [
    ({}, LONG, 1.0, NAN),
    ({"stop": "fixed", "stop_share": 0.02}, LONG, NAN, 98.0),
    ({"stop": "fixed", "stop_share": 0.03}, SHORT, NAN, 103.0),
    ({"stop": "atr", "stop_atr": 2.0}, LONG, 1.5, 97.0),
    ({"stop": "atr", "stop_atr": 2.0}, SHORT, 1.5, 103.0),
    ({"stop": "atr", "stop_atr": 2.0}, LONG, NAN, NAN),
    ({"stop": "atr", "stop_atr": 2.0}, LONG, 0.0, NAN),
    ({"stop": "atr", "stop_atr": 2.0}, LONG, 60.0, NAN),  # it would be below 0
]


@pytest.mark.parametrize(("settings", "side", "atr", "stop"), STOPS)
def test_first_stop(settings, side, atr, stop):
    assert first_stop_nb(rules(**settings), side, 100.0, atr) == pytest.approx(stop, nan_ok=True)


# settings, side, ATR, R, target at entry 100
TARGETS = [
    ({}, LONG, 1.0, 2.0, NAN),
    ({"target_share": 0.05}, LONG, NAN, 0.0, 105.0),
    ({"target_share": 0.05}, SHORT, NAN, 0.0, 95.0),
    ({"target_atr": 4.0}, LONG, 1.5, 0.0, 106.0),
    ({"target_atr": 4.0}, LONG, NAN, 0.0, NAN),
    ({"target_r": 3.0}, LONG, NAN, 2.0, 106.0),
    ({"target_r": 3.0}, LONG, NAN, 0.0, NAN),
    ({"target_share": 0.05, "target_atr": 4.0, "target_r": 3.0}, LONG, 1.0, 2.0, 104.0),
    ({"target_share": 0.05, "target_r": 2.0}, LONG, NAN, 2.0, 104.0),
    ({"target_share": 0.01, "target_r": 2.0}, LONG, NAN, 2.0, 101.0),
    ({"target_r": 100.0}, SHORT, NAN, 2.0, NAN),  # it would be below 0
]


@pytest.mark.parametrize(("settings", "side", "atr", "risk", "target"), TARGETS)
def test_first_target(settings, side, atr, risk, target):
    assert first_target_nb(rules(**settings), side, 100.0, atr, risk) == pytest.approx(target, nan_ok=True)


# settings, position, trailing stop
TRAILS = [
    ({}, held(best=110.0), NAN),
    ({"trail_share": 0.05}, held(best=110.0), 104.5),
    ({"trail_share": 0.05}, held(SHORT, best=90.0), 94.5),
    ({"trail_atr": 3.0}, held(best=110.0), 107.0),
    ({"trail_atr": 3.0}, held(SHORT, best=90.0), 93.0),
    ({"trail_atr": 3.0}, held(best=110.0, atr=NAN), NAN),
    ({"trail_share": 0.05, "trail_atr": 3.0}, held(best=110.0), 107.0),
    ({"trail_atr": 3.0, "trail_after_r": 1.0}, held(best=101.9), NAN),
    ({"trail_atr": 3.0, "trail_after_r": 1.0}, held(best=102.0), 99.0),
    ({"trail_atr": 3.0, "trail_after_r": 1.0}, held(SHORT, best=98.5), NAN),
]


@pytest.mark.parametrize(("settings", "position", "stop"), TRAILS)
def test_trailing_stop(settings, position, stop):
    assert trailing_stop_nb(rules(**settings), position) == pytest.approx(stop, nan_ok=True)


# settings, position, break-even stop
EVEN = [
    ({}, held(best=110.0), NAN),
    ({"break_even_r": 1.0}, held(best=101.9), NAN),
    ({"break_even_r": 1.0}, held(best=102.0), 100.0),
    ({"break_even_r": 1.0, "break_even_offset_r": 0.25}, held(best=102.0), 100.5),
    ({"break_even_r": 1.0, "break_even_offset_r": 0.25}, held(SHORT, best=98.0), 99.5),
    ({"break_even_r": 1.0}, held(best=110.0, risk=0.0), NAN),
]


@pytest.mark.parametrize(("settings", "position", "stop"), EVEN)
def test_break_even(settings, position, stop):
    assert break_even_nb(rules(**settings), position) == pytest.approx(stop, nan_ok=True)


HALVES = {"partial": ((1.0, 0.5), (2.0, 0.25))}
# settings, position, lots to close, levels taken after it
PARTS = [
    ({}, held(best=110.0), 0, 0),
    (HALVES, held(best=101.9), 0, 0),
    (HALVES, held(best=102.0), 50, 1),
    (HALVES, held(best=102.0, lots=50, taken=1), 0, 1),
    (HALVES, held(best=104.0, lots=50, taken=1), 25, 2),
    (HALVES, held(best=104.0), 75, 2),  # a bar that runs through both levels
    (HALVES, held(best=104.0, lots=10), 10, 2),  # never more than are held
    (HALVES, held(best=104.0, lots=25, taken=2), 0, 2),
    (HALVES, held(SHORT, best=98.0), 50, 1),
    (HALVES, held(best=104.0, risk=0.0), 0, 0),
    (HALVES, held(best=102.0, lots=3, first_lots=3), 1, 1),  # whole lots
    ({"partial": ((1.0, 1.0),)}, held(best=102.0), 100, 1),
]


@pytest.mark.parametrize(("settings", "position", "lots", "taken"), PARTS)
def test_partial_exits(settings, position, lots, taken):
    assert partial_lots_nb(rules(**settings), position) == (lots, taken)


# settings, position, (stop, lots, taken, reason)
STEPS = [
    ({}, held(), (98.0, 0, 0, 0)),
    ({}, held(stop=NAN), (NAN, 0, 0, 0)),
    ({"time_bars": 6}, held(), (98.0, 0, 0, 0)),
    ({"time_bars": 5}, held(), (98.0, 100, 0, Reason.TIME_STOP)),
    ({"break_even_r": 1.0}, held(best=103.0), (100.0, 0, 0, Reason.BREAK_EVEN_STOP)),
    ({"break_even_r": 1.0}, held(best=103.0, stop=101.0), (101.0, 0, 0, 0)),  # never back
    ({"trail_atr": 2.0}, held(best=103.0), (101.0, 0, 0, Reason.TRAILING_STOP_HIT)),
    ({"trail_atr": 2.0}, held(best=103.0, stop=102.0), (102.0, 0, 0, 0)),
    ({"trail_atr": 2.0}, held(best=103.0, stop=NAN), (101.0, 0, 0, Reason.TRAILING_STOP_HIT)),
    ({"trail_atr": 5.0, "break_even_r": 1.0}, held(best=103.0), (100.0, 0, 0, Reason.BREAK_EVEN_STOP)),
    ({"trail_atr": 2.0, "break_even_r": 1.0}, held(best=103.0), (101.0, 0, 0, Reason.TRAILING_STOP_HIT)),
    ({"trail_atr": 2.0} | HALVES, held(best=103.0), (101.0, 50, 1, Reason.PARTIAL_EXIT)),
    ({"trail_atr": 2.0}, held(SHORT, best=97.0), (99.0, 0, 0, Reason.TRAILING_STOP_HIT)),
    ({"trail_atr": 2.0}, held(SHORT, best=97.0, stop=98.0), (98.0, 0, 0, 0)),
]


@pytest.mark.parametrize(("settings", "position", "step"), STEPS)
def test_one_bar(settings, position, step):
    assert tuple(exit_step_nb(rules(**settings), position)) == pytest.approx(step, nan_ok=True)


@pytest.mark.parametrize(
    ("side", "stop", "level", "kept"),
    [
        (LONG, 98, 99, 99),
        (LONG, 99, 98, 99),
        (SHORT, 98, 99, 98),
        (LONG, NAN, 9, 9),
        (LONG, 9, NAN, 9),
        (LONG, 9, -1, 9),
    ],
)
def test_the_tighter_stop_stays(side, stop, level, kept):
    assert tighter_nb(side, float(stop), float(level)) == kept


@given(
    st.sampled_from([LONG, SHORT]),
    st.lists(st.floats(60.0, 140.0), min_size=1, max_size=30),
    st.floats(0.1, 5.0),
)
def test_a_stop_never_loosens_and_no_more_is_closed_than_was_held(side, prices, atr):
    settings = rules(trail_atr=3.0, break_even_r=1.0, partial=((1.0, 0.3), (2.0, 0.3), (3.0, 0.4)), time_bars=25)
    position = held(side, atr=atr)
    closed = 0
    for bar, price in enumerate(prices):
        best = max(position.best, price) if side == LONG else min(position.best, price)
        step = exit_step_nb(settings, position._replace(best=best, bars=bar))
        assert (step.stop - position.stop) * side >= 0
        assert 0 <= step.lots <= position.lots
        assert step.taken >= position.taken
        closed += step.lots
        position = position._replace(best=best, stop=step.stop, taken=step.taken, lots=position.lots - step.lots)
    assert closed == 100 - position.lots


PROBLEMS = [
    ({"stop": "atrs"}, "stop='atrs' is unknown"),
    ({"stop_share": 1.5}, "stop_share=1.5 is outside"),
    ({"time_bars": -1}, "time_bars=-1 is outside"),
    ({"stop": "fixed", "stop_share": 0.0}, "is no stop"),
    ({"stop": "atr", "stop_atr": 0.0}, "is no stop"),
    ({"stop": "fixed", "stop_share": 0.05, "target_share": 0.02}, "is above target_share"),
    ({"stop": "atr", "stop_atr": 3.0, "target_atr": 2.0}, "is above target_atr"),
    ({"break_even_r": 1.0, "break_even_offset_r": 2.0}, "beyond the price"),
    ({"break_even_r": 2.0, "target_r": 2.0}, "never move there"),
    ({"partial": ((2.0, 0.5), (1.0, 0.2))}, "ascending"),
    ({"partial": ((1.0, 0.7), (2.0, 0.7))}, "come to 1.4"),
    ({"partial": ((0.0, 0.7),)}, "partial exit (0, 0.7)"),
    ({"partial": tuple((k + 1.0, 0.1) for k in range(9))}, "9 partial exits"),
]


@pytest.mark.parametrize(("settings", "words"), PROBLEMS)
def test_exits_that_contradict_themselves_are_one_line(settings, words):
    with pytest.raises(ConfigError) as caught:
        ExitSettings(**settings)
    assert words in str(caught.value)
    assert str(caught.value).startswith("exits: ")
    assert "\n" not in str(caught.value)


def test_the_numbers_of_004_win_over_its_words():
    """Stop 3 % with target 3 % is no contradiction: 'tighter' there is only a word."""
    for stop, target in ((0.02, 0.05), (0.03, 0.03), (0.015, 0.025)):
        exits = rules(stop="fixed", stop_share=stop, target_share=target)
        assert first_stop_nb(exits, LONG, 100.0, NAN) == pytest.approx(100 * (1 - stop))
        assert first_target_nb(exits, LONG, 100.0, NAN, 0.0) == pytest.approx(100 * (1 + target))
