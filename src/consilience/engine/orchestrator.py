"""The orchestrator: READY -> SET -> GO -> COOLDOWN for each symbol, and who may trade when not all may.

``direct`` lets every score that is not zero go on at once: plain strategies take it. ``staged`` is for fused decisions:

    READY     watched; SET when the fused confidence is above the threshold and the score is beyond its own
    SET       GO when enough factors agree and the Fibonacci zone is allowed; READY when it fades or time runs out
    GO        asks for its entry in each slice; COOLDOWN when it traded or time ran out; READY when the signal fades
    COOLDOWN  rests; READY when the rest is over

A symbol makes at most one step a slice.
"""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.codes import Reason, TickerState
from consilience.core.jit import njit_bare as njit
from consilience.core.jit import njit_inline
from consilience.core.spec import Spec

SPEC = Spec("direct", "a score goes straight on to risk", inputs=("score",), outputs=("go",), family="orchestrator")
READY, SET, GO, COOLDOWN = int(TickerState.READY), int(TickerState.SET), int(TickerState.GO), int(TickerState.COOLDOWN)
SET_REACHED, GO_REACHED, COOLED_DOWN = int(Reason.SET_REACHED), int(Reason.GO_REACHED), int(Reason.COOLED_DOWN)
FADED, SET_LATE, GO_LATE = int(Reason.SIGNAL_FADED), int(Reason.SET_TIMED_OUT), int(Reason.GO_TIMED_OUT)
TRADED = int(Reason.TRADE_EXECUTED)


class Stages(NamedTuple):
    """``terms.OrchestratorSettings`` as the kernel reads them."""

    threshold: float
    fade: float
    aligned: int
    set_bars: int
    set_timeout: int
    go_timeout: int
    cooldown: int
    blocked_zones: int


class Sight(NamedTuple):
    """What the orchestrator sees of one symbol in one slice.

    side: of the fused signal, -1, 0 or 1. confidence: 0..1. aligned: factors on that side. zone: FibonacciZone.
    traded: whether it traded since it reached GO. held: slices in its present state.
    """

    side: int
    confidence: float
    aligned: int
    zone: int
    traded: bool
    held: int


@njit
def go_direct_nb(score: float) -> bool:
    """Whether the score may go on; NaN may not."""
    return score > 0.0 or score < 0.0


@njit_inline
def next_state_nb(state: int, sight: Sight, stages: Stages) -> tuple[int, int]:
    """(state after this slice, reason of the step or 0 when it stays)."""
    if state == COOLDOWN:
        return (READY, COOLED_DOWN) if sight.held >= stages.cooldown else (COOLDOWN, 0)
    if state == GO and sight.traded:
        return COOLDOWN, TRADED
    if state == READY:
        if sight.side != 0 and sight.confidence > stages.threshold:
            return SET, SET_REACHED
        return READY, 0
    if sight.side == 0 or not sight.confidence > stages.threshold - stages.fade:
        return READY, FADED
    if state == GO:
        return (COOLDOWN, GO_LATE) if sight.held >= stages.go_timeout else (GO, 0)
    allowed = (stages.blocked_zones >> sight.zone) & 1 == 0
    if sight.held >= stages.set_bars and sight.aligned >= stages.aligned and allowed:
        return GO, GO_REACHED
    if sight.held >= stages.set_timeout:
        return READY, SET_LATE
    return SET, 0
