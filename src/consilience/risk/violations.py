"""Passive breaches: positions that are beyond a limit because prices moved, flagged in the same slice.

The kernel compares each slice, in integers; ``violation_of`` says in a person's terms what it wrote.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np

from consilience.core.jit import njit_bare
from consilience.core.panel import Ints
from consilience.core.units import MILLION, OVERFLOW, multiply_divide_nb
from consilience.risk.catalog import FULL_RULES, PLACES
from consilience.risk.full_request import NOT_KNOWN
from consilience.risk.request import share_of_equity_nb
from consilience.risk.rule import Severity

RULE_COUNT = len(FULL_RULES)
THOUSANDTHS = 1000.0
DRAWDOWN, DAY, LOSSES = PLACES["max_drawdown"], PLACES["max_daily_loss"], PLACES["max_losses"]
POSITIONS, POSITION, SYMBOL = PLACES["max_positions"], PLACES["position_size"], PLACES["concentration"]
SECTOR, GROSS, NET = PLACES["sector_exposure"], PLACES["gross_exposure"], PLACES["net_exposure"]
LEVERAGE, HEAT, VIX = PLACES["leverage"], PLACES["portfolio_heat"], PLACES["vix"]
VALUE_AT_RISK, SHORTFALL = PLACES["value_at_risk"], PLACES["expected_shortfall"]
ZERO_DTE = PLACES["zero_dte"]
COUNTED = frozenset((LOSSES, POSITIONS))


class Extremes(NamedTuple):
    """The largest of each kind after the marks, base units. expiring: sum of |values| that expire today."""

    position: int
    symbol: int
    sector: int
    expiring: int


@njit_bare
def compare_nb(table: Ints, place: int, value: int, limit: int, reached: bool) -> int:
    """Write one value and its limit into ``table``; the rule's bit where it is beyond. limit: negative for none."""
    table[0, place] = value
    table[1, place] = limit
    if limit < 0 or value == NOT_KNOWN:
        return 0
    return 1 << place if value > limit or (reached and value == limit and value > 0) else 0


@njit_bare
def share_limit_nb(amount: int, ppm: int) -> int:
    """``ppm`` of ``amount``, -1 for no limit."""
    return share_of_equity_nb(amount, ppm) if ppm > 0 else -1


@njit_bare
def breaches_nb(state: np.void, limits: np.void, extremes: Extremes, table: Ints) -> int:
    """Bits of the limits that the account is beyond now, also written to ``state['breaches']``.

    table: int64 [2, RULE_COUNT] out: value and limit of each rule in base units, counts, or thousandths of a VIX point;
    limit -1 where the rule is off or looks at single orders only. The cap of leverage is that of confident signals.
    """
    equity = state["equity"]
    table[0, :] = 0
    table[1, :] = -1
    cap = max(limits["leverage_ppm"], limits["leverage_confident_ppm"])
    found = 0
    found |= compare_nb(table, POSITION, extremes.position, share_limit_nb(equity, limits["max_position_ppm"]), False)
    found |= compare_nb(table, SYMBOL, extremes.symbol, share_limit_nb(equity, limits["max_symbol_ppm"]), False)
    found |= compare_nb(table, SECTOR, extremes.sector, share_limit_nb(equity, limits["max_sector_ppm"]), False)
    found |= compare_nb(table, ZERO_DTE, extremes.expiring, share_limit_nb(equity, limits["max_zero_dte_ppm"]), False)
    found |= compare_nb(table, GROSS, state["gross"], share_limit_nb(equity, limits["max_gross_ppm"]), False)
    found |= compare_nb(table, NET, abs(state["net"]), share_limit_nb(equity, limits["max_net_ppm"]), False)
    found |= compare_nb(table, LEVERAGE, state["gross"], share_limit_nb(equity, cap), False)
    found |= compare_nb(table, HEAT, state["heat"], share_limit_nb(equity, limits["max_heat_ppm"]), False)
    found |= compare_nb(
        table, VALUE_AT_RISK, state["value_at_risk"], share_limit_nb(equity, limits["max_var_ppm"]), False
    )
    found |= compare_nb(
        table, SHORTFALL, state["shortfall"], share_limit_nb(equity, limits["max_shortfall_ppm"]), False
    )
    fall, loss = max(state["peak_equity"] - equity, 0), max(state["session_equity"] - equity, 0)
    found |= compare_nb(table, DRAWDOWN, fall, share_limit_nb(state["peak_equity"], limits["max_drawdown_ppm"]), True)
    found |= compare_nb(table, DAY, loss, share_limit_nb(state["session_equity"], limits["max_daily_loss_ppm"]), True)
    losses = limits["max_losses"] if limits["max_losses"] > 0 else -1
    found |= compare_nb(table, LOSSES, state["losses"], losses, True)
    positions = limits["max_positions"] if limits["max_positions"] > 0 else -1
    found |= compare_nb(table, POSITIONS, state["positions"], positions, False)
    if limits["vix"] > 0.0 and state["vix"] == state["vix"]:
        points, most = int(state["vix"] * THOUSANDTHS + 0.5), int(limits["vix"] * THOUSANDTHS + 0.5)
        found |= compare_nb(table, VIX, points, most, True)
    state["breaches"] = found
    return found


class Violation(msgspec.Struct, frozen=True):
    """One limit that the account was beyond. value and limit: in ``unit``, 'money', 'count' or 'points' of an index."""

    rule: str
    reason: int
    severity: int
    value: float
    limit: float
    unit: str
    action: str


def violation_of(place: int, value: int, limit: int, exponent: int) -> Violation:
    """What a column of ``breaches_nb``'s table says. exponent: decimal places of the account's ledger units."""
    rule = FULL_RULES[place]
    unit = "count" if place in COUNTED else "points" if place == VIX else "money"
    scale = {"count": 1.0, "points": 1.0 / THOUSANDTHS, "money": 1.0 / 10**exponent}[unit]
    severity = escalated(rule.severity, value, limit)
    return Violation(rule.name, int(rule.reason), severity, value * scale, limit * scale, unit, rule.action)


def escalated(severity: Severity, value: int, limit: int) -> int:
    """Severity of a breach: one step more where the value is half as much again as the limit, at most CRITICAL."""
    half_more = multiply_divide_nb(limit, 1_500_000, MILLION)
    far = half_more != OVERFLOW and value >= half_more
    return min(int(severity) + (1 if far else 0), int(Severity.CRITICAL))
