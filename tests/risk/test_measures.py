"""Value at risk, expected shortfall, correlation: against scipy, numpy and pandas (files), and by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.codes import Reason
from consilience.core.jit import JIT_ENABLED
from consilience.core.schemas import LANE_DTYPE
from consilience.risk import settled_nb
from consilience.risk.catalog import PLACES
from consilience.risk.full_request import NOT_KNOWN, FullVerdict, new_request
from consilience.risk.limits import limits_record, normal_quantile
from consilience.risk.measures_nb import (
    USED,
    History,
    add_scenarios_nb,
    correlation_nb,
    normal_tail_nb,
    push_log_returns_nb,
    push_prices_nb,
    tail_nb,
    variances_nb,
)
from consilience.risk.portfolio_nb import (
    add_holding_nb,
    begin_holdings_nb,
    highest_correlation_nb,
    measure_nb,
    new_holdings,
)
from consilience.risk.rule import VerdictKind
from consilience.risk.settings import RiskSettings
from consilience.risk.settled_nb import settled_verdict_nb
from consilience.risk.state import new_state
from tests.examples import examples

ANSWERS = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "answers").glob("*.json")}


def history_of(returns, turn=0):
    """A full ring of ``returns`` whose oldest row stands at ``turn``."""
    rows = np.array(returns, np.float64)
    return History(np.roll(rows, turn, axis=0), np.array([turn % len(rows), len(rows)]))


def profits_of(history, values, decay=0.0):
    width = len(history.returns)
    profits, variances = np.zeros(width), np.zeros(width + 1)
    for symbol, value in enumerate(values):
        assert add_scenarios_nb(history, symbol, value, decay, variances, profits)
    return profits


CASES = [(name, level) for name in ANSWERS for level in ANSWERS[name]["levels"]]


@pytest.mark.parametrize(("name", "level"), CASES)
@pytest.mark.parametrize("turn", [0, 41])
def test_measures_agree_with_independent_answers(name, level, turn):
    answers, expected = ANSWERS[name], ANSWERS[name]["levels"][level]
    history, values = history_of(answers["returns"], turn), answers["values"]
    count = len(history.returns)
    tail = round((1 - float(level)) * 1e6)
    worst = np.zeros(count + 1)
    z = normal_quantile(tail / 1e6)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    plain, scaled = profits_of(history, values), profits_of(history, values, answers["decay"])
    found = (
        *tail_nb(plain, count, tail, worst),
        *tail_nb(scaled, count, tail, worst),
        *normal_tail_nb(plain, count, tail, z, density),
    )
    assert found == pytest.approx(list(expected.values()), rel=1e-9)


@pytest.mark.parametrize("name", ANSWERS)
def test_correlations_agree_with_pandas(name):
    history = history_of(ANSWERS[name]["returns"], 7)
    for i, row in enumerate(ANSWERS[name]["correlation"]):
        for j, expected in enumerate(row):
            assert correlation_nb(history, i, j) == pytest.approx(expected, abs=1e-12)


# profits, tail in parts per million, value at risk, expected shortfall: by hand
TAILS = [
    ([-5, -4, -3, -2, -1, 0, 1, 2, 3, 4], 100_000, 4, 5),
    ([-5, -4, -3, -2, -1, 0, 1, 2, 3, 4], 200_000, 3, 4.5),
    ([-5, -4, -3, -2, -1, 0, 1, 2, 3, 4], 150_000, 4, (5 + 0.5 * 4) / 1.5),
    ([-5, -4, -3, -2, -1, 0, 1, 2, 3, 4], 10_000, 5, 5),  # less than one scenario: the worst of them
    ([1, 2, 3], 500_000, 0, 0),  # no scenario loses
    ([-7], 10_000, 7, 7),
    ([-2, -2, -2, -2], 250_000, 2, 2),
]


@pytest.mark.parametrize(("profits", "tail", "var", "shortfall"), TAILS)
def test_tails_by_hand(profits, tail, var, shortfall):
    found = tail_nb(np.array(profits, np.float64), len(profits), tail, np.zeros(len(profits) + 1))
    assert found == pytest.approx((var, shortfall))


def test_no_scenario_has_no_measure():
    assert all(math.isnan(x) for x in tail_nb(np.zeros(3), 0, 10_000, np.zeros(4)))
    assert all(math.isnan(x) for x in normal_tail_nb(np.zeros(3), 1, 10_000, 2.3, 0.03))


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60),
    st.integers(1_000, 500_000),
    st.lists(st.floats(-1e6, 1e6), min_size=60, max_size=60),
)
def test_shortfall_is_convex_and_never_below_value_at_risk(first, tail, second):
    """The two facts that the shrinking of orders rests on."""
    n = len(first)
    one = np.array(first)
    other = one + np.array(second[:n])
    worst = np.zeros(n + 1)
    for profits in (one, other):
        var, shortfall = tail_nb(profits, n, tail, worst)
        assert shortfall >= var - 1e-6
    ends = tail_nb(one, n, tail, worst)[1], tail_nb(other, n, tail, worst)[1]
    for part in (0.25, 0.5, 0.9):
        between = tail_nb((1 - part) * one + part * other, n, tail, worst)[1]
        assert between <= (1 - part) * ends[0] + part * ends[1] + 1e-6


@pytest.mark.parametrize(("tail", "z"), [(0.5, 0.0), (0.05, 1.6448536269514722), (0.01, 2.3263478740408408)])
def test_normal_quantile(tail, z):
    """Published to 16 digits, Abramowitz and Stegun's table extended."""
    assert normal_quantile(tail) == pytest.approx(z, abs=1e-14)


