"""One fused strategy on a seeded walk, eager enough to trade within a short history."""

from __future__ import annotations

from functools import cache

import msgspec

from consilience.engine.fused import Fused
from consilience.engine.settings import Settings
from consilience.engine.terms import OrchestratorSettings
from consilience.research.backtest import backtest
from consilience.research.result import BacktestResult
from consilience.risk.settings import RiskSettings
from consilience.signals.fusion.terms import FusionProfile, Performance, Ranking, SourceUse, Thresholds
from tests.research.helpers import Crossing, walk

# nobody feeds the last source, so it never speaks
QUICK = FusionProfile(
    "quick",
    {
        "trend_composite": SourceUse(0.4),
        "momentum_divergence": SourceUse(0.3),
        "mean_reversion": SourceUse(0.2),
        "whale_flow": SourceUse(0.1),
    },
    confidence="mean",
    thresholds=Thresholds(0.1, 0.4),
    regime="market_regime",
    regime_multipliers={"unknown": {"mean_reversion": 0.5}},
)
SETTINGS = Settings(
    orchestrator=OrchestratorSettings(threshold=0.35, fade=0.05, aligned=2, cooldown=3, maximum_trades=1),
    risk=RiskSettings(max_losses=2),
)


def settings(level: str = "events", **changes: object) -> Settings:
    """The settings with another record level."""
    return msgspec.structs.replace(SETTINGS, record=level, **changes)


@cache
def fused_run(level: str = "events") -> BacktestResult:
    """Two symbols over 400 days."""
    return backtest(walk(400, 2, seed=1), Fused(QUICK), settings=settings(level), warm_up=60)


LEARNS = msgspec.structs.replace(
    QUICK,
    sources={
        "trend_composite": SourceUse(0.4),
        "momentum_divergence": SourceUse(0.3),
        "volume_profile": SourceUse(0.3),
    },
    regime_multipliers={},
    performance=Performance(calibrate=True, minimum_sample=5),
    ranking=Ranking(on=True),
    horizon=3,
)


@cache
def learning_run() -> BacktestResult:
    """Confidences calibrated, symbols ranked; five symbols in two sectors, of which two may trade at once."""
    risk = RiskSettings(sectors={"S0": "technology", "S1": "energy", "S2": "technology"})
    stages = OrchestratorSettings(threshold=0.35, fade=0.05, aligned=1, cooldown=3, maximum_trades=2)
    terms = settings("full", orchestrator=stages, risk=risk)
    return backtest(walk(240, 5, seed=3), Fused(LEARNS), settings=terms, warm_up=60)


@cache
def mixed_run() -> BacktestResult:
    """A plain strategy beside it."""
    return backtest(walk(200, 2, seed=1), [Crossing(period=9), Fused(QUICK)], settings=settings(), warm_up=60)
