"""Sweeps of a fused run: each set is a backtest of its own, and names that nothing has are refused."""

from __future__ import annotations

import msgspec
import pytest

from consilience.core.errors import ConfigError
from consilience.engine.fused import Fused
from consilience.research.backtest import backtest
from consilience.research.fused_sweep import changed, figures_of, fused_sweep, known_names
from consilience.research.sweep_result import FIGURES
from tests.research.fused import QUICK, SETTINGS
from tests.research.helpers import walk

GRID = {"orchestrator.threshold": [0.35, 0.5], "weights.trend": [0.2, 0.6], "fusion.thresholds.buy": [0.1]}


def test_each_set_is_the_backtest_of_that_profile():
    panel = walk(340, 2, seed=1)
    done: list[float] = []
    result = fused_sweep(panel, Fused(QUICK), GRID, settings=SETTINGS, workers=2, progress=done.append)
    assert result.tried == 4 and result.parameters == tuple(GRID) and sorted(done) == [0.25, 0.5, 0.75, 1.0]
    assert result.frame.columns == [*GRID, *FIGURES]
    for row in result.frame.iter_rows(named=True):
        profile, terms = changed(QUICK, SETTINGS, {name: row[name] for name in GRID})
        assert profile.sources["trend_composite"].weight == row["weights.trend"]
        assert terms.orchestrator.threshold == row["orchestrator.threshold"]
        if row["orchestrator.threshold"] == 0.35 and row["weights.trend"] == 0.6:
            alone = figures_of(backtest(panel, Fused(profile), settings=terms))
            told = {name: row[name] for name in FIGURES}
            assert told == pytest.approx(alone, nan_ok=True)
    assert result.frame["final_equity"].n_unique() > 1 and max(result.frame["fills"]) > 0


def test_weights_that_are_set_stay_and_the_others_share_the_rest():
    profile, _ = changed(QUICK, SETTINGS, {"weights.trend_composite": 0.1, "weights.whale": 0.0})
    weights = {name: use.weight for name, use in profile.sources.items()}
    assert weights == pytest.approx(
        {"trend_composite": 0.1, "momentum_divergence": 0.54, "mean_reversion": 0.36, "whale_flow": 0.0}
    )


def test_what_may_be_varied():
    names = known_names(QUICK)
    assert {"fusion.thresholds.buy", "fusion.performance.calibrate", "fusion.ranking.on", "weights.mean_reversion",
            "orchestrator.cooldown", "orchestrator.maximum_trades",
            "fusion.regime_multipliers.unknown.mean_reversion"} <= set(names)  # fmt: skip
    flags, terms = changed(QUICK, SETTINGS, {"fusion.performance.calibrate": True, "orchestrator.cooldown": 7})
    assert flags.performance.calibrate and terms.orchestrator.cooldown == 7
    assert msgspec.structs.replace(flags, performance=QUICK.performance, sources=QUICK.sources) == QUICK


WRONG = [
    ({"fusion.threshold": [0.2]}, "nothing called 'fusion.threshold'; did you mean 'orchestrator.threshold'?"),
    ({"weights.tred_composite": [0.2]}, "nothing called 'weights.tred_composite'; did you mean 'weights.trend_com"),
    ({"cooldown": [3]}, "did you mean 'orchestrator.cooldown'?"),
    ({"weights.trend": [0.1], "weights.trend_composite": [0.2]}, "are one parameter; give it once"),
    ({"weights.trend": [1.5]}, "weights.trend=1.5 is no weight; give a number from 0 to 1"),
    ({"weights.trend": [0.7], "weights.mean": [0.6]}, "the weights that are set sum to 1.3"),
    ({"fusion.thresholds.buy": [0.9]}, "the set fusion.thresholds.buy=0.9 cannot be run: .* is above strong"),
    ({"orchestrator.cooldown": ["soon"]}, "cannot be run: Expected `int`, got `str`"),
    ({"orchestrator.threshold": [2.0]}, "cannot be run: .*threshold"),
    ({}, "the grid is empty"),
]


@pytest.mark.parametrize(("grid", "text"), WRONG)
def test_mistakes_are_told_before_anything_runs(grid, text):
    with pytest.raises(ConfigError, match=text):
        fused_sweep(walk(5), Fused(QUICK), grid, settings=SETTINGS)
