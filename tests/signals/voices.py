"""Markets for the tests of signal sources, and what the sources say on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from consilience.core.panel import FloatBars
from consilience.features import Evaluator, FeatureBlock, bar
from consilience.features.expression import INPUT, Node
from consilience.features.plan import sorted_nodes
from consilience.signals.catalog import SOURCES
from consilience.signals.source import Source, Voice
from tests.features.support import MINUTE, quotes, run

# Parameters with a short warm-up, where the rule of ``small`` is not enough.
SMALL: dict[str, dict[str, Any]] = {
    "trend_composite": {"fast": 3, "slow": 8},
    "momentum_divergence": {"rsi_period": 4, "slow": 5, "fast": 3, "swing": 2},
    "volume_profile": {"period": 12, "bins": 6},
    "ribbon_alignment": {"shortest": 3, "spacing": 2},
    "fibonacci_confluence": {"swing": 2, "tolerance": 2.0},
    "fibonacci_expansion": {"swing": 2},
    "multi_timeframe_agreement": {"middle": "2m", "higher": "5m", "fast": 2, "slow": 4},
    "breakout_probability": {"period": 4, "horizon": 3, "history": 12, "memory": 150},
}
EVENT_EVERY = 45  # bars between two events of a feed, on average


def small(source: Source) -> dict[str, Any]:
    """Short lengths; hours become minutes, so that events grow too old within the test."""
    found: dict[str, Any] = {}
    for param in source.spec.params:
        if param.unit == "bars":
            found[param.name] = max(int(param.low or 1), min(int(param.default), 6))
        elif param.unit == "hours":
            found[param.name] = 0.25 if param.name == "half_life" else 0.6
    return found | SMALL.get(source.name, {})


@cache
def voices() -> dict[str, Voice]:
    """The voice of every catalogued source."""
    return {name: source.voice(bar, small(source)) for name, source in SOURCES.items()}


def nodes_of(voice: Voice) -> list[Node]:
    """Value, confidence and numbers."""
    return [voice.value, voice.confidence, *voice.numbers.values()]


def slots_of(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Names of the external series that the expressions read."""
    read = (str(node.params[0]) for node in sorted_nodes(nodes) if node.op == INPUT)
    return tuple(sorted(name[5:] for name in read if name.startswith("slot:")))


def series(name: str, rows: int, symbols: int, rng: np.random.Generator) -> np.ndarray:
    """An external series: held from event to event, unknown before the first; ages in seconds."""
    events = rng.random((rows, symbols)) < 1.0 / EVENT_EVERY
    happened = np.where(events, np.arange(rows)[:, None], -1)
    last = np.maximum.accumulate(happened, axis=0)
    if name.endswith(".age"):
        return np.where(last >= 0, 60.0 * (np.arange(rows)[:, None] - last) + 20.0, np.nan)
    heard = rng.random((rows, symbols)) if name.endswith(".confidence") else 3.0 * rng.random((rows, symbols)) - 1.5
    return np.where(last >= 0, np.take_along_axis(heard, np.maximum(last, 0), axis=0), np.nan)


