"""``paper``, first form: recorded slices one by one through the live step, each decision told as it is made."""

from __future__ import annotations

from collections.abc import Callable

from consilience.core.panel import Floats
from consilience.engine.settings import Settings
from consilience.research.decisions import Decision, decisions_of
from consilience.research.inputs import Data, Strategies
from consilience.research.result import BacktestResult, Terms, finish, prepare


# many parameters: the same as backtest, so that one call may replace the other
def paper(
    data: Data,
    strategies: Strategies,
    *,
    settings: Settings | None = None,
    start_ns: int | None = None,
    warm_up: int | None = None,
    benchmark: str | Floats | None = None,
    risk_free: float = 0.0,
    seed: int = 0,
    title: str = "",
    periods_per_year: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    created_ns: int = 0,
    source: dict[str, str] | None = None,
    on_decision: Callable[[Decision], None] | None = None,
) -> BacktestResult:
    """Like ``backtest``, but slice by slice: decisions, orders, fills and equity are equal bit for bit.

    on_decision: called with each decision right after its slice, as many as ``settings.record`` keeps.
    """
    terms = Terms(
        mode="paper",
        settings=settings or Settings(),
        start_ns=start_ns,
        warm_up=warm_up,
        benchmark=benchmark,
        risk_free=risk_free,
        seed=seed,
        title=title,
        periods_per_year=periods_per_year,
        created_ns=created_ns,
        source=source or {},
    )
    prepared, session = prepare(data, strategies, terms)
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
