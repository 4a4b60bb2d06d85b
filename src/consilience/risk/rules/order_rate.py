"""Order rate: so many entries in a window of time; as many again are kept for orders that reduce."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec
from consilience.risk.rule import Rule, Severity

SPEC = Spec(
    "order_rate",
    "entries stop at order_rate orders in a window, orders that reduce at twice as many",
    params=(
        ParamSpec("order_rate", 0, 0, 1_000_000, "orders", text="0 is no limit"),
        ParamSpec("order_window_seconds", 1.0, 0.001, 86_400.0, "seconds"),
    ),
    family="risk rule",
)


@njit_inline
def order_rate_nb(request: np.void, limits: np.void) -> int:
    """All lots, or none once the window is full: a flood of entries must not lock the way out."""
    most = limits["order_rate"]
    if most <= 0:
        return int(request["lots"])
    if request["reduces"] == 1:
        most = 2 * most
    return 0 if request["window_orders"] >= most else int(request["lots"])


RULE = Rule(
    SPEC,
    order_rate_nb,
    Reason.ORDER_RATE,
    Severity.HIGH,
    "look for a loop that sends orders; wait for the next window",
    exposure=False,
    overridable=False,
)
