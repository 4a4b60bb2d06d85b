"""A fused decision as a strategy: a profile's sources, heard together, decide each symbol.

Sources are expressions, so they are computed like the columns of any strategy. What they say goes block by block
through fusion into ``Columns.fused``; the staged orchestrator reads that slice by slice (``engine.staged``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from consilience.core.errors import ConfigError
from consilience.core.panel import Floats
from consilience.engine.strategy_source import NAME, strategies_source
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node, lift
from consilience.signals.catalog import SOURCES, find_source
from consilience.signals.fusion.fields import FIELDS
from consilience.signals.fusion.fuse import fuse_block_nb
from consilience.signals.fusion.profile import FusionProfile, profile_of, rules_of, weights_of
from consilience.signals.source import Source, Voice
from consilience.strategies.base import Param, Strategy
from consilience.strategies.entry import Entry

ZONE, CLOSE = FIELDS, FIELDS + 1  # rows of ``Columns.fused`` behind those of fusion
ROWS = FIELDS + 2


@dataclass(frozen=True)
class FusedGraph:
    """What a fused strategy wants computed.

    names, sources, voices: in the order of their contributions. regime, zone: codes of ``MarketRegime`` (where the
    profile has a regime source) and ``FibonacciZone``. close: forward-adjusted.
    """

    names: tuple[str, ...]
    sources: tuple[Source, ...]
    voices: tuple[Voice, ...]
    regime: Node | None
    zone: Node
    close: Node

    def nodes(self) -> dict[str, Node]:
        """Every node by a name of its own."""
        named = {"zone": self.zone, "close": self.close}
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
        """Which columns fusion fills; their values come from ``Columns.fused``."""
        return Entry(
            long=0.0, short=0.0, stop_loss=0.0, take_profit=0.0, confidence=0.0, reason=f"fusion {self.fusion.name}"
        )

    def graph(self, bar: Bar) -> FusedGraph:
        """The expressions of its sources. Raises NotFound, ConfigError for sources or parameters that are not there."""
        names, sources, voices = [], [], []
        for name in (*SOURCES, NAME):
            if name not in self.fusion.sources:
                continue
            source = strategies_source(self.parameters["members"]) if name == NAME else SOURCES[name]
            voice = source.voice(bar, self.fusion.sources[name].parameters)
            names.append(name)
            sources.append(source)
            voices.append(Voice(lift(voice.value), lift(voice.confidence), voice.numbers))
        return FusedGraph(
            tuple(names),
            tuple(sources),
            tuple(voices),
            self._regime(bar),
            ta.fibonacci_expansion(bar).zone,
            bar.close,
        )

    def _regime(self, bar: Bar) -> Node | None:
        name = self.fusion.regime
        if not name:
            return None
        use = self.fusion.sources.get(name)
        numbers = find_source(name).voice(bar, use.parameters if use else {}).numbers
        if "regime" not in numbers:
            raise ConfigError(f"fusion {self.fusion.name}: source '{name}' tells no regime; take market_regime")
        return lift(numbers["regime"])


class FusedColumns:
    """Buffers of one fused strategy: its voices of a block, and what fusion made of them."""

    def __init__(self, graph: FusedGraph, profile: FusionProfile, symbols: int, block: int) -> None:
        self.graph = graph
        self.weights = weights_of(profile, graph.names)
        self.rules = rules_of(profile, graph.names)
        self.voices = np.empty((2, len(graph.names), block, symbols))
        self.regime = np.empty((block if graph.regime is not None else 0, symbols))
        self.refused = 0

    def make(self, value: Callable[[Node], Floats], rows: int, out: Floats) -> None:
        """Fill ``out`` [ROWS, B, S] from the block that was just evaluated."""
        graph = self.graph
        for k, voice in enumerate(graph.voices):
            self.voices[0, k, :rows] = value(voice.value)[:rows]
            self.voices[1, k, :rows] = value(voice.confidence)[:rows]
        if graph.regime is not None:
            self.regime[:rows] = value(graph.regime)[:rows]
        regime = self.regime[:rows]
        self.refused += fuse_block_nb(self.voices[:, :, :rows], self.weights, regime, self.rules, out[:FIELDS, :rows])
        out[ZONE, :rows] = value(graph.zone)[:rows]
        out[CLOSE, :rows] = value(graph.close)[:rows]
