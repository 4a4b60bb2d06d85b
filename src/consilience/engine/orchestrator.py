"""The orchestrator: READY -> SET -> GO -> COOLDOWN for each symbol, and who may trade when not all may.

``direct`` lets every score that is not zero go on at once: plain strategies take it. ``staged`` is for fused decisions:

    READY     watched; SET when the fused confidence is above the threshold and the score is beyond its own
    SET       GO when enough factors agree and the Fibonacci zone is allowed; READY when the signal fades or time runs out
    GO        asks for its entry in each slice; COOLDOWN when it traded or time ran out; READY when the signal fades
    COOLDOWN  rests; READY when the rest is over

A symbol makes at most one step a slice.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from consilience.core.codes import FibonacciZone, Reason, TickerState
from consilience.core.errors import ConfigError, NotFound
from consilience.core.jit import njit_bare as njit
from consilience.core.jit import njit_inline
from consilience.core.spec import ParamSpec, Spec

SPEC = Spec("direct", "a score goes straight on to risk", inputs=("score",), outputs=("go",), family="orchestrator")
STAGED = Spec(
    "staged",
    "READY, SET, GO, COOLDOWN for each symbol; the best few may trade at once",
    inputs=("score", "confidence", "aligned factors", "Fibonacci zone"),
    outputs=("state",),
    params=(
        ParamSpec("threshold", 0.62, 0.0, 1.0, "confidence", text="above it READY becomes SET"),
        ParamSpec("fade", 0.1, 0.0, 1.0, "confidence", text="this far below the threshold a signal has faded"),
        ParamSpec("aligned", 3, 1, 32, "factors", text="that must agree for GO"),
        ParamSpec("set_bars", 1, 0, 10_000, "bars", text="least stay in SET"),
        ParamSpec("set_timeout", 12, 1, 100_000, "bars"),
        ParamSpec("go_timeout", 4, 1, 100_000, "bars"),
        ParamSpec("cooldown", 6, 0, 100_000, "bars"),
        ParamSpec("maximum_trades", 5, 1, 100_000, "positions", text="open or waiting at once"),
    ),
    source="Consilience founding document 000 (0.62, the states); the times are ours",
    family="orchestrator",
)
READY, SET, GO, COOLDOWN = int(TickerState.READY), int(TickerState.SET), int(TickerState.GO), int(TickerState.COOLDOWN)
SET_REACHED, GO_REACHED, COOLED_DOWN = int(Reason.SET_REACHED), int(Reason.GO_REACHED), int(Reason.COOLED_DOWN)
FADED, SET_LATE, GO_LATE = int(Reason.SIGNAL_FADED), int(Reason.SET_TIMED_OUT), int(Reason.GO_TIMED_OUT)
TRADED = int(Reason.TRADE_EXECUTED)


class OrchestratorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the staged orchestrator; times in bars of the symbol's run, counted in slices.

    threshold, fade: confidence, see ``STAGED``. zone_blocklist: Fibonacci zones that may not go, by name.
    priorities: weight by symbol, 1 where none is given; of several in GO those with the largest weight x confidence
    trade first. watchlist: symbols that are watched; empty for all.
    """

    threshold: float = 0.62
    fade: float = 0.1
    aligned: int = 3
    set_bars: int = 1
    set_timeout: int = 12
    go_timeout: int = 4
    cooldown: int = 6
    maximum_trades: int = 5
    zone_blocklist: tuple[str, ...] = ()
    priorities: dict[str, float] = msgspec.field(default_factory=dict)
    watchlist: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for param in STAGED.params:
            problem = param.problem_with(getattr(self, param.name))
            if problem:
                raise ConfigError(f"orchestrator {problem}")
        if self.fade > self.threshold:
            raise ConfigError(f"orchestrator fade={self.fade} is above threshold={self.threshold}; no signal could fade")
        if self.set_bars >= self.set_timeout:
            raise ConfigError(
                f"orchestrator set_bars={self.set_bars} is not below set_timeout={self.set_timeout}; nothing could reach GO"
            )
        for symbol, weight in self.priorities.items():
            if not 0.0 <= weight <= 1e6:
                raise ConfigError(f"orchestrator priority of {symbol} is {weight}; use 0..1000000")
        self.blocked_zones()

    def blocked_zones(self) -> int:
        """The block list as bits, one for each zone code. Raises NotFound for an unknown zone."""
        bits = 0
        for name in self.zone_blocklist:
            if name.upper() not in FibonacciZone.__members__:
                raise NotFound.named("Fibonacci zone", name.upper(), FibonacciZone.__members__)
            bits |= 1 << int(FibonacciZone[name.upper()])
        return bits


class Stages(NamedTuple):
    """``OrchestratorSettings`` as the kernel reads them."""

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
