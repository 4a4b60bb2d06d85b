"""``paper``, first form: recorded slices one by one through the live step, each decision told as it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from consilience.research.decisions import Decision, decisions_of
from consilience.research.inputs import Data, Strategies
from consilience.research.result import Asked, BacktestResult, Terms, finish, prepare


def paper(
    data: Data,
    strategies: Strategies,
    *,
    progress: Callable[[int, int], None] | None = None,
    on_decision: Callable[[Decision], None] | None = None,
    **asked: Unpack[Asked],
) -> BacktestResult:
    """Like ``backtest``, but slice by slice: decisions, orders, fills and equity are equal bit for bit.

    on_decision: called with each decision right after its slice, as many as ``settings.record`` keeps.
    """
    prepared, session = prepare(data, strategies, Terms(mode="paper", **asked))
    panel, session_open, _ = prepared.data
    rows, told = panel.shape[0], 0
    for row in range(rows):
        opens = None if session_open is None else session_open[row : row + 1]
        session.step(panel.rows(row, row + 1), opens)
        known = int(session.book.account["records"][0])
        if on_decision is not None:
            for decision in decisions_of(session.book.records[told:known], prepared.labels, panel):
                on_decision(decision)
        told = known
        if progress is not None:
            progress(row + 1, rows)
    session.stop()
    return finish(prepared, session)
