"""The risk catalogue: every rule and sizer, and the compiled verdict made from the rules (harshest wins).

A new rule is one file in ``rules/`` and one line here.
"""

from __future__ import annotations

from types import ModuleType

from consilience.core.jit import generated_module
from consilience.risk.rules import buying_power, max_gross, max_position
from consilience.risk.sizers import fixed_fraction

RULES: tuple[tuple[str, ModuleType], ...] = (
    ("buying_power_nb", buying_power),
    ("max_position_nb", max_position),
    ("max_gross_nb", max_gross),
)
SIZERS: tuple[ModuleType, ...] = (fixed_fraction,)


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


verdict_nb = generated_module("verdict", _verdict_source()).verdict_nb
size_nb = fixed_fraction.fixed_fraction_nb

__all__ = ["RULES", "SIZERS", "size_nb", "verdict_nb"]
