"""Features of many symbols go through blocks of symbols, with and without threads; the run does not depend on it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.pipeline import TEN
from consilience.apps.bench import walk
from consilience.engine import columns
from consilience.engine.columns import Graph
from consilience.engine.fused import Fused
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.features import BlockedEvaluator, Evaluator, ta
from consilience.strategies import Entry, Strategy


class Strongest(Strategy):
    """Long in the best tenth by five bars, ranked over all symbols."""

    def define(self, bar):
        place = ta.rank(ta.roc(bar.close, 5))
        return Entry(long=place > 0.9, exit_long=place < 0.5, size=1.0)


def fills(panel, **options):
    session = Session(panel, [Strongest()], Settings(record="none"), **options)
    session.run(panel)
    return session.output().fills, session.maker._evaluator


def test_ten_sources_hold_forty_kilobytes_a_symbol():
    """Bytes are what is asked for, so they are the same on every machine. The look backs of ten sources are 3,269
    values; a ring is a power of two of them."""
    nodes = Graph([Fused(TEN)]).outputs()
    memory = BlockedEvaluator(nodes, 512, block=1).memory()
    assert memory.history < 29_000
    assert memory.total < 40_000


def test_a_run_over_many_symbols_is_the_same_in_blocks(monkeypatch):
    panel = walk(24, 20, 5)
    plain, whole = fills(panel)
    monkeypatch.setattr(columns, "FEWEST_A_BLOCK", 10)
    blocked, parts = fills(panel)
    with ThreadPoolExecutor(2) as pool:
        pooled, _ = fills(panel, pool=pool)
    assert isinstance(whole, Evaluator) and isinstance(parts, BlockedEvaluator)
    assert len(plain) > 20
    np.testing.assert_array_equal(plain, blocked)
    np.testing.assert_array_equal(plain, pooled)
