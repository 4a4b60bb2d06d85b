"""The watchlist of a live session: symbols that fused strategies may enter, added and removed between slices."""

from __future__ import annotations

from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import Floats
from consilience.engine.live import LiveSession

MOST_WEIGHT = 1e6


def watch(session: LiveSession, symbol: str, weight: float = 1.0) -> None:
    """Let ``symbol`` be entered from the next slice on; those of more weight trade first where not all may.

    Raises NotFound for a symbol that the session has no prices of, ConfigError for a weight below 0 or above 1e6, or
    where no strategy is fused.
    """
    column = _column(session, symbol)
    if not 0.0 <= weight <= MOST_WEIGHT:
        raise ConfigError(f"watch: weight={weight:g} must be between 0 and {MOST_WEIGHT:g}")
    _priorities(session)[column] = weight


def unwatch(session: LiveSession, symbol: str) -> None:
    """Let ``symbol`` be entered no more. What is held keeps its stops and targets; ``watch`` brings it back."""
    _priorities(session)[_column(session, symbol)] = -1.0


def _column(session: LiveSession, symbol: str) -> int:
    if symbol not in session.symbols:
        raise NotFound.named("symbol", symbol, session.symbols)
    return session.symbols.index(symbol)


def _priorities(session: LiveSession) -> Floats:
    if session.desk is None or not session.graph.fused:
        raise ConfigError("only fused strategies have a watchlist; none is in this session")
    return session.desk.priorities