def test_returns_are_taken_in_and_the_oldest_goes():
    history, last = new_holdings(2, 3).history, np.full(2, math.nan)
    nan = math.nan
    slices = [([10, 5], [1, 1]), ([11, 5], [1, 0]), ([nan, 6], [1, 1]), ([22, 0], [1, 1]), ([11, 3], [1, 1])]
    for price, valid in slices:
        push_prices_nb(history, last, np.array(price, np.float64), np.array(valid, bool))
    oldest, used = history.cursor
    rows = [history.returns[(oldest + k) % 3].tolist() for k in range(used)]
    # a masked slice and a price that is none give no return; the next one spans the hole
    assert repr(rows) == repr([[nan, 6 / 5 - 1], [1.0, nan], [-0.5, -0.5]])


def test_log_returns_become_simple_ones():
    history = new_holdings(3, 2).history
    for returns in ([0.0, math.log(2.0), math.nan], [math.log(0.5), 60.0, -0.1], [-math.inf, 0.0, 0.0]):
        push_log_returns_nb(history, np.array(returns))
    rows = [history.returns[(history.cursor[0] + k) % 2] for k in range(2)]
    assert rows[0] == pytest.approx([-0.5, math.nan, math.exp(-0.1) - 1], nan_ok=True)
    assert rows[1] == pytest.approx([math.nan, 0.0, 0.0], nan_ok=True)


def test_an_unknown_history_adds_nothing():
    history = history_of(np.full((30, 2), math.nan))
    profits = np.zeros(30)
    assert not add_scenarios_nb(history, 0, 100.0, 0.0, np.zeros(31), profits)
    assert not profits.any()
    assert variances_nb(history, 0, 0.94, np.zeros(31)) == 0
    assert math.isnan(correlation_nb(history, 0, 1))
    assert math.isnan(correlation_nb(history_of(np.zeros((30, 2))), 0, 1))  # nothing moved


def lanes_of(*positions):
    """Lanes (symbol, value) with one lot on the value's side."""
    lanes = np.zeros(len(positions), LANE_DTYPE)
    for lane, (symbol, value) in zip(lanes, positions, strict=True):
        lane["symbol"], lane["value"], lane["lots"] = symbol, value, 1 if value > 0 else -1 if value < 0 else 0
    return lanes


