"""Running sums stay exact over millions of steps, and spread survives large offsets."""

import math

import numpy as np
import pytest

from consilience.core.jit import JIT_ENABLED
from consilience.core.panel import FloatBars
from consilience.features import Evaluator, FeatureBlock, bar, ta


def close_block(values, volume=None) -> FeatureBlock:
    rows = len(values)
    column = np.ascontiguousarray(values, np.float64)[:, None]
    other = np.ones((rows, 1)) if volume is None else np.ascontiguousarray(volume, np.float64)[:, None]
    ts = np.arange(1, rows + 1, dtype=np.int64)
    zeros = np.zeros((rows, 1), np.int64)
    return FeatureBlock(ts, FloatBars(column, column, column, column, other), zeros == 0, zeros, None, 0, None, True)


def test_ten_million_steps_do_not_drift():
    rounds = 2440 if JIT_ENABLED else 1  # blocks of 4096 steps
    rng = np.random.default_rng(11)
    values = 1e5 + rng.standard_normal(4096) * np.where(np.arange(4096) % 97 == 0, 1e7, 0.01)
    block = close_block(values, rng.random(4096) * 1e6)
    total, spread, obv = ta.rolling_sum(bar.close, 300), ta.rolling_std(bar.close, 50), ta.obv(bar)
    weighted = ta.wma(bar.close, 30)
    evaluator = Evaluator([total, spread, obv, weighted], 1)
    for _ in range(rounds):
        evaluator.push(block)
    want = math.fsum(values[-300:])
    assert evaluator.value(total)[-1, 0] == pytest.approx(want, rel=1e-9)
    window = values[-50:]
    mean = math.fsum(window) / 50
    exact = math.sqrt(math.fsum((v - mean) ** 2 for v in window) / 50)
    assert evaluator.value(spread)[-1, 0] == pytest.approx(exact, rel=1e-9)
    exact = math.fsum(v * (n + 1) for n, v in enumerate(values[-30:])) / 465
    assert evaluator.value(weighted)[-1, 0] == pytest.approx(exact, rel=1e-9)
    volume = block.bars.volume[:, 0]
    signs = np.sign(np.diff(values, prepend=values[-1]))  # the first bar follows the last of the previous block
    signed = math.fsum(np.concatenate([signs * volume] * rounds)) + volume[0] * (1 - signs[0])
    assert evaluator.value(obv)[-1, 0] == pytest.approx(signed, rel=1e-9)


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e12])
def test_spread_survives_large_offsets_and_jumps(offset):
    rng = np.random.default_rng(3)
    values = offset + np.round(rng.standard_normal(400) * 8) / 8
    values[100:] += 4096.0  # a jump that leaves the anchor far behind
    values[200:230] = values[200]
    node = ta.rolling_std(bar.close, 20)
    evaluator = Evaluator([node], 1)
    evaluator.push(close_block(values))
    got = evaluator.value(node)[:, 0]
    for t in range(19, 400):
        window = values[t - 19 : t + 1]
        mean = math.fsum(window) / 20
        want = math.sqrt(math.fsum((v - mean) ** 2 for v in window) / 20)
        assert got[t] == pytest.approx(want, rel=1e-9, abs=1e-12 * (1 + offset * 1e-4))
    assert (got[219:230] == 0.0).all()
    assert (got[19:] >= 0.0).all()


def test_division_by_zero_and_logs_of_nothing_are_nan():
    values = np.array([0.0, -1.0, 2.0, 0.0, 1e100, 1e-300])
    nodes = [1 / bar.close, ta.log(bar.close), ta.sqrt(bar.close), bar.close * bar.close, bar.close / 1e-9]
    evaluator = Evaluator(nodes, 1)
    evaluator.push(close_block(values))
    inverse, log, root, square, large = (evaluator.value(n)[:, 0] for n in nodes)
    np.testing.assert_array_equal(np.isnan(inverse), [1, 0, 0, 1, 0, 1])
    np.testing.assert_array_equal(np.isnan(log), [1, 1, 0, 1, 0, 0])
    np.testing.assert_array_equal(np.isnan(root), [0, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(np.isnan(square), [0, 0, 0, 0, 1, 0])
    np.testing.assert_array_equal(np.isnan(large), [0, 0, 0, 0, 1, 0])


def test_comparisons_logic_and_choice_follow_their_tables():
    nan = np.nan
    a = np.array([1.0, 2.0, 2.0, nan, 0.0, nan])
    b = np.array([2.0, 1.0, 2.0, 1.0, 0.0, nan])
    x, y = bar.close, bar.volume
    table = {
        (x < y): [1, 0, 0, nan, 0, nan],
        (x <= y): [1, 0, 1, nan, 1, nan],
        (x > y): [0, 1, 0, nan, 0, nan],
        (x >= y): [0, 1, 1, nan, 1, nan],
        (x == y): [0, 0, 1, nan, 1, nan],
        (x != y): [1, 1, 0, nan, 0, nan],
        (x & y): [1, 1, 1, nan, 0, nan],
        (x | y): [1, 1, 1, nan, 0, nan],
        (~x): [0, 0, 0, nan, 1, nan],
        (-x): [-1, -2, -2, nan, -0.0, nan],
        ta.where(x, y, 5.0): [2, 1, 2, nan, 5, nan],
        ta.clip(x, 1.0, 1.5): [1, 1.5, 1.5, nan, 1, nan],
        ta.maximum(x, y): [2, 2, 2, nan, 0, nan],
        ta.minimum(x, y): [1, 1, 2, nan, 0, nan],
        ta.coalesce(x, y): [1, 2, 2, 1, 0, nan],
        abs(x - y): [1, 1, 0, nan, 0, nan],
    }
    evaluator = Evaluator(list(table), 1)
    evaluator.push(close_block(a, b))
    for node, want in table.items():
        np.testing.assert_array_equal(evaluator.value(node)[:, 0], want, err_msg=repr(node))
