"""A run in which nobody trades is a run too."""

from __future__ import annotations

import numpy as np

from consilience.core.schemas import FILL_DTYPE
from consilience.research.attribution import strategy_curves
from tests.engine.markets import market


def test_no_fills_give_flat_curves_for_every_strategy() -> None:
    panel = market("daily", 60)
    curves = strategy_curves(np.zeros(0, FILL_DTYPE), panel, 2, 6)
    assert len(curves) == 2
    for curve in curves:
        assert curve.profit.tolist() == [0.0] * 60
        assert curve.gross.tolist() == [0.0] * 60
