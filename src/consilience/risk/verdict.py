"""The algebra of full verdicts: halt beats refuse beats shrink to the smallest beats approve; every objection is kept.

Also the words of a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.reason_text import REASON_TEXT
from consilience.risk.full_request import FullVerdict
from consilience.risk.rule import UNKNOWN, Rule, VerdictKind

APPROVE, SHRINK, REFUSE = int(VerdictKind.APPROVE), int(VerdictKind.SHRINK), int(VerdictKind.REFUSE)
NOT_KNOWN, NO_SIZE, TOO_SMALL = int(Reason.RISK_INPUT_UNKNOWN), int(Reason.SIZE_IS_ZERO), int(Reason.BELOW_MINIMUM)


@njit_inline
def begin_nb(request: np.void) -> FullVerdict:
    """Approval of all wanted lots; a wish for none is refused."""
    if request["lots"] <= 0:
        return FullVerdict(REFUSE, 0, NO_SIZE, -1, 0, 0)
    return FullVerdict(APPROVE, int(request["lots"]), 0, -1, 0, 0)


@njit_inline
def judge_nb(
    verdict: FullVerdict, request: np.void, limits: np.void, allowed: int, rule: tuple[int, int, int]
) -> FullVerdict:
    """``verdict`` with one more rule's answer. rule: its place, reason, kind of its refusal.

    Of two shrinks the smaller names the reason, of two refusals of one kind the first in the catalogue.
    """
    place, reason, refusal = rule
    if allowed == UNKNOWN:
        if limits["unknown_refuses"] == 0:
            return verdict
        allowed, reason = 0, NOT_KNOWN
    if allowed >= request["lots"]:
        return verdict
    allowed = max(allowed, 0)
    kind = refusal if allowed == 0 else SHRINK
    objections = verdict.objections | (1 << place)
    harsher = kind > verdict.kind or (kind == verdict.kind and allowed < verdict.lots)
    if harsher:
        return FullVerdict(kind, min(allowed, verdict.lots), reason, place, objections, 0)
    return FullVerdict(verdict.kind, verdict.lots, verdict.reason, verdict.rule, objections, 0)


@njit_inline
def finish_nb(verdict: FullVerdict, request: np.void, limit_ticks: int) -> FullVerdict:
    """The verdict to act on: an opening order below the venue's minimum is refused, a reducing one may be a limit."""
    if verdict.lots > 0 and request["reduces"] == 0 and verdict.lots < request["minimum_lots"]:
        reason = verdict.reason if verdict.reason != 0 else TOO_SMALL
        return FullVerdict(REFUSE, 0, reason, verdict.rule, verdict.objections, 0)
    return FullVerdict(
        verdict.kind,
        verdict.lots,
        verdict.reason,
        verdict.rule,
        verdict.objections,
        limit_ticks if verdict.lots > 0 else 0,
    )


def explain(verdict: FullVerdict, rules: Sequence[Rule]) -> str:
    """One line: what became of the order, why, which other rules objected, and what to do.

    rules: ``risk.catalog.FULL_RULES``.
    """
    kind = VerdictKind(verdict.kind)
    if kind == VerdictKind.APPROVE:
        return "risk: approved" + (f", as a limit at {verdict.limit_ticks} ticks" if verdict.limit_ticks else "")
    done = f"cut to {verdict.lots} lots" if kind == VerdictKind.SHRINK else "refused"
    if kind == VerdictKind.HALT:
        done = "halted"
    line = f"risk: {done}: {REASON_TEXT[Reason(verdict.reason)]}"
    if verdict.rule >= 0:
        line += f" ({rules[verdict.rule].name}); {rules[verdict.rule].action}"
    others = [rule.name for k, rule in enumerate(rules) if verdict.objections >> k & 1 and k != verdict.rule]
    return line + (f"; also objected: {', '.join(others)}" if others else "")
