"""External events for tests: one by one, and a panel that hears many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from consilience.core.events import ExternalSignal
from consilience.core.external import RawSignals
from consilience.core.panel import Panel
from consilience.market.external import admit_all, of_events, with_signals

DAY = 86_400_000_000_000


def said(value=0.5, confidence=1.0, symbol="AAA", happened=DAY, known=None, source="mood") -> ExternalSignal:
    """One opinion, known as it happened unless told otherwise."""
    return ExternalSignal(
        ts_event=happened, ts_known=happened if known is None else known,
        source=source, symbol=symbol, value=value, confidence=confidence,
    )  # fmt: skip


def raw_signals(panel: Panel, seed: int = 3) -> RawSignals:
    """A mood by symbol, some of it out of range, and a fear index for all."""
    rng = np.random.default_rng(seed)
    rows, symbols = panel.shape
    events = []
    for row in sorted(rng.integers(0, rows, rows).tolist()):
        when, symbol = int(panel.ts[row]) - int(rng.integers(0, 10)), f"S{rng.integers(0, symbols)}"
        events.append(said(float(rng.uniform(-1.05, 1.05)), symbol=symbol, happened=when))
        events.append(said(float(rng.uniform(10, 24)), symbol="*", happened=when, source="vix"))
    raw = of_events(events)
    return replace(raw, feeds=tuple(k._replace(number=k.name == "vix") for k in raw.feeds))


def listening(panel: Panel, seed: int = 3, later: bool = True) -> Panel:
    """The panel with ``raw_signals`` as the gate lets them through; ``later``: past the middle too."""
    raw = raw_signals(panel, seed)
    if not later:
        raw = raw.take(raw.ts_known <= panel.ts[panel.shape[0] // 2])
    return with_signals(panel, admit_all([raw], panel.symbols, panel.ts))
