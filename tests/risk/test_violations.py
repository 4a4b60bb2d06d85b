"""Passive breaches and overrides: what moved prices do to limits, and what a person may set aside."""

from __future__ import annotations

import math

import numpy as np
import pytest

from consilience.core.errors import ConfigError, NotFound
from consilience.risk.catalog import FULL_RULES, PLACES, full_verdict_nb
from consilience.risk.full_request import new_request
from consilience.risk.limits import limits_record
from consilience.risk.override import LONGEST, allow, allowed_mask, block, is_blocked
from consilience.risk.rule import Severity
from consilience.risk.settings import RiskSettings
from consilience.risk.state import new_state
from consilience.risk.violations import RULE_COUNT, Extremes, breaches_nb, violation_of

NONE = Extremes(0, 0, 0, 0)


def look(settings, extremes=NONE, **changes):
    """(violations, state) of an account of 10,000."""
    state = new_state(10_000)[0]
    for name, value in changes.items():
        state[name] = value
    table = np.zeros((2, RULE_COUNT), np.int64)
    found = breaches_nb(state, limits_record(RiskSettings(**settings))[0], extremes, table)
    assert state["breaches"] == found
    beyond = [place for place in range(RULE_COUNT) if found >> place & 1]
    return tuple(violation_of(place, int(table[0, place]), int(table[1, place]), 2) for place in beyond)


# settings, extremes, state, rule and value and limit in the currency (two decimals), or None
TABLE = [
    ({}, Extremes(10**9, 10**9, 10**9, 10**9), {"gross": 10**9, "losses": 99}, None),
    ({"max_position": 0.1}, NONE._replace(position=1000), {}, None),
    ({"max_position": 0.1}, NONE._replace(position=1001), {}, ("position_size", 10.01, 10.0)),
    ({"max_symbol": 0.2}, NONE._replace(symbol=2001), {}, ("concentration", 20.01, 20.0)),
    ({"max_sector": 0.3}, NONE._replace(sector=3001), {}, ("sector_exposure", 30.01, 30.0)),
    ({"max_zero_dte": 0.3}, NONE._replace(expiring=3001), {}, ("zero_dte", 30.01, 30.0)),
    ({"max_gross": 1.0}, NONE, {"gross": 10_000}, None),
    ({"max_gross": 1.0}, NONE, {"gross": 10_001}, ("gross_exposure", 100.01, 100.0)),
    ({"max_net": 1.0}, NONE, {"net": -10_001}, ("net_exposure", 100.01, 100.0)),
    ({"leverage": 2.0}, NONE, {"gross": 20_001}, ("leverage", 200.01, 200.0)),
    ({"leverage": 2.0, "leverage_confident": 4.0}, NONE, {"gross": 20_001}, None),
    ({"max_heat": 0.05}, NONE, {"heat": 501}, ("portfolio_heat", 5.01, 5.0)),
    ({"max_var": 0.05}, NONE, {"value_at_risk": 501}, ("value_at_risk", 5.01, 5.0)),
    ({"max_var": 0.05}, NONE, {"value_at_risk": -1}, None),
    ({"max_shortfall": 0.05}, NONE, {"shortfall": 501}, ("expected_shortfall", 5.01, 5.0)),
    ({"max_drawdown": 0.2}, NONE, {"peak_equity": 12_499}, None),
    ({"max_drawdown": 0.2}, NONE, {"peak_equity": 12_500}, ("max_drawdown", 25.0, 25.0)),
    ({"max_daily_loss": 0.05}, NONE, {"session_equity": 10_525}, None),
    ({"max_daily_loss": 0.05}, NONE, {"session_equity": 10_527}, ("max_daily_loss", 5.27, 5.26)),
    ({"max_losses": 5}, NONE, {"losses": 4}, None),
    ({"max_losses": 5}, NONE, {"losses": 5}, ("max_losses", 5, 5)),
    ({"max_positions": 5}, NONE, {"positions": 5}, None),
    ({"max_positions": 5}, NONE, {"positions": 6}, ("max_positions", 6, 5)),
    ({"vix": 30.0}, NONE, {"vix": 29.9}, None),
    ({"vix": 30.0}, NONE, {"vix": 30.0}, ("vix", 30.0, 30.0)),
    ({"vix": 30.0}, NONE, {"vix": math.nan}, None),
]


