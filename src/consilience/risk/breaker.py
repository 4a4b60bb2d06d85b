"""The circuit breaker: after each slice's marks it may halt trading; the halt latches until a person resumes it.

Levels: 1 no new entries; 2 waiting entries are cancelled too; 3 positions are closed too. Orders that reduce pass at
every level. Founding document 004: drawdown 20 %, daily loss 10 %, five losses in a row, 3 ATR of loss a unit.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import msgspec
import numpy as np

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError
from consilience.core.jit import njit_bare
from consilience.core.reason_text import REASON_TEXT
from consilience.risk.request import share_of_equity_nb
from consilience.risk.state import NO_SESSION

BY_DRAWDOWN, BY_DAY, BY_LOSSES = int(Reason.HALT_DRAWDOWN), int(Reason.HALT_DAILY_LOSS), int(Reason.HALT_LOSSES)


class HaltLevel(IntEnum):
    """How far a halt goes; each level does what the lower ones do."""

    NONE = 0
    NO_ENTRIES = 1
    CANCEL_ENTRIES = 2
    FLATTEN = 3


class Mark(NamedTuple):
    """The account after a slice's marks, base units; session: id of the slice's trading session; ts: ns."""

    equity: int
    session: int
    ts: int


@njit_bare
def mark_nb(state: np.void, limits: np.void, mark: Mark) -> int:
    """Keep the state's peak, session and drawdown, then trip the breaker where a limit is reached.

    Returns the halt level, which never falls here. Call it once a slice, before the slice's decisions.
    """
    if mark.session != state["session"]:
        # a gap between sessions counts to the new one, so it starts from the last marks of the old
        state["session_equity"] = mark.equity if state["session"] == NO_SESSION else state["equity"]
        state["session"] = mark.session
    state["equity"] = mark.equity
    state["peak_equity"] = max(state["peak_equity"], mark.equity)
    if has_fallen_nb(state["peak_equity"], mark.equity, limits["halt_drawdown_ppm"]):
        raise_halt_nb(state, limits["halt_drawdown_level"], BY_DRAWDOWN, mark.ts)
    if has_fallen_nb(state["session_equity"], mark.equity, limits["halt_daily_loss_ppm"]):
        raise_halt_nb(state, limits["halt_daily_loss_level"], BY_DAY, mark.ts)
    if limits["halt_losses"] > 0 and state["losses"] >= limits["halt_losses"]:
        raise_halt_nb(state, limits["halt_losses_level"], BY_LOSSES, mark.ts)
    return int(state["halt_level"])


@njit_bare
def has_fallen_nb(top: int, now: int, ppm: int) -> bool:
    """Whether ``now`` is below ``top`` by ``ppm`` of it or more; never for 0."""
    return ppm > 0 and now < top and top - now >= share_of_equity_nb(top, ppm)


@njit_bare
def raise_halt_nb(state: np.void, level: int, reason: int, ts: int) -> None:
    """Raise the halt to ``level``; a halt as high or higher stays as it is, with its reason."""
    if level > state["halt_level"]:
        state["halt_level"] = level
        state["halt_reason"] = reason
        state["halt_ts"] = ts


@njit_bare
def resume_nb(state: np.void) -> None:
    """End the halt; drawdown, daily loss and losses in a row are counted afresh. People use ``resume``, on record."""
    state["halt_level"] = 0
    state["halt_reason"] = 0
    state["halt_ts"] = 0
    state["peak_equity"] = state["equity"]
    state["session_equity"] = state["equity"]
    state["losses"] = 0


@njit_bare
def count_trade_nb(state: np.void, profit: int) -> None:
    """Count a closed round trip by its ``profit`` in base units, after costs; one of exactly 0 changes nothing."""
    if profit < 0:
        state["losses"] += 1
    elif profit > 0:
        state["losses"] = 0


@njit_bare
def count_order_nb(state: np.void, limits: np.void, ts: int, orders: int) -> None:
    """Count ``orders`` sent at ``ts`` into the window of the order rate, 0 to only let an old window end.

    A window begins with the first order after the last one ended. Call it with 0 before a verdict, and with what was
    sent after it.
    """
    if ts - state["window_ts"] >= limits["order_window_ns"]:
        state["window_ts"] = ts
        state["window_orders"] = 0
    state["window_orders"] += orders


@njit_bare
def breaks_lane_nb(side: int, entry: float, price: float, atr: float, multiple: float) -> bool:
    """Whether a position of ``side`` has lost more than ``multiple`` ATRs a unit: its lane is to be closed.

    entry: average price paid; entry, price and atr in one unit of price. NaN or an ATR of 0 break nothing.
    """
    return multiple > 0.0 and atr > 0.0 and (entry - price) * side > multiple * atr


class HaltAct(msgspec.Struct, frozen=True, tag=True):
    """A person halted trading: for the journal."""

    actor: str
    words: str
    ts: int
    level: int
    level_before: int


class ResumeAct(msgspec.Struct, frozen=True, tag=True):
    """A person ended a halt: for the journal. The figures are those that were forgotten."""

    actor: str
    words: str
    ts: int
    level_before: int
    reason_before: int
    peak_equity_before: int
    session_equity_before: int
    losses_before: int

    @property
    def text(self) -> str:
        """One line for people."""
        return f"{self.actor} resumed trading ({REASON_TEXT[Reason(self.reason_before)]}): {self.words}"


def signed_act(what: str, actor: str, words: str) -> tuple[str, str]:
    """(actor, words) without spaces around. Raises ConfigError where one is empty: such an act is a documented one."""
    actor, words = actor.strip(), words.strip()
    if not actor:
        raise ConfigError(f"{what}: say who does it")
    if not words:
        raise ConfigError(f"{what}: say why, in words")
    return actor, words


def emergency_stop(state: np.void, level: int, actor: str, words: str, ts: int) -> HaltAct:
    """Halt trading by hand, at ``level`` or the present one where that is higher.

    Raises ConfigError for a level other than 1, 2 or 3, or without a name or a reason.
    """
    actor, words = signed_act("emergency stop", actor, words)
    if level not in (1, 2, 3):
        raise ConfigError(f"emergency stop: level={level}; use 1 no entries, 2 cancel entries or 3 flatten")
    before = int(state["halt_level"])
    raise_halt_nb(state, level, int(Reason.HALT_BY_PERSON), ts)
    return HaltAct(actor, words, ts, int(state["halt_level"]), before)


def resume(state: np.void, actor: str, words: str, ts: int) -> ResumeAct:
    """End the halt. Drawdown, daily loss and losses in a row are counted afresh, else the breaker would trip at once.

    Raises ConfigError when trading is not halted, or without a name or a reason.
    """
    actor, words = signed_act("resume", actor, words)
    if state["halt_level"] == 0:
        raise ConfigError("resume: trading is not halted")
    act = ResumeAct(
        actor,
        words,
        ts,
        int(state["halt_level"]),
        int(state["halt_reason"]),
        int(state["peak_equity"]),
        int(state["session_equity"]),
        int(state["losses"]),
    )
    resume_nb(state)
    return act
