"""The risk catalogue: every rule and sizer, and the compiled verdicts made from the rules (harshest wins).

A new rule is one file in ``rules/`` and one line here. ``RULES`` are the account rules that every run has, a few and
fast. ``FULL_RULES`` are those of a run with a ``[risk]`` section; a rule's place is its bit in masks, so append only.
"""

from __future__ import annotations

from types import ModuleType

from consilience.core.jit import generated_module
from consilience.risk.rule import Rule
from consilience.risk.rules import (
    buying_power,
    concentration,
    correlation,
    days_to_expiry,
    duplicate,
    expected_shortfall,
    gross_exposure,
    halt,
    leverage,
    liquidity,
    max_daily_loss,
    max_drawdown,
    max_gross,
    max_losses,
    max_position,
    max_positions,
    net_exposure,
    order_rate,
    portfolio_heat,
    position_size,
    price_collar,
    restricted,
    risk_per_trade,
    sector_exposure,
    self_match,
    trading_hours,
    value_at_risk,
    vix,
    zero_dte,
)
from consilience.risk.sizers import atr_risk, fixed_fraction, kelly, volatility_target
from consilience.risk.sizers.base import Sizer

RULES: tuple[tuple[str, ModuleType], ...] = (
    ("buying_power_nb", buying_power),
    ("max_position_nb", max_position),
    ("max_gross_nb", max_gross),
)
FULL_RULES: tuple[Rule, ...] = (
    halt.RULE,
    restricted.RULE,
    self_match.RULE,
    duplicate.RULE,
    order_rate.RULE,
    trading_hours.RULE,
    price_collar.RULE,
    days_to_expiry.RULE,
    zero_dte.RULE,
    max_drawdown.RULE,
    max_daily_loss.RULE,
    max_losses.RULE,
    vix.RULE,
    max_positions.RULE,
    correlation.RULE,
    risk_per_trade.RULE,
    position_size.RULE,
    concentration.RULE,
    sector_exposure.RULE,
    gross_exposure.RULE,
    net_exposure.RULE,
    leverage.RULE,
    portfolio_heat.RULE,
    value_at_risk.RULE,
    expected_shortfall.RULE,
    liquidity.RULE,
)
PLACES: dict[str, int] = {rule.name: place for place, rule in enumerate(FULL_RULES)}
# the place of a sizer is its code: ``risk.sizing_settings.METHODS``
SIZERS: tuple[ModuleType, ...] = (fixed_fraction, kelly, volatility_target, atr_risk)
FULL_SIZERS: tuple[Sizer, ...] = tuple(module.SIZER for module in SIZERS)


def _verdict_source() -> str:
    """Text of a module whose ``verdict_nb`` asks every rule in catalogue order and keeps the harshest answer."""
    lines = ["from consilience.core.jit import njit_inline", "from consilience.risk.request import Verdict"]
    lines += [f"from {module.__name__} import {kernel}" for kernel, module in RULES]
    lines += ["", "", "@njit_inline", "def verdict_nb(request, limits):", "    lots = request.lots", "    reason = 0"]
    for kernel, module in RULES:
        lines += [
            f"    allowed = {kernel}(request, limits)",
            "    if allowed < lots:",
            "        lots = allowed",
            f"        reason = {int(module.REASON)}",
        ]
    lines += ["    return Verdict(max(lots, 0), reason)", ""]
    return "\n".join(lines)


def _full_verdict_source() -> str:
    """Text of a module whose ``full_verdict_nb`` asks every full rule that applies and keeps the harshest answer."""
    lines = [
        "from consilience.core.jit import njit_bare",
        "from consilience.risk.rules.price_collar import collar_limit_nb",
        "from consilience.risk.verdict import begin_nb, finish_nb, judge_nb",
    ]
    lines += [f"from {rule.kernel.__module__} import {rule.kernel.__name__}" for rule in FULL_RULES]
    lines += ["", "", "@njit_bare", "def full_verdict_nb(request, limits):", "    verdict = begin_nb(request)"]
    lines += ["    opens = request['reduces'] == 0", "    asked = ~limits['overridden']"]
    for place, rule in enumerate(FULL_RULES):
        applies = [f"(asked >> {place}) & 1 == 1"] if rule.overridable else []
        applies += ["opens"] if rule.exposure else []
        indent = "    "
        if applies:
            lines.append(f"    if {' and '.join(applies)}:")
            indent = "        "
        lines += [
            f"{indent}allowed = {rule.kernel.__name__}(request, limits)",
            f"{indent}verdict = judge_nb(verdict, request, limits, allowed, "
            f"({place}, {int(rule.reason)}, {int(rule.refusal)}))",
        ]
    lines += ["    return finish_nb(verdict, request, collar_limit_nb(request, limits))", ""]
    return "\n".join(lines)


def _sizer_source() -> str:
    """Text of a module with one ``choose_size_nb(method, request, sizing)`` that calls the sizer of that code."""
    lines = ["from consilience.core.jit import njit_inline"]
    lines += [f"from {sizer.kernel.__module__} import {sizer.kernel.__name__}" for sizer in FULL_SIZERS]
    lines += ["", "", "@njit_inline", "def choose_size_nb(method, request, sizing):"]
    for code, sizer in enumerate(FULL_SIZERS):
        lines += [f"    if method == {code}:", f"        return {sizer.kernel.__name__}(request, sizing)"]
    lines += ["    return 0", ""]
    return "\n".join(lines)


verdict_nb = generated_module("verdict", _verdict_source()).verdict_nb
full_verdict_nb = generated_module("full_verdict", _full_verdict_source()).full_verdict_nb
choose_size_nb = generated_module("sizers", _sizer_source()).choose_size_nb
size_nb = fixed_fraction.fixed_fraction_nb

__all__ = [
    "FULL_RULES",
    "FULL_SIZERS",
    "PLACES",
    "RULES",
    "SIZERS",
    "choose_size_nb",
    "full_verdict_nb",
    "size_nb",
    "verdict_nb",
]
