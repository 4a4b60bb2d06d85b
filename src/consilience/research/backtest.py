"""``backtest``: strategies over a panel, from data to a result that explains itself."""

from __future__ import annotations

from collections.abc import Callable

from consilience.core.panel import Floats
from consilience.engine.settings import Settings
from consilience.research.inputs import Data, Strategies
from consilience.research.result import BacktestResult, Terms, finish, prepare


# many parameters: one call states a whole run, and each has a default
def backtest(
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
) -> BacktestResult:
    """Run ``strategies`` over ``data`` and prove the books.

    Decisions and performance start at the first bar that closes after ``start_ns`` and has ``warm_up`` bars before it
    (None: what the strategies' features need). benchmark: a symbol of the panel (buy and hold), a level for each bar,
    or None for the panel's symbols in equal parts. risk_free: yearly rate. seed: noted in the manifest; the engine
    draws no random numbers. periods_per_year: None counts it from the panel. progress: called with (bars done, bars).
    created_ns: time of the run for its id, 0 leaves it out. source: where the data came from, for ``replay``.
    Raises DataError for an empty panel, a start after the data's end or too short a history, ConfigError for an
    unknown benchmark symbol or no strategies, ReportBug when the books do not balance.
    """
    terms = Terms(
        mode="backtest",
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
    rows = panel.shape[0]
    session.run(panel, session_open, progress=None if progress is None else lambda done: progress(done, rows))
    session.stop()
    return finish(prepared, session)