def wild(rows: int = 360, seed: int = 5) -> FeatureBlock:
    """Six one-minute markets: a walk, one with gaps, one without volume, one that stands still, one with masked slices
    and unknown fields, one that stands still, doubles, and stands still again. External series by feed.

    Long enough for a year of daily bars to be looked back on.
    """
    rng = np.random.default_rng(seed)
    steps = rng.standard_normal((rows, 6)) * 0.004
    steps[:, 1] += np.where(rng.random(rows) < 0.05, rng.standard_normal(rows) * 0.2, 0.0)
    steps[:, 3] = 0.0
    steps[: rows // 2, 5] = 0.0
    steps[rows // 2 :, 5] = np.where(np.arange(rows - rows // 2) == 7, np.log(2.0), 0.0)
    close = 50.0 * np.exp(steps.cumsum(axis=0))
    noise = np.where(steps == 0.0, 0.0, 0.1)
    open_ = close + rng.standard_normal((rows, 6)) * noise
    high = np.maximum(open_, close) + rng.random((rows, 6)) * noise
    low = np.minimum(open_, close) - rng.random((rows, 6)) * noise
    volume = rng.integers(0, 900, (rows, 6)).astype(np.float64)
    volume[:, 2] = 0.0
    columns = [open_, high, low, close, volume, *quotes(rng, close, 0.0)]
    for column in columns:
        column[rng.random(rows) < 0.01, 4] = np.nan
    valid = np.ones((rows, 6), np.bool_)
    valid[:, 4] = rng.random(rows) >= 0.25
    ts = (np.arange(rows, dtype=np.int64) + 1) * MINUTE
    session = np.ascontiguousarray(np.broadcast_to((np.arange(rows) // 60)[:, None], (rows, 6)))
    names = slots_of([node for voice in voices().values() for node in nodes_of(voice)])
    slots = np.array(
        [series(name, rows, 6, np.random.default_rng([seed, *name.split(".")[0].encode()])) for name in names]
    )
    return FeatureBlock(ts, FloatBars(*columns), valid, session, session * 60 * MINUTE, MINUTE, slots)


def said(block: FeatureBlock, sizes: int | tuple[int, ...] = 4096) -> dict[str, list[np.ndarray]]:
    """Value, confidence and numbers of every source, pushed in blocks of ``sizes``."""
    groups = {name: nodes_of(voice) for name, voice in voices().items()}
    nodes = [node for group in groups.values() for node in group]
    block_size = sizes if isinstance(sizes, int) else max(sizes)
    evaluator = Evaluator(nodes, block.valid.shape[1], slots=slots_of(nodes), block=block_size)
    values = iter(run(nodes, block, sizes, evaluator))
    return {name: [next(values) for _ in group] for name, group in groups.items()}


def tape(closes: Sequence[float], reach: float = 0.5, volumes: Mapping[int, float] | None = None) -> FeatureBlock:
    """One market: bars open at the last close and reach ``reach`` beyond open and close; 1,000 units where not told."""
    close = np.array(closes, np.float64)
    open_ = np.concatenate((close[:1], close[:-1]))
    volume = np.array([(volumes or {}).get(k, 1000.0) for k in range(len(close))])
    return bars(np.maximum(open_, close) + reach, np.minimum(open_, close) - reach, close, volume, open_)


def bars(
    high: Sequence[float] | np.ndarray,
    low: Sequence[float] | np.ndarray,
    close: Sequence[float] | np.ndarray,
    volume: np.ndarray | None = None,
    open_: np.ndarray | None = None,
) -> FeatureBlock:
    """One market of one-minute bars."""
    rows = len(close)
    given = (close if open_ is None else open_, high, low, close, np.full(rows, 1000.0) if volume is None else volume)
    columns = [np.ascontiguousarray(np.array(c, np.float64)[:, None]) for c in given]
    ts = (np.arange(rows, dtype=np.int64) + 1) * MINUTE
    zeros = np.zeros((rows, 1), np.int64)
    return FeatureBlock(ts, FloatBars(*columns), zeros == 0, zeros, None, MINUTE)


def last_words(
    name: str, parameters: Mapping[str, Any], block: FeatureBlock, slots: Mapping[str, float] | None = None
) -> tuple[float, float, str]:
    """Value, confidence and words (or the reason of silence) of one source on the last bar of one market."""
    source = SOURCES[name]
    voice = source.voice(bar, parameters)
    nodes = nodes_of(voice)
    if slots is not None:
        block = block._replace(slots=np.array([np.full(block.valid.shape, value) for value in slots.values()]))
    (evaluator := Evaluator(nodes, 1, slots=tuple(slots or ()))).push(block)
    value, confidence, *numbers = (float(evaluator.value(node)[-1, 0]) for node in nodes)
    told = dict(zip(voice.numbers, numbers, strict=True))
    return value, confidence, source.silence(told) if np.isnan(value) else source.words(value, told)
