"""Scenario tables of the declarative form: brackets, exits, reversals, pyramids, NaN, gates. Signals by slice."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from consilience.core.codes import Gate, Reason
from consilience.core.instruments import Instrument, TickBand
from consilience.strategies import Entry, ta
from tests.engine.desk import FREE, Columns, X, masked, panel, run, short, states, with_physics

FLAT = (100, 101, 99, 100)


def at(bar, *slices):
    """True in these slices: the session id of a table is its slice number."""
    condition = bar.session == float(slices[0])
    for number in slices[1:]:
        condition = condition | (bar.session == float(number))
    return condition


def play(bars, make, physics=FREE, **settings):
    market = bars if not isinstance(bars, list) else panel({X: bars})
    return run(market, Columns(make), physics=physics, **settings)[1]


def bracket(bar, **more):
    return Entry(**{"long": at(bar, 0), "size": 10.0, "stop_loss": 95.0, "take_profit": 110.0, **more})


# name, bars from slice 1 (entry at its open), fills, states of entry, stop and target
BRACKETS = [
    ("stop and target in one bar is the stop", [FLAT, (100, 111, 94, 100)], [(1, 10, 100.0), (2, -10, 95.0)]),
    ("target alone", [FLAT, (100, 111, 96, 100)], [(1, 10, 100.0), (2, -10, 110.0)]),
    ("stop on a gap", [FLAT, (90, 92, 89, 91)], [(1, 10, 100.0), (2, -10, 90.0)]),
    ("target on a gap", [FLAT, (115, 116, 114, 115)], [(1, 10, 100.0), (2, -10, 115.0)]),
    ("stop in the bar of the entry", [(100, 101, 94, 95)], [(1, 10, 100.0), (1, -10, 95.0)]),
    ("target in the bar of an entry at the open", [(100, 111, 99, 110)], [(1, 10, 100.0), (1, -10, 110.0)]),
    ("both in the bar of the entry", [(100, 111, 94, 100)], [(1, 10, 100.0), (1, -10, 95.0)]),
    ("entry gaps under its stop", [(90, 91, 89, 90)], [(1, 10, 90.0), (1, -10, 90.0)]),
]


@pytest.mark.parametrize(("bars", "expected"), [row[1:] for row in BRACKETS], ids=[row[0] for row in BRACKETS])
def test_bracket(bars, expected):
    output = play([FLAT, *bars], bracket)
    assert short(output) == expected
    assert sorted(states(output)) == ["CANCELLED OCO_SIBLING_FILLED", "FILLED", "FILLED"]


# a limit entry at 98 fills inside the bar: what the bar shows before it proves nothing
INSIDE = [
    ("stop under the limit was passed after it", (100, 101, 94, 99), [(1, 10, 98.0), (1, -10, 95.0)]),
    ("target may have come first", (100, 111, 97, 99), [(1, 10, 98.0)]),
    ("open better than the limit, stop touched", (97, 98, 94, 97), [(1, 10, 97.0), (1, -10, 95.0)]),
]


@pytest.mark.parametrize(("bar", "expected"), [row[1:] for row in INSIDE], ids=[row[0] for row in INSIDE])
def test_protection_armed_inside_the_bar(bar, expected):
    output = play([FLAT, bar], lambda b: bracket(b, order_type="limit", limit=98.0))
    assert short(output) == expected


def test_stop_entry_whose_bar_opened_under_the_stop_loss_needs_its_close():
    def make(bar):
        return Entry(long=at(bar, 0), order_type="stop", stop=105.0, size=10.0, stop_loss=103.0)

    assert short(play([FLAT, (100, 110, 99, 108)], make)) == [(1, 10, 105.0)]
    assert short(play([FLAT, (100, 110, 99, 102)], make)) == [(1, 10, 105.0), (1, -10, 103.0)]
    assert short(play([FLAT, (104, 110, 102, 108)], make)) == [(1, 10, 105.0), (1, -10, 103.0)]


def test_short_bracket():
    def make(bar):
        return Entry(long=at(bar, 99), short=at(bar, 0), size=10.0, stop_loss=105.0, take_profit=90.0)

    assert short(play([FLAT, FLAT, (100, 106, 89, 100)], make)) == [(1, -10, 100.0), (2, 10, 105.0)]
    assert short(play([FLAT, FLAT, (100, 104, 89, 100)], make)) == [(1, -10, 100.0), (2, 10, 90.0)]


def test_partial_fills_arm_pro_rata_and_the_stop_ends_the_entry():
    bars = [FLAT, (100, 101, 99, 100, 40), (100, 101, 94, 96, 4000)]
    output = play(bars, lambda b: bracket(b, size=30.0), physics=with_physics(participation=0.25))
    # 10 of 30 in slice 1; in slice 2 the rest fills at the open, then all is stopped
    assert short(output) == [(1, 10, 100.0), (2, 20, 100.0), (2, -30, 95.0)]
    bars = [FLAT, (100, 101, 99, 100, 40), (94, 95, 93, 94, 40), (94, 95, 93, 94, 4000)]
    output = play(bars, lambda b: bracket(b, size=30.0), physics=with_physics(participation=0.25))
    # the open's liquidity of 10 goes to the waiting entry; the stop for 20 follows in slice 3 and the entry's rest ends
    assert short(output)[:2] == [(1, 10, 100.0), (2, 10, 94.0)]
    assert sum(f[1] for f in short(output)) == 0
    assert all(not s.startswith("ACCEPTED") for s in states(output))


def test_a_target_filled_in_part_reduces_the_stop():
    bars = [FLAT, (100, 101, 99, 100, 400), (100, 112, 99, 111, 16), (100, 101, 94, 95, 4000)]
    output = play(bars, lambda b: bracket(b, size=10.0), physics=with_physics(participation=0.25))
    assert short(output) == [(1, 10, 100.0), (2, -4, 110.0), (3, -6, 95.0)]
    assert states(output) == ["FILLED", "FILLED", "CANCELLED OCO_SIBLING_FILLED"]


def test_trailing_protection_by_distance_and_percent():
    bars = [FLAT, (100, 110, 99, 109), (109, 109, 104, 105)]
    distance = play(bars, lambda b: Entry(long=at(b, 0), size=10.0, trail=5.0))
    assert short(distance) == [(1, 10, 100.0), (2, -10, 105.0)]
    percent = play(bars, lambda b: Entry(long=at(b, 0), size=10.0, trail_percent=0.04))
    assert short(percent) == [(1, 10, 100.0), (2, -10, 105.6)]


def test_a_trailing_stop_stands_on_the_order_grid_away_from_the_market():
    coarse = Instrument(symbol="AAA", tick_schedule=(TickBand(Decimal(0), Decimal("0.05")),))
    bars = [FLAT, (100, 110, 99, 109), (109, 109, 104, 105)]
    long = play(panel({coarse: bars}), lambda b: Entry(long=at(b, 0), size=10.0, trail_percent=0.0411))
    assert short(long) == [(1, 10, 100.0), (2, -10, 105.45)]  # 110 less 4.11 % is 105.479
    fall = [FLAT, (100, 101, 90, 91), (91, 96, 91, 95)]
    sold = play(panel({coarse: fall}), lambda b: Entry(long=at(b, 9), short=at(b, 0), size=10.0, trail_percent=0.0411))
    assert short(sold) == [(1, -10, 100.0), (2, 10, 93.7)]  # 90 and 4.11 % is 93.699


def test_an_unfilled_limit_expires_with_its_protection():
    output = play([FLAT] * 4, lambda b: bracket(b, order_type="limit", limit=97.0, valid_for=2))
    assert states(output) == ["EXPIRED VALID_FOR_PASSED", "CANCELLED PARENT_DIED", "CANCELLED PARENT_DIED"]
    assert [int(o["done_row"]) for o in output.orders] == [2, 2, 2]


def test_an_exit_signal_closes_and_cancels_protection():
    output = play([FLAT] * 4, lambda b: bracket(b, exit_long=at(b, 1)))
    assert short(output) == [(1, 10, 100.0), (2, -10, 100.0)]
    assert states(output) == ["FILLED", "CANCELLED POSITION_CLOSED", "CANCELLED POSITION_CLOSED", "FILLED"]


def test_an_exit_beats_an_entry_on_its_side():
    output = play([FLAT] * 4, lambda b: Entry(long=at(b, 0, 1), exit_long=at(b, 1), size=10.0))
    assert short(output) == [(1, 10, 100.0), (2, -10, 100.0)]
    output = play([FLAT] * 3, lambda b: Entry(long=at(b, 0), exit_long=at(b, 0), size=10.0))
    assert short(output) == []


def test_an_exit_signal_cancels_a_waiting_entry():
    output = play([FLAT] * 4, lambda b: bracket(b, order_type="limit", limit=97.0, exit_long=at(b, 1)))
    assert states(output)[0] == "CANCELLED CANCELLED_BY_STRATEGY"


def gates(output):
    return [(int(r["row"]), Gate(int(r["gate"])).name, Reason(int(r["reason"])).name) for r in output.records]


def test_contradictory_entries_do_nothing():
    output = play([FLAT] * 3, lambda b: Entry(long=at(b, 0), short=at(b, 0), size=10.0))
    assert short(output) == []
    assert gates(output) == [(0, "SIGNAL", "CONTRADICTORY_ENTRY")]


def test_an_opposite_entry_closes_and_then_reverses():
    output = play([FLAT] * 4, lambda b: Entry(long=at(b, 0), short=at(b, 1), size=10.0))
    assert short(output) == [(1, 10, 100.0), (2, -10, 100.0), (2, -10, 100.0)]


def test_a_reversal_of_a_whole_cash_account_is_not_short_of_money():
    output = play([FLAT] * 4, lambda b: Entry(long=at(b, 0), short=at(b, 1), size=1000.0), cash=100_000.0)
    assert short(output) == [(1, 1000, 100.0), (2, -1000, 100.0), (2, -1000, 100.0)]


def test_further_entries_need_pyramid():
    once = play([FLAT] * 5, lambda b: Entry(long=at(b, 0, 1, 2), size=10.0))
    assert short(once) == [(1, 10, 100.0)]
    assert gates(once)[1:] == [(1, "SIGNAL", "ALREADY_IN_POSITION"), (2, "SIGNAL", "ALREADY_IN_POSITION")]
    twice = play([FLAT] * 5, lambda b: Entry(long=at(b, 0, 1, 2), size=10.0, pyramid=1))
    assert short(twice) == [(1, 10, 100.0), (2, 10, 100.0)]


def test_an_entry_while_one_works_is_told_so():
    output = play([FLAT] * 4, lambda b: Entry(long=at(b, 0, 1), order_type="limit", limit=90.0, size=10.0))
    assert gates(output) == [(0, "PASSED", "NONE"), (1, "SIGNAL", "ENTRY_ALREADY_WORKING")]


# NaN in a condition is false, in a price or a size a refusal
def nan(bar):
    return ta.lag(bar.close, 50)


REFUSED = [
    ("NaN condition", lambda b: Entry(long=nan(b) > 0.0, size=10.0), []),
    ("NaN stop", lambda b: Entry(long=at(b, 0), stop_loss=nan(b), size=10.0), [("EXECUTION", "PRICE_IS_NAN")]),
    ("NaN target", lambda b: Entry(long=at(b, 0), take_profit=nan(b), size=10.0), [("EXECUTION", "PRICE_IS_NAN")]),
    ("NaN trail", lambda b: Entry(long=at(b, 0), trail=nan(b), size=10.0), [("EXECUTION", "PRICE_IS_NAN")]),
    ("trail of 100 %", lambda b: Entry(long=at(b, 0), trail_percent=1.0, size=1.0), [("EXECUTION", "PRICE_IS_NAN")]),
    (
        "NaN limit",
        lambda b: Entry(long=at(b, 0), order_type="limit", limit=nan(b), size=10.0),
        [("EXECUTION", "PRICE_IS_NAN")],
    ),
    (
        "NaN stop entry",
        lambda b: Entry(long=at(b, 0), order_type="stop", stop=nan(b), size=10.0),
        [("EXECUTION", "PRICE_IS_NAN")],
    ),
    ("NaN size", lambda b: Entry(long=at(b, 0), size=nan(b)), [("RISK", "SIZE_IS_ZERO")]),
    ("stop above", lambda b: Entry(long=at(b, 0), stop_loss=101.0, size=10.0), [("EXECUTION", "STOP_ON_WRONG_SIDE")]),
    (
        "target below",
        lambda b: Entry(long=at(b, 0), take_profit=99.0, size=10.0),
        [("EXECUTION", "TARGET_ON_WRONG_SIDE")],
    ),
    ("no confidence", lambda b: Entry(long=at(b, 0), confidence=0.0, size=10.0), [("ORCHESTRATOR", "NONE")]),
    ("NaN confidence", lambda b: Entry(long=at(b, 0), confidence=nan(b), size=10.0), [("ORCHESTRATOR", "NONE")]),
    ("less than a lot", lambda b: Entry(long=at(b, 0), size=0.5), [("RISK", "SIZE_IS_ZERO")]),
]


@pytest.mark.parametrize(("make", "expected"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refusals(make, expected):
    output = play([FLAT] * 3, make)
    assert short(output) == []
    assert [(g, r) for _, g, r in gates(output)] == expected


def test_shorts_can_be_forbidden():
    output = play([FLAT] * 3, lambda b: Entry(long=at(b, 9), short=at(b, 0), size=10.0), allow_short=False)
    assert gates(output) == [(0, "EXECUTION", "SHORT_NOT_ALLOWED")]


def test_masked_bars_fill_nothing_decide_nothing_and_carry_the_mark():
    bars = [FLAT, (100, 121, 99, 120), (130, 131, 129, 130), (140, 141, 139, 140)]
    market = masked(panel({X: bars}), (2, 0))
    output = play(market, lambda b: Entry(long=at(b, 0), exit_long=at(b, 1), size=10.0))
    assert short(output) == [(1, 10, 100.0), (3, -10, 140.0)]
    assert (output.curves[:, 0] / 1e6 - 100_000).tolist() == [0.0, 200.0, 200.0, 400.0]


def test_entry_terms_reach_the_orders():
    output = play(
        [FLAT, (97, 98, 96, 97)],
        lambda b: Entry(long=at(b, 0), order_type="limit", limit=98.0, post_only=True, size=10.0),
    )
    assert states(output) == ["REJECTED POST_ONLY_WOULD_TAKE"]
    output = play(
        [FLAT, (100, 106, 99, 105)],
        lambda b: Entry(
            long=at(b, 0), order_type="stop_limit", stop=103.0, limit=104.0, size=10.0, time_in_force="ioc"
        ),
    )
    assert short(output) == [(1, 10, 103.0)]


def test_the_sizer_takes_its_share_of_equity():
    output = play([FLAT] * 3, lambda b: Entry(long=at(b, 0)), fraction=0.25)
    assert short(output) == [(1, 250, 100.0)]
    assert np.all(output.curves[:, 0] == 100_000_000_000)
