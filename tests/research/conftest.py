"""The demo data as a panel, and the four catalogue strategies over it, once for all tests."""

from __future__ import annotations

import pytest

from consilience.adapters.calendars import market_hours
from consilience.adapters.embedded import market_data
from consilience.market.pipeline import BuiltPanel, build_panel
from consilience.research.backtest import backtest
from consilience.research.result import BacktestResult
from consilience.strategies.catalog import STRATEGIES


@pytest.fixture(scope="session")
def demo() -> BuiltPanel:
    if not market_data.available():
        pytest.skip("the demo data is not installed")
    return build_panel(market_data.bars(), market_hours.schedule)


@pytest.fixture(scope="session")
def demo_run(demo) -> BacktestResult:
    return backtest(demo, list(STRATEGIES.values()), source={"kind": "demo"})