def book_of(name, *positions, **settings):
    """(holdings, limits, state) of an answer file's returns, with positions."""
    history = history_of(ANSWERS[name]["returns"])
    holdings = new_holdings(history.returns.shape[1], len(history.returns))._replace(history=history)
    limits, state = limits_record(RiskSettings(**settings))[0], new_state(100_000)[0]
    begin_holdings_nb(holdings, lanes_of(*positions), state, limits)
    return holdings, limits, state


@pytest.mark.parametrize("method", ["historical", "parametric", "filtered"])
def test_the_books_measures_reach_state_and_request(method):
    """Two of three positions are held; an order for the third ends where the file's whole book is."""
    answers = ANSWERS["long_book"]
    a, b, c = answers["values"]
    expected = answers["levels"]["0.99"]
    terms = {"max_var": 1.0, "var_method": method}
    holdings, limits, state = book_of("long_book", (0, a), (1, b - 1000), (1, 1000), **terms)
    request = new_request()[0]
    request["lots"], request["lot_units"] = int(c) // 100, 100
    measure_nb(request, limits, holdings, 2)
    whole = math.ceil(expected[f"{method}_var"]), math.ceil(expected[f"{method}_shortfall"])
    assert (request["var_after"], request["shortfall_after"]) == whole
    assert (request["var_before"], request["shortfall_before"]) == (state["value_at_risk"], state["shortfall"])
    assert 0 < state["value_at_risk"] < whole[0]
    add_holding_nb(holdings, limits, 2, c)
    measure_nb(request, limits, holdings, 2)
    assert (request["var_before"], request["shortfall_before"]) == whole


def test_measures_that_nobody_asks_for_are_not_worked_out():
    holdings, limits, state = book_of("long_book", (0, 1000.0))
    request = new_request()[0]
    request["lots"] = 5
    measure_nb(request, limits, holdings, 1)
    assert state["value_at_risk"] == state["shortfall"] == NOT_KNOWN
    assert request["var_before"] == request["var_after"] == NOT_KNOWN
    assert math.isnan(request["correlation"])
    add_holding_nb(holdings, limits, 1, 500.0)
    assert holdings.facts[0] == 2
    add_holding_nb(holdings, limits, 1, -500.0)
    add_holding_nb(holdings, limits, 1, 200.0)  # listed once, however often it comes back
    assert holdings.facts[0] == 2


def test_an_empty_book_risks_nothing_and_an_unknown_symbol_is_not_known():
    holdings, limits, state = book_of("long_book", max_var=0.5)
    assert (state["value_at_risk"], state["shortfall"]) == (0, 0)
    holdings.history.returns[:, 1] = math.nan
    request = new_request()[0]
    request["lots"] = 5
    measure_nb(request, limits, holdings, 1)
    assert (request["var_before"], request["var_after"]) == (0, NOT_KNOWN)
    add_holding_nb(holdings, limits, 1, 500.0)
    measure_nb(request, limits, holdings, 0)
    assert (request["var_before"], request["var_after"]) == (NOT_KNOWN, NOT_KNOWN)
    begin_holdings_nb(holdings, lanes_of((1, 500.0)), state, limits)
    assert state["value_at_risk"] == NOT_KNOWN


def test_scenarios_beyond_the_range_are_not_known():
    holdings, limits, _ = book_of("long_book", max_var=0.5)
    add_holding_nb(holdings, limits, 0, 1e300)
    request = new_request()[0]
    measure_nb(request, limits, holdings, 0)
    assert request["var_before"] == request["shortfall_before"] == NOT_KNOWN


