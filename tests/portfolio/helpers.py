"""Small makers that several test files share."""

from __future__ import annotations

import numpy as np

from consilience.portfolio.trades import Trades
from consilience.portfolio.trades_nb import TRADE_DTYPE

DAY = 86_400_000_000_000


def levels_of(returns: list[float], start: float = 100_000.0) -> np.ndarray:
    """An equity curve with these returns."""
    levels = [start]
    for r in returns:
        levels.append(levels[-1] * (1.0 + r))
    return np.array(levels)


def days(count: int) -> np.ndarray:
    """Closes one hour before midnight, one a day, from the epoch."""
    return (np.arange(count, dtype=np.int64) + 1) * DAY - DAY // 24


def trades_of(rows: list[dict[str, float]]) -> Trades:
    """Trades with these columns; cents as ledger units, exits one day apart."""
    records = np.zeros(len(rows), TRADE_DTYPE)
    for i, row in enumerate(rows):
        records[i]["exit_ts"] = (i + 1) * DAY
        for name, value in row.items():
            records[i][name] = value
    return Trades(records, 2, np.ones(1), np.ones(1), ("AAA",))
