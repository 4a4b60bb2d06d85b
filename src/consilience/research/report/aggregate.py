"""Trades added up by symbol, strategy, entry reason and exit reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from consilience.research.report.data import Record, Trade

NO_REASON = "(none given)"


class Group(Record, frozen=True, kw_only=True, eq=False):
    """Closed trades of one key, with open ones counted and valued apart. Money net of fees.

    NaN: win_rate, mean_* without closed trades; profit_factor without a losing trade; pnl_share when the total is zero.
    """

    key: str
    trades: int
    open_trades: int
    win_rate: float
    pnl: float
    open_pnl: float
    pnl_share: float  # of the sum of closed trades' pnl over all groups
    profit_factor: float
    mean_pnl: float
    mean_return: float
    mean_win: float
    mean_loss: float
    best: float
    worst: float
    mean_bars: float
    fees: float
    slippage: float


BY: dict[str, Callable[[Trade], str]] = {
    "symbol": lambda t: t.symbol,
    "strategy": lambda t: t.strategy,
    "entry_reason": lambda t: t.entry_reason or NO_REASON,
    "exit_reason": lambda t: "still open" if t.is_open else (t.exit_reason or NO_REASON),
}


def group_trades(trades: Iterable[Trade], by: str) -> tuple[Group, ...]:
    """One row per key of ``by`` (a key of BY), largest trade count first, then by name."""
    buckets: dict[str, list[Trade]] = {}
    for trade in trades:
        buckets.setdefault(BY[by](trade), []).append(trade)
    total = math.fsum(t.pnl for rows in buckets.values() for t in rows if not t.is_open)
    groups = [_group(key, rows, total) for key, rows in buckets.items()]
    return tuple(sorted(groups, key=lambda g: (-(g.trades + g.open_trades), g.key)))


def total_of(trades: tuple[Trade, ...]) -> Group:
    """All trades as one group."""
    total = math.fsum(t.pnl for t in trades if not t.is_open)
    return _group("all", list(trades), total)


def _group(key: str, rows: list[Trade], total: float) -> Group:
    closed = [t for t in rows if not t.is_open]
    still = [t for t in rows if t.is_open]
    wins = [t.pnl for t in closed if t.pnl > 0.0]
    losses = [t.pnl for t in closed if t.pnl < 0.0]
    pnl = math.fsum(t.pnl for t in closed)
    return Group(
        key=key,
        trades=len(closed),
        open_trades=len(still),
        win_rate=len(wins) / len(closed) if closed else math.nan,
        pnl=pnl,
        open_pnl=math.fsum(t.pnl for t in still),
        pnl_share=pnl / total if total else math.nan,
        profit_factor=math.fsum(wins) / -math.fsum(losses) if losses else math.nan,
        mean_pnl=_mean([t.pnl for t in closed]),
        mean_return=_mean([t.return_fraction for t in closed]),
        mean_win=_mean(wins),
        mean_loss=_mean(losses),
        best=max((t.pnl for t in closed), default=math.nan),
        worst=min((t.pnl for t in closed), default=math.nan),
        mean_bars=_mean([float(t.bars_held) for t in closed]),
        fees=math.fsum(t.fees for t in rows),
        slippage=math.fsum(t.slippage for t in rows),
    )


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
