"""Small histories with planted regimes."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from consilience.core.instruments import Instrument
from consilience.core.panel import Panel, PriceColumns, trade_panel
from consilience.core.time import DAY, parse_time

START = parse_time("2015-01-02T21:00")
# drift and deviation of the daily log return: calm and rising, wild and falling, still
REGIMES = ((0.001, 0.006), (-0.003, 0.03), (0.0, 0.002))
SPELL = 60  # bars of one regime


def planted(rows: int, symbols: int = 1, seed: int = 5) -> tuple[Panel, np.ndarray]:
    """A panel whose regimes (0, 1, 2: [T]) change every SPELL bars, in an order drawn from the seed."""
    random = np.random.default_rng(seed)
    spells = [int(random.integers(3)) for _ in range(rows // SPELL + 1)]
    regimes = np.repeat(spells, SPELL)[:rows]
    drift, deviation = np.array(REGIMES)[regimes].T
    change = drift[:, None] + deviation[:, None] * random.standard_normal((rows, symbols))
    return panel_of(100.0 * np.exp(np.cumsum(change, axis=0))), regimes


def panel_of(closes: np.ndarray) -> Panel:
    """Daily bars of closes [T, S] on a grid of a hundredth of a cent, with ranges of half a percent."""
    ticks = np.rint(closes * 10_000).astype(np.int64)
    reach = ticks // 200
    prices = PriceColumns(ticks - reach // 2, ticks + reach, ticks - reach, ticks)
    ts = START + np.arange(len(ticks), dtype=np.int64) * DAY
    instruments = [Instrument(symbol=f"S{k}", price_increment=Decimal("0.0001")) for k in range(ticks.shape[1])]
    return trade_panel(instruments, ts, prices, np.full_like(ticks, 1_000), duration_ns=DAY)


def later_changed(panel: Panel, row: int) -> Panel:
    """The same up to ``row``, another market from there."""
    close = panel.bid.close / 10_000.0
    close[row:] *= 1.3 + 0.2 * np.sin(np.arange(len(close) - row))[:, None]
    return panel_of(close)