@pytest.mark.parametrize(("settings", "extremes", "state", "expected"), TABLE)
def test_passive_breaches(settings, extremes, state, expected):
    found = look(settings, extremes, **state)
    if expected is None:
        assert found == ()
        return
    (one,) = found
    assert (one.rule, one.value, one.limit) == pytest.approx(expected)
    assert one.action == FULL_RULES[PLACES[one.rule]].action


def test_far_beyond_is_one_step_more_severe():
    both = look({"max_position": 0.1, "max_gross": 1.0}, NONE._replace(position=1001), gross=10_001)
    assert {one.rule: one.severity for one in both} == {
        "gross_exposure": Severity.HIGH,
        "position_size": Severity.MEDIUM,
    }
    (near,) = look({"max_gross": 1.0}, gross=14_999)
    (far,) = look({"max_gross": 1.0}, gross=15_000)
    assert (near.severity, far.severity) == (Severity.HIGH, Severity.CRITICAL)
    assert far.action == "close positions until gross exposure is within its limit"


def test_an_account_without_equity_is_beyond_every_exposure_limit_it_uses():
    found = look({"max_gross": 1.0, "max_net": 1.0}, equity=-5, gross=7, net=7)
    assert {one.rule for one in found} == {"gross_exposure", "net_exposure"}


HOUR = 3_600_000_000_000


def test_a_rule_is_set_aside_for_a_while_and_then_no_more():
    act = allow("portfolio_heat", " Ada ", " closing the hedge tonight ", 0, HOUR)
    assert act.text == "Ada set the rule portfolio_heat aside: closing the hedge tonight"
    assert allowed_mask([act], HOUR - 1) == 1 << PLACES["portfolio_heat"]
    assert allowed_mask([act], HOUR) == allowed_mask([act], -1) == allowed_mask([], 0) == 0
    request, limits = new_request()[0], limits_record(RiskSettings(max_heat=0.01))[0]
    request["lots"], request["equity"], request["lot_units"] = 9, 100, 1
    assert full_verdict_nb(request, limits).lots == 1
    limits["overridden"] = allowed_mask([act], 5)
    assert full_verdict_nb(request, limits).lots == 9


def test_a_block_holds_for_its_symbol_or_for_all():
    one, every = block("GME", "Ada", "pumped", 0, HOUR), block("*", "Ada", "news at two", HOUR, 2 * HOUR)
    assert one.text == "Ada blocked entries in GME: pumped"
    assert every.text == "Ada blocked all entries: news at two"
    assert is_blocked([one, every], "GME", 0)
    assert not is_blocked([one, every], "AMC", 0)
    assert is_blocked([one, every], "AMC", HOUR)
    assert not is_blocked([one, every], "GME", 2 * HOUR)
    assert allowed_mask([one, every], 0) == 0


BAD_ACTS = [
    (lambda: allow("portfolio_heats", "Ada", "why", 0, 1), NotFound, "did you mean 'portfolio_heat'"),
    (lambda: allow("halt", "Ada", "why", 0, 1), ConfigError, "can't be set aside"),
    (lambda: allow("restricted", "Ada", "why", 0, 1), ConfigError, "can't be set aside"),
    (lambda: allow("duplicate", "Ada", "why", 0, 1), ConfigError, "can't be set aside"),
    (lambda: allow("vix", "", "why", 0, 1), ConfigError, "say who"),
    (lambda: allow("vix", "Ada", " ", 0, 1), ConfigError, "say why"),
    (lambda: allow("vix", "Ada", "why", 5, 5), ConfigError, "over before it begins"),
    (lambda: allow("vix", "Ada", "why", 0, LONGEST + 1), ConfigError, "a week is the longest"),
    (lambda: block(" ", "Ada", "why", 0, 1), ConfigError, "name the symbol"),
]


@pytest.mark.parametrize(("act", "error", "words"), BAD_ACTS)
def test_an_act_without_its_document_is_refused(act, error, words):
    with pytest.raises(error) as caught:
        act()
    assert words in str(caught.value)
