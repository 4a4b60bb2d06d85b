"""The indicator battery over many made-up symbols: all cores against a GPU."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from consilience.core.errors import ConfigError
from consilience.core.jit import cuda
from consilience.core.panel import FloatBars
from consilience.core.time import MINUTE
from consilience.features import BlockedEvaluator, FeatureBlock, bar, ta
from consilience.features.cuda import CudaEvaluator
from consilience.features.expression import Node

SLICES, A_PUSH, ROUNDS = 256, 64, 3
SYMBOLS = (5_000, 50_000)


@dataclass(frozen=True)
class Rate:
    """One figure: output values a second, the best of the rounds, the last push's outputs brought to the host."""

    name: str
    symbols: int
    values_a_second: float


def battery() -> list[Node]:
    """Twenty outputs of steps that a GPU can take."""
    close = bar.close
    nodes: list[Node] = [ta.ema(close, n) for n in (5, 10, 20, 50, 100)]
    nodes += [ta.sma(close, n) for n in (10, 20, 50, 100)]
    nodes += [ta.rsi(close, n) for n in (7, 14, 21)]
    nodes += [*ta.macd(close), *ta.bollinger(close, 20), ta.atr(bar, 14), ta.obv(bar)]
    return nodes


def history(slices: int, symbols: int, seed: int) -> FeatureBlock:
    """A seeded random walk of one-minute bars."""
    random = np.random.default_rng(seed)
    close = 1_000.0 + np.cumsum(random.standard_normal((slices, symbols)), axis=0)
    reach = random.random((slices, symbols))
    volume = np.full((slices, symbols), 1_000.0)
    ts = np.arange(1, slices + 1, dtype=np.int64) * MINUTE
    valid, session = np.ones((slices, symbols), np.bool_), np.zeros((slices, symbols), np.int64)
    return FeatureBlock(ts, FloatBars(close, close + reach, close - reach, close, volume), valid, session, dense=True)


def rates(device: str, seed: int, scale: float = 1.0) -> Iterator[Rate]:
    """Every figure. Raises ConfigError, in one line, for an unknown device and where there is no GPU."""
    if device != "cuda":
        raise ConfigError(f"there is no device '{device}'; choose cpu or cuda")
    cuda()
    nodes = battery()
    for symbols in (max(2, int(count * scale)) for count in SYMBOLS):
        given = history(SLICES, symbols, seed)
        blocks = [given.rows(k, k + A_PUSH) for k in range(0, SLICES, A_PUSH)]
        units = SLICES * symbols * len(nodes)
        cores = len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(cores) as pool:
            on_cores = BlockedEvaluator(nodes, symbols, pool=pool, symbols_a_block=256, block=A_PUSH)
            seconds = _best(partial(_run, on_cores, blocks, nodes))
            yield Rate(f"features, {cores} cores", symbols, units / seconds)
        on_gpu = CudaEvaluator(nodes, symbols, block=A_PUSH)
        seconds = _best(partial(_run, on_gpu, blocks, nodes))
        yield Rate("features, cuda", symbols, units / seconds)


def _run(evaluator: BlockedEvaluator | CudaEvaluator, blocks: list[FeatureBlock], nodes: list[Node]) -> None:
    for block in blocks:
        evaluator.push(block)
    for node in nodes:
        evaluator.value(node)  # waits for the GPU


def _best(work: Callable[[], None]) -> float:
    """Seconds of the best round; one round before them compiles."""
    work()
    found = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return min(found)
