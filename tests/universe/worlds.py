"""Seeded panels of many symbols with gaps, facts, delistings and a spread, for the screener's tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from consilience.core.codes import Fact
from consilience.core.instruments import Instrument
from consilience.core.panel import Panel, PriceColumns, base_fx
from consilience.core.schemas import ACTION_DELISTING, ACTION_DTYPE, FACT_DTYPE

MINUTE, HOUR, DAY = 60_000_000_000, 3_600_000_000_000, 86_400_000_000_000


def world(seed: int = 0, rows: int = 160, symbols: int = 7, *, step: int = DAY, spread: bool = True) -> Panel:
    """Walks of which the last two symbols move as one; gaps, facts that come and go, one delisting."""
    rng = np.random.default_rng(seed)
    moves = rng.integers(-150, 151, (rows, symbols))
    moves[:, -1] = moves[:, -2] + rng.integers(-2, 3, rows)
    close = 10_000 + np.cumsum(moves, axis=0)
    close = np.abs(close - 2_000) + 2_000
    first = close + rng.integers(-60, 61, (rows, symbols))
    high = np.maximum(first, close) + rng.integers(0, 80, (rows, symbols))
    low = np.minimum(first, close) - rng.integers(0, 80, (rows, symbols))
    bid = PriceColumns(first, high, low, close)
    wide = rng.integers(1, 12, (rows, symbols))
    ask = PriceColumns(*(side + wide for side in bid)) if spread else bid
    sizes = rng.integers(50, 3_000, (rows, symbols))
    volume = sizes.astype(float)
    volume[rng.random((rows, symbols)) < 0.03] = np.nan
    ts = np.arange(1, rows + 1, dtype=np.int64) * step
    valid = rng.random((rows, symbols)) > 0.05
    facts = np.zeros(24, FACT_DTYPE)
    for k, row in enumerate(sorted(rng.integers(0, rows, len(facts)).tolist())):
        field = int(rng.choice([Fact.MARKET_CAP, Fact.SHARES, Fact.STATUS, Fact.MEMBER]))
        value = float(rng.random() < 0.7) if field in (Fact.STATUS, Fact.MEMBER) else float(rng.integers(1, 10)) * 1e4
        facts[k] = (row, ts[row], int(rng.integers(0, symbols)), field, value)
    actions = np.zeros(1, ACTION_DTYPE)
    actions[0] = (rows * 2 // 3, ts[rows * 2 // 3] - 1, 0, ACTION_DELISTING, 1, 1, 0)
    fx_num, fx_den = base_fx(rows)
    return Panel(
        instruments=tuple(Instrument(symbol=f"S{k}") for k in range(symbols)),
        ts=ts, ts_known=ts, bid=bid, ask=ask, bid_size=sizes, ask_size=sizes, volume=volume, valid=valid,
        session=np.repeat((np.arange(rows) * step // DAY)[:, None], symbols, axis=1), currencies=("USD",),
        fx_num=fx_num, fx_den=fx_den, duration_ns=step, facts=facts, actions=actions,
    )  # fmt: skip


def small(columns: Mapping[str, Sequence[float | None]], *, step: int = DAY, volume: Any = None, **more: Any) -> Panel:
    """A panel of trade bars with the given closes at a cent a tick; None masks. volume: by symbol, 1,000 else."""
    names = list(columns)
    close = np.array([[round((p or 1.0) * 100) for p in columns[n]] for n in names], np.int64).T.copy()
    valid = np.array([[p is not None for p in columns[n]] for n in names]).T.copy()
    rows = len(close)
    sizes = np.array([(volume or {}).get(n, [1000.0] * rows) for n in names], float).T.copy()
    prices = PriceColumns(close, close, close, close)
    ts = np.arange(1, rows + 1, dtype=np.int64) * step
    fx_num, fx_den = base_fx(rows)
    made = Panel(
        instruments=tuple(Instrument(symbol=n) for n in names), ts=ts, ts_known=ts, bid=prices, ask=prices,
        bid_size=close * 0 + 1_000_000, ask_size=close * 0 + 1_000_000, volume=sizes, valid=valid,
        session=np.repeat((np.arange(rows) * step // DAY)[:, None], len(names), axis=1), currencies=("USD",),
        fx_num=fx_num, fx_den=fx_den, duration_ns=step,
    )  # fmt: skip
    return replace(made, **more)


def facts(*told: tuple[int, int, Fact, float]) -> Any:
    """FACT_DTYPE rows of (row, symbol, field, value)."""
    made = np.zeros(len(told), FACT_DTYPE)
    for k, (row, symbol, field, value) in enumerate(sorted(told)):
        made[k] = (row, 0, symbol, int(field), value)
    return made
