"""The whole decision pipeline, one slice at a time: ``python -m benchmarks.pipeline SYMBOLS [threads]``.

Features, ten sources, fusion, orchestrator, the full risk rules, sizing, orders, fills and marks of every symbol, with
decision records at level ``events``: what paper and live do with each slice. Bars are seeded walks in memory; the feed,
the journal and the wire are not in it.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks import data
from benchmarks.measure import report, timed
from consilience.core.instruments import Instrument
from consilience.core.jit import compile_count
from consilience.core.panel import Panel, PriceColumns, trade_panel
from consilience.engine.fused import Fused
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.risk.presets import PRESETS
from consilience.signals.fusion.profile import FusionProfile, SourceUse

ENGINE, VERSION = "consilience", "0.1.0"
WARM = 320
SLICES = 300
TEN = FusionProfile(
    name="ten",
    sources={
        name: SourceUse(0.1)
        for name in (
            "trend_composite", "momentum_divergence", "volume_profile", "ribbon_alignment", "fibonacci_confluence",
            "fibonacci_expansion", "multi_timeframe_agreement", "mean_reversion", "breakout_probability",
            "market_regime",
        )
    },
    regime="market_regime",
)  # fmt: skip
STAGES = ("features", "universe", "fusion", "decisions", "records")


def market(symbols: int, rows: int) -> Panel:
    """Walks side by side; they repeat after 200 symbols, each turned round in time by another number of bars."""
    walks = [data.battery_symbol(k, rows) for k in range(min(symbols, 200))]
    order = np.arange(symbols) % len(walks)

    def table(name: str, scale: float) -> np.ndarray:
        stacked = np.stack([np.round(w[name] * scale).astype(np.int64) for w in walks], axis=1)
        return np.ascontiguousarray(stacked[:, order])

    prices = PriceColumns(*(table(name, 100.0) for name in ("open", "high", "low", "close")))
    instruments = [Instrument(symbol=f"S{k:05d}", session="24/7") for k in range(symbols)]
    ts = data.open_times(rows) + data.MINUTE_NS
    return trade_panel(instruments, ts, prices, table("volume", 1.0), duration_ns=data.MINUTE_NS)


def watched(session: Session, spent: dict[str, float]) -> None:
    """Add up the seconds of each stage of a session."""

    def clock(owner: Any, name: str, stage: str) -> None:
        inner: Callable[..., Any] = getattr(owner, name)

        def timed_call(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            found = inner(*given, **named)
            spent[stage] += time.perf_counter() - begun
            return found

        setattr(owner, name, timed_call)

    clock(session.maker, "push", "features")
    clock(session.members, "push", "universe")
    clock(session.maker, "for_desk", "fusion")
    clock(session, "_advance", "decisions")
    clock(session, "_hear", "records")


def main(symbols: str, threads: str = "1") -> None:
    """Milliseconds a slice: median, p99, and each stage's share."""
    count, workers = int(symbols), len(os.sched_getaffinity(0)) if threads == "all" else int(threads)
    panel = market(count, WARM + SLICES)
    slices = [panel.rows(k, k + 1) for k in range(panel.shape[0])]
    settings = Settings(cash=1e9, record="events", risk=PRESETS["standard"])
    with ThreadPoolExecutor(workers) as pool:
        session = Session(panel.rows(0, 1), [Fused(TEN)], settings, block=1, pool=pool if workers > 1 else None)
        for one in slices[:WARM]:
            session.step(one)
        spent_by = dict.fromkeys(STAGES, 0.0)
        watched(session, spent_by)
        before = len(session.output().records)
        walls: list[float] = []

        def work() -> None:
            for one in slices[WARM:]:
                begun = time.perf_counter()
                session.step(one)
                walls.append(time.perf_counter() - begun)

        spent, _ = timed(work, again=False)
    output = session.output()
    total = sum(walls)
    shares = {f"{stage}_%": 100.0 * seconds / total for stage, seconds in spent_by.items()}
    report(
        ENGINE, VERSION, count * len(walls), spent, label=f"{count:,} symbols, {workers} thread{'s' * (workers > 1)}",
        ms_a_slice=statistics.median(walls) * 1e3, p99_ms=sorted(walls)[len(walls) * 99 // 100] * 1e3,
        slowest_ms=max(walls) * 1e3, records=len(output.records) - before, fills=len(output.fills),
        compiled=compile_count(), feature_bytes_a_symbol=session.maker.memory(), **shares,
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
