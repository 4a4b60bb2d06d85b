"""The account's risk state: one record that the engine keeps from slice to slice, and that survives a restart."""

from __future__ import annotations

import numpy as np

from consilience.core.panel import Records

NO_SESSION = -(2**62)

# 8-byte fields only; money in base units.
RISK_DTYPE = np.dtype(
    [
        # kept by the breaker, ``risk.breaker``
        ("equity", "i8"),  # at the last marks
        ("peak_equity", "i8"),  # highest since the start or the last resumption
        ("session", "i8"),  # NO_SESSION before the first slice
        ("session_equity", "i8"),  # at the last marks before the session began: a gap at the open counts as today's
        ("losses", "i8"),  # round trips lost in a row
        ("halt_level", "i8"),  # HaltLevel; latches
        ("halt_reason", "i8"),  # Reason
        ("halt_ts", "i8"),  # when it was set, ns
        ("window_ts", "i8"),  # start of the present window of the order rate, ns
        ("window_orders", "i8"),  # orders sent in it
        # written by the engine after each slice's marks
        ("gross", "i8"),  # sum of |position values|
        ("net", "i8"),  # sum of signed position values
        ("heat", "i8"),  # sum over lanes of what a stop-out would cost
        ("expiring_units", "i8"),  # sum of |values| that expire today
        ("positions", "i8"),  # symbols held or waited for
        ("value_at_risk", "i8"),  # of what is held; -1 not known
        ("shortfall", "i8"),  # expected shortfall of what is held; -1 not known
        ("breaches", "i8"),  # bits by place in ``risk.catalog.FULL_RULES``: limits that positions are beyond now
        ("violations", "i8"),  # how often a limit began to be exceeded since the start: rows of the engine's log
        ("vix", "f8"),  # index points; NaN not known
    ],
    align=True,
)


def new_state(equity: int) -> Records:
    """RISK_DTYPE [1] of an account with ``equity`` base units and no position."""
    state = np.zeros(1, RISK_DTYPE)
    state["equity"] = equity
    state["peak_equity"] = equity
    state["session"] = NO_SESSION
    state["session_equity"] = equity
    state["vix"] = np.nan
    return state
