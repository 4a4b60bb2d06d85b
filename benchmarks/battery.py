"""Our side of the indicator battery: ``python -m benchmarks.battery batch|stream|universe ...``."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks import data
from benchmarks.measure import report, timed
from consilience.core.jit import compile_count
from consilience.core.panel import FloatBars
from consilience.features import BlockedEvaluator, Evaluator, FeatureBlock, bar, block_for, ta
from consilience.features.expression import Node

ENGINE, VERSION = "consilience", "0.1.0"


def indicators() -> dict[str, tuple[Node, ...]]:
    """What every engine of the battery computes, one value a bar and name; several outputs count once."""
    close = bar.close
    return {
        "SMA": (ta.sma(close, 20),),
        "EMA": (ta.ema(close, 20),),
        "WMA": (ta.wma(close, 20),),
        "RSI": (ta.rsi(close, 14),),
        "MACD": tuple(ta.macd(close, 12, 26, 9)),
        "BBANDS": tuple(ta.bollinger(close, 20, 2.0)),
        "ATR": (ta.atr(bar, 14),),
        "ADX": tuple(ta.adx(bar, 14)),
        "ROC": (ta.roc(close, 10),),
        "STDDEV": (ta.rolling_std(close, 30),),
        "MAX": (ta.highest(bar.high, 20),),
        "MIN": (ta.lowest(bar.low, 20),),
        "OBV": (ta.obv(bar),),
        "TRANGE": (ta.true_range(bar),),
    }


def forty() -> list[Node]:
    """Forty outputs of 33 calls, as a strategy library asks for them: the same indicators with several lengths."""
    close, nodes = bar.close, []
    nodes += [ta.ema(close, n) for n in (5, 10, 20, 50, 100, 200)]
    nodes += [ta.sma(close, n) for n in (5, 10, 20, 50, 100)]
    nodes += [ta.rsi(close, n) for n in (7, 14, 21)]
    nodes += [*ta.macd(close), *ta.bollinger(close, 10), *ta.bollinger(close, 20), *ta.adx(bar, 14)]
    nodes += [ta.atr(bar, n) for n in (7, 14)]
    nodes += [ta.highest(bar.high, n) for n in (10, 20, 50)] + [ta.lowest(bar.low, n) for n in (10, 20, 50)]
    nodes += [ta.obv(bar), ta.vwap(bar), ta.wma(close, 10), ta.wma(close, 20), ta.roc(close, 10)]
    return [*nodes, ta.rolling_std(close, 30)]


def history(rows: int, symbols: int) -> FeatureBlock:
    """Bars of many symbols side by side; the walks repeat after 200 symbols."""
    walks = [data.battery_symbol(k, rows) for k in range(min(symbols, 200))]
    order = np.arange(symbols) % len(walks)
    columns = [np.ascontiguousarray(np.stack([w[n] for w in walks], axis=1)[:, order]) for n in data.COLUMNS]
    session = np.ascontiguousarray(np.broadcast_to((np.arange(rows) // 1440)[:, None], (rows, symbols)))
    ts = data.open_times(rows) + data.MINUTE_NS
    return FeatureBlock(
        ts, FloatBars(*columns), np.ones((rows, symbols), np.bool_), session, None, data.MINUTE_NS, dense=True
    )


def cores() -> int:
    """Threads for the runs that use all cores."""
    return len(os.sched_getaffinity(0))


def last_values(nodes: dict[str, tuple[Node, ...]], values: Evaluator | BlockedEvaluator) -> float:
    """EMA and RSI of the last symbol on the last bar, which every engine must agree on."""
    return round(sum(float(values.value(nodes[name][0])[-1, -1]) for name in ("EMA", "RSI")), 4)


def batch(threads: str = "1") -> None:
    """W4: whole histories; values are there block by block, not kept."""
    symbols, rows = data.BATTERY_SYMBOLS, data.BATTERY_ROWS
    count = cores() if threads == "all" else int(threads)
    named, given = indicators(), history(rows, symbols)
    nodes = [n for outputs in named.values() for n in outputs]
    each = -(-symbols // count)
    size = block_for(each, count)
    blocks = [given.rows(k, min(rows, k + size)) for k in range(0, rows, size)]
    with ThreadPoolExecutor(count) as pool:
        evaluator: Evaluator | BlockedEvaluator = Evaluator(nodes, symbols, block=size)
        if count > 1:
            evaluator = BlockedEvaluator(nodes, symbols, pool=pool, symbols_a_block=each, block=size)
        start = evaluator.state()
        evaluator.push(blocks[0])  # loads the kernels

        def work() -> float:
            evaluator.restore(start)
            for block in blocks:
                evaluator.push(block)
            return last_values(named, evaluator)

        spent, found = timed(work)
    report(
        ENGINE, VERSION, rows * symbols * len(named), spent, label=f"{count} thread{'s' * (count > 1)}", last=found,
        indicators=len(named), compiled=compile_count(),
    )  # fmt: skip


def stream() -> None:
    """W5: the same indicators, one slice a push."""
    count, warm, rows = data.STREAM_SYMBOLS, data.STREAM_WARM, data.STREAM_WARM + data.STREAM_ROWS
    named, given = indicators(), history(rows, count)
    slices = [given.rows(k, k + 1) for k in range(rows)]
    evaluator = Evaluator([n for outputs in named.values() for n in outputs], count, block=1)
    for one in slices[:warm]:
        evaluator.push(one)
    start = evaluator.state()

    def work() -> float:
        evaluator.restore(start)
        for one in slices[warm:]:
            evaluator.push(one)
        return last_values(named, evaluator)

    spent, found = timed(work)
    units = data.STREAM_ROWS * count * len(named)
    report(ENGINE, VERSION, units, spent, label="1 thread", last=found, indicators=len(named), compiled=compile_count())


def universe(symbols: str, threads: str = "1", masked: str = "0") -> None:
    """Forty outputs, one slice a push: milliseconds a slice. ``masked``: hundredths of the symbols without a bar."""
    count, workers, share = int(symbols), cores() if threads == "all" else int(threads), int(masked) / 100
    nodes, given = forty(), history(32, count)
    if share:
        valid = np.random.RandomState(1).random_sample(given.valid.shape) >= share
        given = given._replace(valid=valid, dense=False)
    slices = [given.rows(k, k + 1) for k in range(32)]
    with ThreadPoolExecutor(workers) as pool:
        evaluator: Evaluator | BlockedEvaluator = Evaluator(nodes, count, block=1)
        if workers > 1:
            evaluator = BlockedEvaluator(nodes, count, pool=pool, block=1)

        def push(number: int) -> float:
            begun = time.perf_counter()
            evaluator.push(slices[number % 32])
            for node in nodes:
                evaluator.value(node)
            return time.perf_counter() - begun

        for number in range(256):
            push(number)
        walls: list[float] = []
        spent, _ = timed(lambda: walls.extend(push(number) for number in range(256, 256 + data.UNIVERSE_SLICES)))
    label = f"{count:,} symbols, {workers} thread{'s' * (workers > 1)}" + f", {share:.0%} masked" * (share > 0)
    middle = statistics.median(walls)
    report(
        ENGINE, VERSION, count * len(nodes) * data.UNIVERSE_SLICES, spent, label=label, ms_a_slice=middle * 1e3,
        p99_ms=sorted(walls)[len(walls) * 99 // 100] * 1e3, ns_an_output=middle / count / len(nodes) * 1e9,
        bytes_a_symbol=evaluator.memory().total, compiled=compile_count(),
    )  # fmt: skip


if __name__ == "__main__":
    KINDS: dict[str, Callable[..., None]] = {"batch": batch, "stream": stream, "universe": universe}
    KINDS[sys.argv[1]](*sys.argv[2:])
