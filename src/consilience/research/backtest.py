"""``backtest``: strategies over a panel, from data to a result that explains itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Unpack

from consilience.research.inputs import Data, Strategies
from consilience.research.result import Asked, BacktestResult, Terms, finish, prepare


def backtest(
    data: Data,
    strategies: Strategies,
    *,
    progress: Callable[[int, int], None] | None = None,
    **asked: Unpack[Asked],
) -> BacktestResult:
    """Run ``strategies`` over ``data`` and prove the books.

    asked: as ``Asked`` tells. progress: called with (bars done, bars).
    Raises DataError for an empty panel, a start after the data's end or too short a history, ConfigError for an
    unknown benchmark symbol or no strategies, ReportBug when the books do not balance.
    """
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)), "features") as pool:  # starts no thread before it has work
        prepared, session = prepare(data, strategies, Terms(mode="backtest", **asked), pool)
        panel, session_open, _ = prepared.data
        rows = panel.shape[0]
        session.run(panel, session_open, progress=None if progress is None else lambda done: progress(done, rows))
        session.stop()
    return finish(prepared, session)
