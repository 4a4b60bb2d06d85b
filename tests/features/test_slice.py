"""The first vertical slice: EMA cross through the evaluator."""

import numpy as np

from consilience.core.panel import FloatBars
from consilience.features import Evaluator, FeatureBlock, bar, ta


def make_block(close, valid=None):
    rows, symbols = close.shape
    ts = (np.arange(rows, dtype=np.int64) + 1) * 60_000_000_000
    valid = np.ones((rows, symbols), np.bool_) if valid is None else valid
    session = np.ascontiguousarray(np.broadcast_to(((ts - 1) // 86_400_000_000_000)[:, None], close.shape))
    bars = FloatBars(close, close + 1.0, close - 1.0, close, np.ones_like(close))
    return FeatureBlock(ts, bars, valid, session, None, 60_000_000_000)


def test_a_masked_history_equals_its_packed_form_and_blocks_do_not_matter():
    rng = np.random.default_rng(5)
    rows, symbols = 300, 3
    close = 100.0 + rng.standard_normal((rows, symbols)).cumsum(axis=0)
    valid = rng.random((rows, symbols)) > 0.3
    valid[100:140] = True
    fast, slow = ta.ema(bar.close, 5), ta.sma(bar.close, 9)
    outputs = [fast, slow, ta.crosses_above(fast, slow), (fast - slow) / slow > 0.001]
    whole = run(outputs, make_block(close, valid), rows)
    parts = run(outputs, make_block(close, valid), 7)
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(a, b)
    for s in range(symbols):
        keep = valid[:, s]
        packed = run(outputs, make_block(np.ascontiguousarray(close[keep, s : s + 1])), 11)
        for a, b in zip(whole, packed, strict=True):
            np.testing.assert_array_equal(a[keep, s], b[:, 0])
            assert np.isnan(a[~keep, s]).all()


def run(outputs, block, size):
    rows, symbols = block.valid.shape
    evaluator = Evaluator(outputs, symbols, block=size)
    found = [[] for _ in outputs]
    for start in range(0, rows, size):
        evaluator.push(block.rows(start, min(rows, start + size)))
        for n, node in enumerate(outputs):
            found[n].append(evaluator.value(node).copy())
    return [np.concatenate(f) for f in found]
