"""The full verdict on the quantity that is sent: what another rule cuts is measured again."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_bare
from consilience.risk.catalog import PLACES, full_verdict_nb
from consilience.risk.full_request import FullVerdict
from consilience.risk.portfolio_nb import Holdings, measure_nb, wants_tail_nb
from consilience.risk.rule import VerdictKind

ASKS = 4  # the first cut of a measure goes by the shortfall, which is convex: more turns mend rounding only
REFUSE = int(VerdictKind.REFUSE)
TOO_RISKY, VALUE_AT_RISK = int(Reason.VALUE_AT_RISK_LIMIT), PLACES["value_at_risk"]


@njit_bare
def settled_verdict_nb(request: np.void, limits: np.void, holdings: Holdings, symbol: int) -> FullVerdict:
    """The full rules' verdict on ``request`` in ``symbol``, whose measures hold for the lots that it approves.

    Historical value at risk is not convex in the lots: it may be within its limit for all of them and beyond it for
    fewer. So lots that were cut are measured and judged again, and refused when that does not settle. Leaves the
    measures of the last question in ``request``.
    """
    measure_nb(request, limits, holdings, symbol)
    verdict: FullVerdict = full_verdict_nb(request, limits)
    if not wants_tail_nb(limits):
        return verdict
    objections = verdict.objections
    for _ in range(ASKS):
        lots = verdict.lots
        if lots == 0 or lots == request["lots"]:
            return verdict
        request["lots"] = lots
        measure_nb(request, limits, holdings, symbol)
        again: FullVerdict = full_verdict_nb(request, limits)
        objections |= again.objections
        if again.lots < lots:
            verdict = again
        verdict = FullVerdict(verdict.kind, verdict.lots, verdict.reason, verdict.rule, objections, verdict.limit_ticks)
    if verdict.lots == request["lots"]:
        return verdict
    return FullVerdict(REFUSE, 0, TOO_RISKY, VALUE_AT_RISK, objections | (1 << VALUE_AT_RISK), 0)