def test_correlation_looks_at_the_sense_of_both_positions():
    answers = ANSWERS["long_book"]
    pair = answers["correlation"][0]
    assert pair[2] > 0.1 and pair[1] > 0.1
    holdings, limits, _ = book_of("long_book", (0, 1000.0), max_correlation=0.5)
    assert highest_correlation_nb(holdings, 2, 1, 0.5) == pytest.approx(pair[2])
    assert highest_correlation_nb(holdings, 2, -1, 0.5) == pytest.approx(-pair[2])
    request = new_request()[0]
    measure_nb(request, limits, holdings, 2)
    assert request["correlation"] == pytest.approx(pair[2])
    short, *_ = book_of("long_book", (0, -1000.0))
    assert highest_correlation_nb(short, 2, 1, 0.5) == pytest.approx(-pair[2])
    assert highest_correlation_nb(short, 2, -1, 0.5) == pytest.approx(pair[2])
    # with itself, with nothing, and the highest of several
    assert highest_correlation_nb(short, 0, 1, 0.5) == 0.0
    empty, *_ = book_of("long_book")
    assert highest_correlation_nb(empty, 0, 1, 0.5) == 0.0
    two, *_ = book_of("long_book", (0, 1000.0), (1, 1000.0))
    other = answers["correlation"][1][2]
    assert highest_correlation_nb(two, 2, 1, 0.99) == pytest.approx(max(pair[2], other))
    # an unknown one counts, unless another is beyond the limit anyway
    two.history.returns[:, 1] = math.nan
    assert math.isnan(highest_correlation_nb(two, 2, 1, 0.99))
    assert highest_correlation_nb(two, 2, 1, 0.05) == pytest.approx(pair[2])
    assert two.history.cursor[USED] == 250


# What is held loses 100 in the first scenario. A lot of the hedge gains 10 there and loses 10 in the second: none and
# 10 lots leave one bad scenario, 5 lots leave two of 50.
MOVES = ((-10, 10), (0, -10))


def hedge_of(lots, limit, value=1000, moves=MOVES, **changes):
    """A wish for 100 a lot of symbol 1 beside ``value`` in symbol 0: 20 scenarios, the second worst is value at risk.

    moves: per cent of both symbols in the first scenarios; nothing moves in the others.
    """
    returns = np.zeros((20, 2))
    returns[: len(moves)] = np.array(moves) / 100.0
    terms = {"max_var": limit, "var_level": 0.95, "var_bars": 20}
    holdings = new_holdings(2, 20)._replace(history=history_of(returns))
    limits, state = limits_record(RiskSettings(**terms | changes))[0], new_state(10_000)[0]
    begin_holdings_nb(holdings, lanes_of((0, float(value))), state, limits)
    request = new_request()[0]
    for name in ("equity", "peak_equity", "session_equity"):
        request[name] = 10_000
    request["lots"], request["lot_units"] = lots, 100
    return request, limits, holdings


TOO_LARGE, TOO_RISKY = Reason.MAX_POSITION, Reason.VALUE_AT_RISK_LIMIT
BOTH = "position_size value_at_risk"
# lots wanted, limit of value at risk, other limits, lots approved, reason, rules that object, value at risk then
HEDGES = [
    (10, 0.003, {}, 10, Reason.NONE, "", 0),
    (5, 0.003, {}, 0, TOO_RISKY, "value_at_risk", 50),
    # cut to 5 by another rule: all 10 would have passed
    (10, 0.003, {"max_position": 0.05}, 0, TOO_RISKY, BOTH, 50),
    (10, 0.005, {"max_position": 0.05}, 5, TOO_LARGE, "position_size", 50),
    (10, 0.002, {"max_position": 0.02}, 2, TOO_LARGE, "position_size", 20),
    (10, 0.003, {"max_position": 0.05, "var_method": "filtered"}, 0, TOO_RISKY, BOTH, None),
    (10, 0.003, {"max_position": 0.0005}, 0, TOO_LARGE, "position_size", 0),
]  # fmt: skip


