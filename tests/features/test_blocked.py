"""Blocks of symbols against one evaluator of all: values, snapshots, memory, one call for equal expressions."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from consilience.core.errors import ReportBug, StrategyError
from consilience.core.jit import JIT_ENABLED
from consilience.features import BlockedEvaluator, Evaluator, bar, plan, ta
from consilience.features.blocked import edges_of
from consilience.features.generate import kernel_of
from consilience.features.staged import StagedEvaluator
from tests.examples import cases
from tests.features.support import GROUPS, all_cases, composed, history, run, same

SYMBOLS = 10
ROWS = 120 if JIT_ENABLED else 60
MANY = 1600 if JIT_ENABLED else 800


def every_node():
    return [n for group in cases(all_cases().values(), 4) for n in group] + composed()


def blocked(nodes, size, pool=None, block=30):
    return BlockedEvaluator(nodes, SYMBOLS, pool=pool, symbols_a_block=size, block=block, groups=GROUPS)


@pytest.mark.parametrize("masked", [0.0, 0.25])
@pytest.mark.parametrize("size", [1, 4, 10])
def test_blocks_of_symbols_do_not_matter(size, masked):
    nodes = every_node()
    block = history(ROWS, SYMBOLS, seed=8, masked=masked, unknown=0.01)
    for want, got in zip(run(nodes, block, 30), run(nodes, block, (30, 1, 7), blocked(nodes, size)), strict=True):
        same(want, got)


def test_a_pool_runs_the_blocks_and_changes_nothing():
    nodes = every_node()
    block = history(90, SYMBOLS, seed=2, masked=0.1)
    with ThreadPoolExecutor(3) as pool:
        found = run(nodes, block, 20, blocked(nodes, 3, pool))
    for want, got in zip(run(nodes, block, 20), found, strict=True):
        same(want, got)


def test_one_block_may_have_masks_where_another_has_none():
    nodes = every_node()
    block = history(80, SYMBOLS, seed=6)
    valid = block.valid.copy()
    valid[20:60:3, 7] = False
    block = block._replace(valid=valid)
    for want, got in zip(run(nodes, block, 9), run(nodes, block, 9, blocked(nodes, 5)), strict=True):
        same(want, got)


def test_ranks_of_ranks_wait_twice():
    first = ta.rank(bar.close)
    second = ta.rank(first - ta.zscore_cross(bar.close))
    nodes = [second, first, ta.sma(second, 3) * first[2]]
    block = history(40, SYMBOLS, masked=0.2)
    assert len(blocked(nodes[:2], 4)._stretches) == 3
    for want, got in zip(run(nodes, block, 40), run(nodes, block, (9, 2), blocked(nodes, 4)), strict=True):
        same(want, got)


def test_snapshots_know_nothing_of_blocks():
    nodes = every_node()
    block, cut = history(ROWS, SYMBOLS, seed=5, masked=0.1), ROWS * 7 // 12
    whole = Evaluator(nodes, SYMBOLS, block=30, groups=GROUPS)
    parts = blocked(nodes, 3)
    run(nodes, block.rows(0, cut), 30, whole)
    parts.restore(whole.state())
    later = run(nodes, block.rows(cut, ROWS), 30, parts)
    back = Evaluator(nodes, SYMBOLS, block=30, groups=GROUPS)
    run(nodes, block.rows(0, cut), 30, again := blocked(nodes, 4))
    back.restore(again.state())
    want = run(nodes, block, 30)
    for w, a, b in zip(want, later, run(nodes, block.rows(cut, ROWS), 30, back), strict=True):
        same(w[cut:], a)
        same(w[cut:], b)
    with pytest.raises(ReportBug, match="another graph"):
        parts.restore(Evaluator(nodes[:3], SYMBOLS).state())


def test_it_answers_like_an_evaluator():
    node = ta.sma(bar.close, 5)
    evaluator = blocked([node], 4)
    assert evaluator.price_fields() == ("close",) and evaluator.warm_up(node) == 4
    with pytest.raises(ReportBug, match="not an output"):
        evaluator.value(bar.open)
    with pytest.raises(StrategyError, match="one symbol a block"):
        BlockedEvaluator([node], 4, symbols_a_block=0)
    with pytest.raises(StrategyError, match="3 entries for 4"):
        BlockedEvaluator([ta.group_rank(bar.close)], 4, groups={"sector": np.zeros(3, np.int64)})


def test_blocks_are_even_and_for_a_pool_even_in_number():
    assert edges_of(10, 4, pool=False) == [0, 3, 6, 10]
    assert edges_of(50_000, 8192, pool=True) == [50_000 * n // 8 for n in range(9)]
    assert edges_of(600, 8192, pool=True) == [0, 300, 600]
    assert edges_of(300, 8192, pool=True) == [0, 300]


@pytest.mark.parametrize("masked", [0.0, 0.2])
@pytest.mark.parametrize("size", [None, 200])
def test_the_stated_memory_is_the_measured_one(masked, size):
    nodes = [
        ta.sma(bar.close, 50),
        *ta.macd(bar.close),
        ta.atr(bar, 14),
        ta.rank(bar.close),
        ta.ema(bar.at("5m").close),
    ]

    def measured(symbols: int) -> tuple[int, float]:
        block = history(8, symbols, masked=masked)
        tracemalloc.start()
        evaluator: Evaluator | BlockedEvaluator
        if size is None:
            evaluator = Evaluator(nodes, symbols, block=8)
        else:
            evaluator = BlockedEvaluator(nodes, symbols, symbols_a_block=size, block=8)
        evaluator.push(block)
        for node in nodes:
            evaluator.value(node)
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return now, evaluator.memory().total * symbols

    measured(MANY // 4)  # kernels and caches
    few, stated_few = measured(MANY // 4)
    many, stated_many = measured(MANY)
    assert (stated_many - stated_few) == pytest.approx(many - few, rel=0.05)


def counted_calls(monkeypatch) -> list[str]:
    """Names of the features whose kernels ran, filled in by evaluators that are made from here on."""
    calls: list[str] = []

    def counting(feature):
        kernel = kernel_of(feature)

        def counted(*given):
            calls.append(feature.name)
            return kernel(*given)

        return counted

    monkeypatch.setattr(plan, "kernel_of", counting)
    return calls


def test_equal_expressions_of_two_strategies_run_once(monkeypatch):
    calls = counted_calls(monkeypatch)
    mine = ta.ema(bar.close, 10) - ta.ema(bar.close, 20)
    other = (ta.ema(bar.close, 10) > ta.ema(bar.close, 30)) & (bar.close > ta.ema(bar.close, 20))
    evaluator = Evaluator([mine, other, ta.ema(bar.close, 10) - ta.ema(bar.close, 20)], 2, block=16)
    evaluator.push(history(16, 2))
    assert calls.count("ema") == 3 and calls.count("subtract") == 1
    evaluator.push(history(16, 2))
    assert calls.count("ema") == 6


def test_equal_expressions_of_the_sets_of_a_sweep_run_once(monkeypatch):
    calls = counted_calls(monkeypatch)
    stages = [[ta.ema(bar.close, fast) > ta.ema(bar.close, slow)] for fast in (3, 4, 5) for slow in (8, 9)]
    evaluator = StagedEvaluator(stages, 2, block=16)
    evaluator.begin(history(16, 2))
    for number in range(len(stages)):
        evaluator.run_stage(number)
    evaluator.end()
    assert calls.count("ema") == 5 and calls.count("greater") == 6
