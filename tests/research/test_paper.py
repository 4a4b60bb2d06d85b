"""Paper, first form: slice by slice through the live step, bit for bit the backtest."""

from __future__ import annotations

import numpy as np
import pytest

from consilience.core.codes import Gate
from consilience.engine.settings import Settings
from consilience.research.backtest import backtest
from consilience.research.decisions import Decision
from consilience.research.paper import paper
from consilience.strategies import CallbackStrategy, ta
from consilience.strategies.catalog import STRATEGIES
from tests.research.helpers import Crossing, walk


class Pairs(CallbackStrategy):
    """Holds the cheaper of the symbols by their distance to a mean."""

    def declare(self, bar):
        """Distance to the mean."""
        return {"gap": bar.close - ta.sma(bar.close, 10)}

    def on_bar(self, context, symbol):
        """Buy far below, leave far above."""
        gap = context.value("gap", symbol)
        if gap < -1.0 and context.position(symbol) == 0.0:
            context.enter(symbol, 1, stop_loss=None)
        elif gap > 1.0 and context.position(symbol) > 0.0:
            context.exit(symbol)


def test_paper_is_the_backtest(demo, demo_run):
    told: list[Decision] = []
    steps: list[tuple[int, int]] = []
    run = paper(
        demo, list(STRATEGIES.values()), on_decision=told.append, progress=lambda *at: steps.append(at),
        source={"kind": "demo"},
    )  # fmt: skip
    assert run.manifest.digests == demo_run.manifest.digests
    assert run.manifest.data_hash == demo_run.manifest.data_hash
    assert run.performance.values == pytest.approx(demo_run.performance.values, rel=0.0, abs=0.0, nan_ok=True)
    assert len(told) == len(demo_run.decisions) > 1000
    assert [d.ts for d in told] == demo_run.output.records["ts"].tolist()
    assert steps[0] == (1, len(demo.panel.ts)) and steps[-1][0] == len(demo.panel.ts)
    assert (run.manifest.mode, demo_run.manifest.mode) == ("paper", "backtest")


def test_decisions_read_as_a_line():
    told: list[Decision] = []
    paper(walk(60), Crossing, on_decision=told.append)
    passed = next(d for d in told if d.gate == Gate.PASSED.name.lower())
    assert str(passed).endswith(f"crossing S0 long {passed.approved:g} of {passed.wanted:g} -> passed")


def test_callbacks_and_both_record_levels_too():
    data = walk(200, symbols=3, seed=8)
    for level in ("events", "full", "none"):
        settings = Settings(record=level)
        one, two = (run(data, [Pairs, Crossing], settings=settings) for run in (backtest, paper))
        assert one.manifest.digests == two.manifest.digests
        assert len(one.output.fills) > 10
        assert (len(one.output.records) == 0) == (level == "none")


@pytest.mark.parametrize("seed", range(4))
def test_any_market_with_halts(seed):
    data = walk(260, symbols=3, seed=seed)
    data.valid[np.random.default_rng(seed).random(data.valid.shape) < 0.15] = False
    many = [*(kind() for kind in STRATEGIES.values()), Pairs()]
    one, two = (run(data, [type(s)() for s in many], settings=Settings(fraction=0.4)) for run in (backtest, paper))
    assert one.manifest.digests == two.manifest.digests
    total = one.settings.cash + sum(curve.profit for curve in one.strategy_curves)
    assert np.abs(total - one.equity_curve).max() < 1e-6
