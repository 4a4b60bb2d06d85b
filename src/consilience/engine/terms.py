"""Settings of the orchestrator, and of what a halt means in a backtest."""

from __future__ import annotations

import msgspec

from consilience.core.codes import FibonacciZone
from consilience.core.errors import ConfigError, NotFound
from consilience.core.spec import ParamSpec, Spec

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
        ParamSpec("exit_score", 0.05, 0.0, 1.0, "score", text="this far against a position closes it"),
    ),
    source="Consilience founding document 000 (0.62, the states); the times are ours",
    family="orchestrator",
)


class OrchestratorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the staged orchestrator; times in bars of the symbol's run, counted in slices.

    threshold, fade: confidence, see ``STAGED``. zone_blocklist: Fibonacci zones that may not go, by name.
    priorities: weight by symbol, 1 where none is given; of several in GO those with the largest weight x confidence
    trade first, or weight x strength where the fusion profile ranks. watchlist: symbols that are watched; empty for
    all.
    """

    threshold: float = 0.62
    fade: float = 0.1
    aligned: int = 3
    set_bars: int = 1
    set_timeout: int = 12
    go_timeout: int = 4
    cooldown: int = 6
    maximum_trades: int = 5
    exit_score: float = 0.05
    zone_blocklist: tuple[str, ...] = ()
    priorities: dict[str, float] = msgspec.field(default_factory=dict)
    watchlist: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for param in STAGED.params:
            problem = param.problem_with(getattr(self, param.name))
            if problem:
                raise ConfigError(f"orchestrator {problem}")
        if self.fade > self.threshold:
            raise ConfigError(
                f"orchestrator fade={self.fade} is above threshold={self.threshold}; no signal could fade"
            )
        if self.set_bars >= self.set_timeout:
            raise ConfigError(
                f"orchestrator set_bars={self.set_bars} >= set_timeout={self.set_timeout}: nothing could reach GO"
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
