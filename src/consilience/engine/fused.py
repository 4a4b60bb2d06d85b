"""A fused decision as a strategy: a profile's sources, heard together, decide each symbol.

Sources are expressions, so they are computed like the columns of any strategy. What they say goes block by block
through fusion into ``Desk.fused``; the staged orchestrator reads that slice by slice (``engine.staged``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from consilience.core.errors import ConfigError
from consilience.core.panel import Floats
from consilience.engine.strategy_source import NAME, strategies_source
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node, lift
from consilience.signals.catalog import SOURCES, find_source
from consilience.signals.fusion.fields import CONFIDENCE, FIELDS
from consilience.signals.fusion.profile import FusionProfile, profile_of
from consilience.signals.fusion.ranking import STRENGTH
from consilience.signals.fusion.stage import FusionStage, Outlook, Slices
from consilience.signals.history import SignalHistory
from consilience.signals.outcomes_nb import PAYOFF, PROBABILITY, SAMPLE
from consilience.signals.source import Source, Voice
from consilience.signals.sources.market_regime import fitted_model
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry

# rows of ``Desk.fused`` behind those of fusion: zone, close, what decides who trades first, and the fused signal's
# record for Kelly
ZONE, CLOSE, RANK, WINS, PAYS, TRADES = range(FIELDS, FIELDS + 6)
ROWS = FIELDS + 6
Flags = npt.NDArray[np.uint16]
REGIME_SOURCE = "market_regime"
NEED_QUOTES = ("order_flow", "microstructure")
_NO_FLAGS = np.zeros((0, 0), np.int64)


@dataclass(frozen=True)
class FusedGraph:
    """What a fused strategy wants computed.

    names, sources, voices: in the order of their contributions. regime, zone: codes of ``MarketRegime`` (where the
    profile has a regime source) and ``FibonacciZone``. close, volume: forward-adjusted.
    """

    names: tuple[str, ...]
    sources: tuple[Source, ...]
    voices: tuple[Voice, ...]
    regime: Node | None
    zone: Node
    close: Node
    volume: Node

    def nodes(self) -> dict[str, Node]:
        """Every node by a name of its own."""
        named = {"zone": self.zone, "close": self.close, "volume": self.volume}
        for name, voice in zip(self.names, self.voices, strict=True):
            named[f"{name}.value"], named[f"{name}.confidence"] = voice.value, voice.confidence
        if self.regime is not None:
            named["regime"] = self.regime
        return named


class Fused(Strategy):
    """Many sources, one decision: a fusion profile's score, through the orchestrator READY, SET, GO, COOLDOWN.

    profile: name of a ready profile, or a profile as JSON text. members: strategies that the source ``strategies``
    hears, as in the composites (``macd_cross(fast=5), gap``).
    """

    profile = Param("balanced", text="a ready profile's name, or a profile as JSON")
    members = Param("", text="strategies that the source 'strategies' hears; empty for none")

    def __init__(self, profile: FusionProfile | str = "balanced", **parameters: Any) -> None:
        self.fusion = profile_of(profile) if isinstance(profile, str) else profile
        super().__init__(profile=profile if isinstance(profile, str) else self.fusion.to_json(), **parameters)
        self.fusion.check((*SOURCES, NAME))

    def define(self, _bar: Bar) -> Entry:
        """Which columns fusion fills; their values come from ``Desk.fused``."""
        return Entry(
            long=0.0, short=0.0, stop_loss=0.0, take_profit=0.0, confidence=0.0, reason=f"fusion {self.fusion.name}"
        )

    def models(self) -> tuple[str, ...]:
        """Fitted models whose parameters its sources read."""
        use = self.fusion.sources.get(REGIME_SOURCE)
        given = use.parameters if use else {}
        model = fitted_model(str(given.get("model", "rule")), str(given.get("bars", "")))
        return (model,) if model else ()

    def graph(self, bar: Bar, *, quotes: bool = True) -> FusedGraph:
        """The expressions of its sources. Raises NotFound, ConfigError for sources or parameters that are not there.

        quotes: whether the run has any; without them the sources that hear quotes are silent and compute nothing.
        """
        names, sources, voices = [], [], []
        for name in (*SOURCES, NAME):
            if name not in self.fusion.sources:
                continue
            source = strategies_source(self.parameters["members"]) if name == NAME else SOURCES[name]
            voice = source.voice(bar, self.fusion.sources[name].parameters)
            if name in NEED_QUOTES and not quotes:
                silence = lift(bar.close / 0.0)  # a division by 0 is NaN
                voice = replace(voice, value=silence, confidence=silence)
            names.append(name)
            sources.append(source)
            voices.append(replace(voice, value=lift(voice.value), confidence=lift(voice.confidence)))
        return FusedGraph(
            tuple(names),
            tuple(sources),
            tuple(voices),
            self._regime(bar),
            ta.fibonacci_expansion(bar).zone,
            bar.close,
            bar.volume,
        )

    def _regime(self, bar: Bar) -> Node | None:
        name = self.fusion.regime
        if not name:
            return None
        use = self.fusion.sources.get(name)
        voice = find_source(name).voice(bar, use.parameters if use else {})
        if "regime" not in voice.numbers:
            raise ConfigError(f"fusion {self.fusion.name}: source '{name}' tells no regime; take market_regime")
        regime = lift(voice.numbers["regime"])
        if self.fusion.regime_confidence > 0.0:
            regime = lift(ta.where(lift(voice.confidence) >= self.fusion.regime_confidence, regime, 0.0))
        return regime


class FusedColumns:
    """One fused strategy's voices of a block, and what fusion made of them.

    kelly: whether the sizer reads the record of the fused signal. After each block: ``voices`` float64 [2, K, B, S] as
    they went into fusion, ``regime`` float64 [B, S] or without rows, ``fields`` float64 [FIELDS, B, S].
    """

    def __init__(self, graph: FusedGraph, profile: FusionProfile, outlook: Outlook, *, kelly: bool = False) -> None:
        self.graph, self.profile = graph, profile
        horizons = [source.horizon for source in graph.sources]
        self.stage = FusionStage(profile, graph.names, horizons, outlook)
        self.history = SignalHistory(len(outlook.sectors), profile)
        self._kelly, self._ranks, self._quality = kelly, profile.ranking.on, bool(profile.quality)
        self._symbols = len(outlook.sectors)
        self.voices = np.empty((2, len(graph.names), 0, self._symbols))
        self.regime = np.empty((0, self._symbols))
        self.fields = np.empty((FIELDS, 0, self._symbols))
        self.refused = 0

    def make(
        self, value: Callable[[Node], Floats], flags: npt.NDArray[np.uint16] | None, rows: int, out: Floats
    ) -> None:
        """Fill ``out`` [ROWS, B, S] from the block that was just evaluated. flags: QualityFlag bits [B, S], or None."""
        graph = self.graph
        if self.voices.shape[2] != rows:  # whole blocks: a slice of a larger one would be another type to the kernels
            self.voices = np.empty((2, len(graph.names), rows, self._symbols))
            self.regime = np.empty((rows if graph.regime is not None else 0, self._symbols))
            self.fields = np.empty((FIELDS, rows, self._symbols))
        for k, voice in enumerate(graph.voices):
            self.voices[0, k] = value(voice.value)[:rows]
            self.voices[1, k] = value(voice.confidence)[:rows]
        if graph.regime is not None:
            self.regime[:] = value(graph.regime)[:rows]
        doubts = flags.astype(np.int64) if flags is not None and self._quality else _NO_FLAGS
        close, volume = (np.ascontiguousarray(value(node)[:rows]) for node in (graph.close, graph.volume))
        self.refused += self.stage.push(Slices(self.voices, self.regime, doubts, close, volume), self.fields)
        self.history.push(self.fields, close)
        out[:FIELDS, :rows] = self.fields
        out[ZONE, :rows] = value(graph.zone)[:rows]
        out[CLOSE, :rows] = close
        out[RANK, :rows] = self.stage.ranked[STRENGTH] if self._ranks else self.fields[CONFIDENCE]
        if self._kelly:
            for row, track in ((WINS, PROBABILITY), (PAYS, PAYOFF), (TRADES, SAMPLE)):
                out[row, :rows] = self.stage.settled.track[track, 0]
