"""Fill the kernel cache with one process, so that parallel test runs load instead of compiling the same things.

Every catalogued feature and strategy runs over a few made-up bars, in the ways that the tests use.
"""

from __future__ import annotations

import asyncio

import numpy as np

from consilience.apps.clock import SystemClock
from consilience.core.events import Command
from consilience.core.instruments import Instrument
from consilience.core.jit import compile_count
from consilience.core.panel import Panel, PriceColumns, trade_panel
from consilience.engine.fused import Fused
from consilience.engine.live import LiveSession
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.engine.simulated_venue import SimulatedVenue
from consilience.portfolio.books import book_terms, verify
from consilience.portfolio.metrics import performance
from consilience.portfolio.trades import round_trips
from consilience.research.sweep import sweep
from consilience.risk.exit_settings import ExitSettings
from consilience.risk.presets import PRESETS
from consilience.risk.sizing_settings import SizingSettings
from consilience.runtime.entries import Begin
from consilience.runtime.journal import Journal, MemoryStore, at_once
from consilience.runtime.shell import Shell
from consilience.runtime.simulated_broker import SimulatedBroker
from consilience.runtime.slices import Slice
from consilience.runtime.trader import Trader
from consilience.strategies.catalog import STRATEGIES

HOUR = 3_600_000_000_000
FULL = Settings(risk=PRESETS["standard"], sizing=SizingSettings(), exits=ExitSettings(break_even_r=1.0))


def bars(rows: int, symbols: int, *, masked: bool) -> Panel:
    """A seeded walk as a trade panel."""
    random = np.random.default_rng(7)
    close = 10_000 + np.cumsum(random.integers(-60, 61, (rows, symbols)), axis=0)
    spread = random.integers(1, 40, (rows, symbols))
    prices = PriceColumns(close - spread // 2, close + spread, close - spread, close)
    instruments = [Instrument(symbol=f"S{i}") for i in range(symbols)]
    valid = random.random((rows, symbols)) > 0.1 if masked else np.ones((rows, symbols), np.bool_)
    ts = np.arange(1, rows + 1, dtype=np.int64) * HOUR
    volume = random.integers(100, 10_000, (rows, symbols))
    return trade_panel(instruments, ts, prices, volume, valid=valid, duration_ns=HOUR)


def live(panel: Panel) -> None:
    """A paper session against the simulated venue, its commands by hand included."""
    strategies = [STRATEGIES["moving_average_cross"](fast=2, slow=5, stop_atr=2.0)]
    session = LiveSession(panel, strategies, Settings())
    venue = SimulatedVenue(panel, session.settings, 1)
    broker = SimulatedBroker(venue, session.labels)
    clock = SystemClock()
    begin = Begin(session="prime", mode="paper", digest="", symbols=panel.symbols, strategies=session.labels)
    journal = Journal(MemoryStore(), clock, runner=at_once)
    shell = Shell(Trader(session, "prime"), begin, journal, broker, clock, exchange=broker)

    async def run() -> None:
        await shell.recover((), "prime")
        for row in range(panel.shape[0] - 1):
            await shell.take(Slice(panel.rows(row, row + 1)))
        stop = {"level": 3, "words": "prime"}
        await shell.command(Command(ts_event=1, ts_known=1, name="flatten", actor="prime", arguments=stop))
        await shell.take(Slice(panel.rows(panel.shape[0] - 1, panel.shape[0])))

    asyncio.run(run())


def main() -> None:
    """Run the catalogue."""
    for symbols, masked in ((1, False), (3, True)):
        panel = bars(400, symbols, masked=masked)
        session = Session(panel, [strategy() for strategy in STRATEGIES.values()], Settings())
        session.run(panel)
        output = session.output()
        verify(output.fills, panel.actions, book_terms(panel, output.cash_start), output.account, output.lanes)
        equity = output.curves[:, 0] / 10.0**output.exponent
        performance(equity, output.ts, periods_per_year=8760.0, trades=round_trips(output.fills, panel))
        fused = Session(panel, [Fused("balanced")], FULL)
        fused.run(panel)
        fused.output()
    live(bars(60, 2, masked=True))
    sweep(bars(400, 1, masked=False), STRATEGIES["moving_average_cross"], {"fast": [3, 5]})
    print(f"prime: {compile_count()} kernels compiled")


if __name__ == "__main__":
    main()
