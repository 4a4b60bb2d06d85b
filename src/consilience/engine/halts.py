"""The log of halts: when the circuit breaker stopped a run, by which figures, when it was resumed, what it refused."""

from __future__ import annotations

import numpy as np

from consilience.core.jit import njit_bare
from consilience.core.panel import Records

# One row for each time the breaker raised the halt; a halt that is raised to a higher level has a row for each.
HALT_DTYPE = np.dtype(
    [
        ("row", "i8"),  # slice at whose marks it was raised
        ("ts", "i8"),  # ns
        ("level", "i8"),  # HaltLevel
        ("reason", "i8"),  # Reason
        ("equity", "i8"),  # base units, as the next three
        ("peak_equity", "i8"),  # that the drawdown was counted from
        ("session_equity", "i8"),  # that the day's loss was counted from
        ("losses", "i8"),  # in a row
        ("resumed_row", "i8"),  # slice in which trading resumed, before its decisions; -1 while halted
        ("resumed_ts", "i8"),  # ns, 0 while halted
        ("halted_entries", "i8"),  # the account's count of entries refused for a halt, when this one was raised
        ("halted_entries_after", "i8"),  # and when trading resumed; -1 while halted
    ],
    align=True,
)
NO_HALTS = np.zeros(0, HALT_DTYPE)


@njit_bare
def note_halt_nb(halts: Records, account: np.void, state: np.void, row: int) -> None:
    """Note that the halt was raised in slice ``row``; ``account['halts']`` counts it already."""
    halt = halts[account["halts"] - 1]
    halt["row"] = row
    halt["ts"] = state["halt_ts"]
    halt["level"] = state["halt_level"]
    halt["reason"] = state["halt_reason"]
    halt["equity"] = state["equity"]
    halt["peak_equity"] = state["peak_equity"]
    halt["session_equity"] = state["session_equity"]
    halt["losses"] = state["losses"]
    halt["resumed_row"] = -1
    halt["resumed_ts"] = 0
    halt["halted_entries"] = account["halted_entries"]
    halt["halted_entries_after"] = -1


@njit_bare
def note_resumption_nb(halts: Records, account: np.void, row: int, ts: int) -> None:
    """Note that trading resumed in slice ``row``: the end of every row that is still open."""
    k = account["halts"] - 1
    while k >= 0 and halts[k]["resumed_row"] < 0:
        halts[k]["resumed_row"] = row
        halts[k]["resumed_ts"] = ts
        halts[k]["halted_entries_after"] = account["halted_entries"]
        k -= 1
