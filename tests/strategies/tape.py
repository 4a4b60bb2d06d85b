"""Tapes for scenario tables: bars from a list of closes, and what a strategy did on them, as rows that read aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from consilience.core.panel import Panel
from consilience.strategies.catalog import find_strategy
from tests.engine.desk import FREE, X, fills, panel, run

QUIET = [100.0] * 20  # enough bars for every ATR(14) and ATR(20) to be known

Row = tuple[int, str, int, float, str]


def tape(closes: Sequence[float], *, reach: float = 0.5, volumes: Mapping[int, int] | None = None) -> list[Any]:
    """Bars that open at the last close and reach ``reach`` beyond open and close; 1,000 units where not told."""
    made, before = [], closes[0]
    for k, close in enumerate(closes):
        volume = (volumes or {}).get(k, 1_000)
        made.append((before, max(before, close) + reach, min(before, close) - reach, close, volume))
        before = close
    return made


def story(name: str, parameters: Mapping[str, Any], bars: Sequence[Any] | Panel, **settings: Any) -> list[Row]:
    """Fills of a catalogued strategy with 100,000 in cash, a tenth of equity an entry, no costs:
    (slice, side, lots, price, reason)."""
    market = bars if isinstance(bars, Panel) else panel({X: bars})
    return fills(run(market, find_strategy(name)(**parameters), physics=FREE, **{"fraction": 0.1, **settings})[1])
