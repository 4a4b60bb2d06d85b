"""Scenario tables of every account rule and its sizer: request and limits in, lots out, by hand arithmetic."""

from __future__ import annotations

import pytest

from consilience.core.codes import Reason
from consilience.core.units import OVERFLOW
from consilience.risk.catalog import RULES, size_nb, verdict_nb
from consilience.risk.request import NO_LIMIT, RiskLimits, RiskRequest, share_of_equity_nb
from consilience.risk.rules.buying_power import buying_power_nb
from consilience.risk.rules.max_gross import max_gross_nb
from consilience.risk.rules.max_position import max_position_nb
from consilience.risk.sizers.fixed_fraction import fixed_fraction_nb

CASH, OPEN = RiskLimits(1_000_000, 0, 0), RiskLimits(1_000_000_000, 0, 0)


def ask(lots=10, **changes):
    """A wish for lots worth 100 each, in an account of 1000 without positions."""
    given = {"lots": lots, "lot_units": 100, "lot_margin": 100, "position_units": 0}
    given |= {"cash": 1000, "equity": 1000, "gross": 0, "margin": 0}
    return RiskRequest(**{**given, **changes})


# rule, request, limits, lots that may pass
RULE_TABLE = [
    ("buying_power_nb", buying_power_nb, ask(10), CASH, 10),
    ("buying_power_nb", buying_power_nb, ask(11), CASH, 10),
    ("buying_power_nb", buying_power_nb, ask(10, margin=950), CASH, 0),
    ("buying_power_nb", buying_power_nb, ask(10, margin=450), CASH, 5),
    ("buying_power_nb", buying_power_nb, ask(10, margin=1500), CASH, 0),
    ("buying_power_nb", buying_power_nb, ask(50), RiskLimits(3_000_000, 0, 0), 30),
    ("buying_power_nb", buying_power_nb, ask(50, lot_margin=10), CASH, 50),
    ("buying_power_nb", buying_power_nb, ask(50, lot_margin=0), CASH, 50),
    ("buying_power_nb", buying_power_nb, ask(50, equity=-5), CASH, 0),
    ("buying_power_nb", buying_power_nb, ask(50, equity=10**18), OPEN, 50),
    ("max_position_nb", max_position_nb, ask(50), CASH, 50),
    ("max_position_nb", max_position_nb, ask(50), RiskLimits(1, 500_000, 0), 5),
    ("max_position_nb", max_position_nb, ask(50, position_units=250), RiskLimits(1, 500_000, 0), 2),
    ("max_position_nb", max_position_nb, ask(50, position_units=900), RiskLimits(1, 500_000, 0), 0),
    ("max_position_nb", max_position_nb, ask(50, equity=-9), RiskLimits(1, 500_000, 0), 0),
    ("max_gross_nb", max_gross_nb, ask(50), CASH, 50),
    ("max_gross_nb", max_gross_nb, ask(50), RiskLimits(1, 0, 2_000_000), 20),
    ("max_gross_nb", max_gross_nb, ask(50, gross=1500), RiskLimits(1, 0, 2_000_000), 5),
    ("max_gross_nb", max_gross_nb, ask(50, gross=2500), RiskLimits(1, 0, 2_000_000), 0),
]


@pytest.mark.parametrize(("name", "rule", "request_", "limits", "lots"), RULE_TABLE)
def test_rules(name, rule, request_, limits, lots):
    assert rule(request_, limits) == lots
    assert rule.__name__ == name


def test_every_rule_stands_in_a_table():
    assert {name for name, _ in RULES} == {row[0] for row in RULE_TABLE}


# the harshest rule wins and gives its reason; equal answers keep the first
VERDICTS = [
    (ask(5), RiskLimits(1_000_000, 0, 0), 5, 0),
    (ask(20), RiskLimits(1_000_000, 0, 0), 10, Reason.INSUFFICIENT_CASH),
    (ask(20), RiskLimits(1_000_000, 500_000, 0), 5, Reason.MAX_POSITION),
    (ask(20), RiskLimits(1_000_000, 500_000, 300_000), 3, Reason.MAX_GROSS_EXPOSURE),
    (ask(20), RiskLimits(1_000_000, 500_000, 500_000), 5, Reason.MAX_POSITION),
    (ask(20, equity=0), RiskLimits(1_000_000, 500_000, 500_000), 0, Reason.INSUFFICIENT_CASH),
]


@pytest.mark.parametrize(("request_", "limits", "lots", "reason"), VERDICTS)
def test_verdict(request_, limits, lots, reason):
    assert tuple(verdict_nb(request_, limits)) == (lots, int(reason))


# equity, value of a lot, fraction in parts per million, lots
SIZES = [
    (1000, 100, 500_000, 5),
    (1000, 300, 500_000, 1),
    (1000, 600, 500_000, 0),
    (0, 1, 10**6, 0),
    (-5, 1, 10**6, 0),
    (9, 0, 1, 0),
]


@pytest.mark.parametrize(("equity", "unit", "fraction", "lots"), SIZES)
def test_fixed_fraction(equity, unit, fraction, lots):
    assert fixed_fraction_nb(equity, unit, fraction) == lots
    assert size_nb(equity, unit, fraction) == lots


def test_share_of_equity():
    assert share_of_equity_nb(1000, 250_000) == 250
    assert share_of_equity_nb(-1000, 250_000) == 0
    assert share_of_equity_nb(10**18, 10**9) == NO_LIMIT
    assert OVERFLOW < 0
