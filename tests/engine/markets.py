"""Seeded markets for runs of thousands of slices, and digests of what a run left.

``python -m tests.engine.markets ROWS [SHIFT]`` prints the digests of the catalogue on every market; SHIFT moves one
price by so many ticks.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from consilience.core.instruments import Instrument
from consilience.core.jit import JIT_ENABLED
from consilience.core.panel import Panel, PriceColumns, base_fx
from consilience.core.schemas import ACTION_DTYPE, ACTION_SPLIT
from consilience.engine.as_callbacks import AsCallbacks
from consilience.engine.output import RunOutput
from consilience.engine.session import Session
from consilience.engine.settings import Physics, Settings
from consilience.strategies.base import CallbackStrategy, Strategy
from consilience.strategies.catalog import STRATEGIES

MINUTE, DAY = 60_000_000_000, 86_400_000_000_000
ROWS = 1600 if JIT_ENABLED else 180
MARKETS = ("daily", "minute", "bid_ask")
# quick parameters, so that a short history trades often
PARAMETERS: dict[str, dict[str, Any]] = {
    "moving_average_cross": {"fast": 3, "slow": 8, "stop_atr": 2.0, "target_atr": 3.0, "allow_short": True},
    "macd_cross": {"fast": 4, "slow": 9, "signal": 3, "stop_atr": 2.0},
    "rsi_mean_reversion": {"period": 3, "allow_short": True},
    "bollinger_mean_reversion": {
        "period": 6, "width": 1.0, "rsi_period": 3, "oversold": 45.0, "overbought": 55.0, "limit_offset": 0.002,
        "allow_short": True,
    },
    "momentum_breakout": {
        "period": 4, "exit_period": 3, "momentum_period": 2, "momentum": 0.1, "volume_period": 5, "volume_factor": 0.7,
        "allow_short": True,
    },
    "trend_following": {
        "fast": 3, "slow": 7, "adx_period": 4, "adx_least": 15.0, "trail_atr": 2.0, "allow_short": True,
    },
    "donchian_breakout": {"entry_period": 5, "exit_period": 3, "units": 3},
    "volatility_breakout": {"range_period": 2, "trend": 6, "target_range": 3.0, "allow_short": True},
    "atr_trailing": {"period": 5, "atr_period": 4, "multiplier": 1.5, "allow_short": True},
    "gap": {"least": 0.5, "sessions": 3, "allow_short": True},
    "opening_range_breakout": {"bars": 3, "stretch": 3, "narrow": 2, "exit_before": 5},
    "zscore_reversion": {"period": 6, "entry": 1.0, "stop": 2.5, "allow_short": True},
    "parabolic_sar": {"acceleration": 0.05},
    "supertrend": {"period": 4, "multiplier": 1.2, "allow_short": True},
    "fibonacci_confluence_momentum": {
        "swing": 1, "fast": 2, "slow": 5, "rsi_period": 3, "tolerance": 2.0, "confluence": 0, "allow_short": True,
    },
    "cointegrated_pairs": {
        "window": 30, "every": 5, "level": "10", "longest": 500.0, "entry": 0.5, "exit": 0.2, "stop": 6.0,
        "exposure": 0.8,
    },
    "cross_sectional_momentum": {"lookback": 5, "skip": 1, "every": 4, "share": 0.4, "allow_short": True},
    "cross_sectional_reversal": {"lookback": 2, "every": 3, "share": 0.4},
    "voting": {
        "members": "moving_average_cross(fast=2, slow=5, allow_short=true), atr_trailing(period=4, atr_period=3, "
        "multiplier=1.0, allow_short=true), donchian_breakout(entry_period=3, exit_period=2)",
        "allow_short": True,
    },
    "weighted": {
        "members": "moving_average_cross(fast=2, slow=5, allow_short=true), rsi_mean_reversion(period=3, "
        "allow_short=true), macd_cross(fast=3, slow=6, signal=3)",
        "weights": "1, 2, 1", "window": 10, "enter": 0.2, "leave": 0.05, "allow_short": True,
    },
    "multi_timeframe": {
        "members": "moving_average_cross(fast=2, slow=4, allow_short=true), macd_cross(fast=2, slow=4, signal=2)",
        "timeframes": "3d", "keep": 0.0,
    },
}  # fmt: skip
# what trades once a session, and what needs bars of its timeframes
ELSEWHERE = {
    "opening_range_breakout": MARKETS[1:],
    "gap": MARKETS[:1],
    "multi_timeframe": MARKETS[:1],
    "cointegrated_pairs": MARKETS[:1],
}
# little cash for many positions: entries are shrunk and refused
SETTINGS = Settings(cash=20_000.0, fraction=0.4, leverage=1.5, physics=Physics(participation=0.05))


def markets_of(name: str) -> tuple[str, ...]:
    """The markets on which a strategy trades often enough to judge it."""
    return ELSEWHERE.get(name, MARKETS)


@cache
def market(name: str, rows: int = ROWS, shift: int = 0) -> Panel:
    """One seeded market: five stocks by day with splits, two by minute in sessions of 60, or three with bid and ask."""
    seed = MARKETS.index(name)
    symbols = (5, 2, 3)[seed]
    rng = np.random.default_rng(seed)
    step = DAY if name == "daily" else MINUTE
    close = 10_000 + np.cumsum(rng.integers(-150, 151, (rows, symbols)), axis=0)
    close = np.abs(close - 2_000) + 2_000
    first = close + rng.integers(-60, 61, (rows, symbols))
    high = np.maximum(first, close) + rng.integers(0, 80, (rows, symbols))
    low = np.minimum(first, close) - rng.integers(0, 80, (rows, symbols))
    close[rows // 4, 0] += shift
    high, low = np.maximum(high, close), np.minimum(low, close)
    sizes = rng.integers(50, 3_000, (rows, symbols))
    valid = rng.random((rows, symbols)) > 0.04
    valid[rows // 4, 0] = True  # the price that may be moved is seen
    ts = np.arange(1, rows + 1, dtype=np.int64) * step
    number = np.arange(rows) if name == "daily" else np.arange(rows) // 60
    bid = PriceColumns(first, high, low, close)
    ask, ask_size = bid, sizes
    if name == "bid_ask":
        spread = rng.integers(1, 12, (rows, symbols))
        ask, ask_size = PriceColumns(*(side + spread for side in bid)), rng.integers(50, 3_000, (rows, symbols))
    fx_num, fx_den = base_fx(rows)
    plain = Panel(
        instruments=tuple(Instrument(symbol=f"S{k}") for k in range(symbols)),
        ts=ts, ts_known=ts, bid=bid, ask=ask, bid_size=sizes, ask_size=ask_size, volume=sizes.astype(float),
        valid=valid, session=np.repeat(number[:, None], symbols, axis=1), currencies=("USD",),
        fx_num=fx_num, fx_den=fx_den, duration_ns=step,
    )  # fmt: skip
    return _with_splits(plain) if name == "daily" else plain


def _with_splits(plain: Panel) -> Panel:
    """2:1 in the first symbol at a third of the history, 1:3 in the second at two thirds."""
    rows, symbols = plain.shape
    actions = np.zeros(2, ACTION_DTYPE)
    factor = np.ones((rows, symbols))
    columns = [c.copy() for c in plain.bid]
    for k, (row, numerator, denominator) in enumerate(((rows // 3, 2, 1), (2 * rows // 3, 1, 3))):
        actions[k] = (row, plain.ts[row] - 1, k, ACTION_SPLIT, numerator, denominator, 0)
        factor[row:, k] *= numerator / denominator
        for column in columns:
            column[row:, k] = column[row:, k] * denominator // numerator
    prices = PriceColumns(*columns)
    return replace(plain, bid=prices, ask=prices, factor=factor, split_factor=factor, actions=actions)


def strategy(name: str, *, callbacks: bool = False):
    """The catalogued strategy with quick parameters, in either form; its own defaults where none are listed."""
    made = STRATEGIES[name](**PARAMETERS.get(name, {}))
    return AsCallbacks(made) if callbacks and not isinstance(made, CallbackStrategy) else made


def play(panel: Panel, name: str, *, callbacks: bool = False, blocks=None, settings: Settings = SETTINGS) -> RunOutput:
    """One run from start to end."""
    session = Session(panel, [strategy(name, callbacks=callbacks)], settings)
    session.run(panel, blocks=blocks)
    return session.output()


def stepped(panel: Panel, strategies: Sequence[Strategy], settings: Settings) -> RunOutput:
    """One run as the live driver does it, a slice at a time."""
    session = Session(panel, strategies, settings)
    for row in range(panel.shape[0]):
        session.step(panel.rows(row, row + 1))
    return session.output()


def same(one: RunOutput, other: RunOutput) -> None:
    """Fail with the name of the first array that differs."""
    others = digests(other)
    for name, digest in digests(one).items():
        assert digest == others[name], name
    assert len(one.fills) == len(other.fills)


def digests(output: RunOutput) -> dict[str, str]:
    """Digest of every array of a run."""
    parts = {
        "fills": output.fills, "orders": output.orders, "records": output.records, "curves": output.curves,
        "lanes": output.lanes,
    }  # fmt: skip
    return {
        name: hashlib.blake2b(np.ascontiguousarray(a).tobytes(), digest_size=8).hexdigest() for name, a in parts.items()
    }


def all_digests(rows: int, shift: int = 0) -> dict[str, dict[str, str]]:
    """Digests of the catalogue on every market."""
    return {f"{m} {s}": digests(play(market(m, rows, shift), s)) for m in MARKETS for s in STRATEGIES}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(all_digests(*(int(a) for a in sys.argv[1:]))))
