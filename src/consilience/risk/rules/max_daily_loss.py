"""Daily loss: no entries for the rest of a session that has lost too much."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.request import share_of_equity_nb
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "max_daily_loss",
    "loss since the session began, open positions included, < a share of equity at its start",
    params=(ParamSpec("max_daily_loss", 0.0, 0.0, 1.0, "of the session's first equity", text="0 is no limit"),),
    source="Consilience founding document 000",
    family="risk rule",
)


@njit_inline
def max_daily_loss_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none while the day's loss is at its limit or beyond."""
    if limits["max_daily_loss_ppm"] <= 0:
        return int(request["lots"])
    loss = request["session_equity"] - request["equity"]
    reached = loss > 0 and loss >= share_of_equity_nb(request["session_equity"], limits["max_daily_loss_ppm"])
    return 0 if reached else int(request["lots"])


RULE = Rule(
    SPEC,
    max_daily_loss_nb,
    Reason.DAILY_LOSS_LIMIT,
    Severity.HIGH,
    "stop for the day",
)