@pytest.mark.parametrize(("lots", "limit", "others", "approved", "reason", "objections", "risk"), HEDGES)
def test_what_another_rule_cuts_is_measured_again(lots, limit, others, approved, reason, objections, risk):
    request, limits, holdings = hedge_of(lots, limit, **others)
    verdict = settled_verdict_nb(request, limits, holdings, 1)
    assert (verdict.lots, verdict.reason) == (approved, reason)
    assert {name for name, place in PLACES.items() if verdict.objections >> place & 1} == set(objections.split())
    kind = VerdictKind.REFUSE if approved == 0 else VerdictKind.SHRINK if approved < lots else VerdictKind.APPROVE
    assert verdict.kind == kind
    assert risk is None or request["var_after"] == risk


moves_of_both = st.lists(st.tuples(st.integers(-10, 10), st.integers(-10, 10)), min_size=4, max_size=4)


@settings(max_examples=400)
@given(st.integers(2, 20), st.integers(5, 60), st.integers(100, 2000), moves_of_both, st.integers(1, 10))
def test_no_cut_by_another_rule_opens_or_worsens_a_breach(lots, limit, value, moves, largest):
    request, limits, holdings = hedge_of(lots, limit / 10_000, value, moves, max_position=largest / 100)
    verdict = settled_verdict_nb(request, limits, holdings, 1)
    assert verdict.lots <= min(lots, largest)
    before = int(request["var_before"])
    if verdict.lots > 0:
        add_holding_nb(holdings, limits, 1, float(verdict.lots * 100))
        measure_nb(request, limits, holdings, 1)
        assert request["var_before"] <= max(limit, before)


@pytest.mark.skipif(JIT_ENABLED, reason="a compiled kernel's rules can't be replaced")
def test_a_quantity_that_does_not_settle_is_refused(monkeypatch):
    cuts = iter(range(9, 0, -1))  # rules that take one lot more each time

    def never_content(request, limits):
        return FullVerdict(VerdictKind.SHRINK, next(cuts), TOO_LARGE, 0, 1, 0)

    monkeypatch.setattr(settled_nb, "full_verdict_nb", never_content)
    request, limits, holdings = hedge_of(10, 0.003)
    verdict = settled_verdict_nb(request, limits, holdings, 1)
    assert (verdict.kind, verdict.lots, verdict.reason) == (VerdictKind.REFUSE, 0, TOO_RISKY)
    assert verdict.objections == 1 | 1 << PLACES["value_at_risk"]


weights = st.lists(st.integers(-60_000, 60_000), min_size=3, max_size=3)


@settings(max_examples=examples(150))
@given(
    st.sampled_from(["historical", "parametric", "filtered"]),
    weights,
    st.integers(0, 3),
    st.integers(1, 900),
    st.sampled_from([1, -1]),
    st.floats(0.001, 0.05),
    st.one_of(st.just(0.0), st.floats(0.01, 0.9)),
)
def test_what_is_approved_keeps_its_measures_within_their_limits(method, values, symbol, lots, side, limit, largest):
    """Ask, take what the verdict gives, measure the book again: within the limit, or not worse than before.

    largest: what another rule leaves of the wish.
    """
    positions = [(s, float(v)) for s, v in enumerate(values)]
    terms = {"max_var": limit, "max_shortfall": limit * 1.2, "var_method": method, "var_level": 0.95}
    terms["max_position"] = largest
    holdings, limits, state = book_of("hedged_book", *positions, **terms)
    request = new_request()[0]
    for name, value in (("equity", 100_000), ("lots", lots), ("lot_units", 100), ("side", side)):
        request[name] = value
    for name in ("peak_equity", "session_equity"):
        request[name] = 100_000
    verdict = settled_verdict_nb(request, limits, holdings, symbol)
    if verdict.lots == 0:
        return
    before = int(request["var_before"]), int(request["shortfall_before"])
    add_holding_nb(holdings, limits, symbol, float(verdict.lots * 100 * side))
    measure_nb(request, limits, holdings, symbol)
    most = round(100_000 * limit), round(100_000 * limit * 1.2)
    assert request["var_before"] <= max(most[0], before[0]) + 1
    assert request["shortfall_before"] <= max(most[1], before[1]) + 1
    assert state["value_at_risk"] == before[0]
