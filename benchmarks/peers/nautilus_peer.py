"""NautilusTrader's BacktestEngine with a Python strategy: ``python -m ... callback|many|sweep [bars]``.

Market orders sent in on_bar fill at close[t]. Position accounting is HEDGING: with NETTING each fill walks all earlier
orders of the run, so its cost grows with the run (measured elsewhere: twice the time at a million bars). Fewer bars
than ours are run, which favours it; the rate is per bar.
"""

from __future__ import annotations

import sys
from decimal import Decimal

import nautilus_trader
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import ExponentialMovingAverage
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

from benchmarks import data
from benchmarks.measure import Measure, report

ENGINE, VERSION = "NautilusTrader", nautilus_trader.__version__
VENUE = Venue("SIM")


class CrossConfig(StrategyConfig, frozen=True):
    """What one strategy watches."""

    instrument_id: InstrumentId
    bar_type: BarType
    fast: int
    slow: int


class Cross(Strategy):
    """Long while the fast average is above the slow one."""

    def __init__(self, config):
        super().__init__(config)
        self.quick = ExponentialMovingAverage(config.fast)
        self.calm = ExponentialMovingAverage(config.slow)

    def on_start(self):
        self.one = self.cache.instrument(self.config.instrument_id).make_qty(int(data.UNITS))
        for average in (self.quick, self.calm):
            self.register_indicator_for_bars(self.config.bar_type, average)
        self.subscribe_bars(self.config.bar_type)

    def on_bar(self, bar):
        if not self.indicators_initialized():
            return
        symbol = self.config.instrument_id
        if self.quick.value > self.calm.value:
            if self.portfolio.is_flat(symbol):
                self.submit_order(self.order_factory.market(symbol, OrderSide.BUY, self.one))
        elif self.quick.value < self.calm.value and self.portfolio.is_net_long(symbol):
            self.close_all_positions(symbol)


def instrument(symbol):
    """A share with a commission of a thousandth."""
    return Equity(
        instrument_id=InstrumentId(Symbol(symbol), VENUE), raw_symbol=Symbol(symbol), currency=USD, price_precision=2,
        price_increment=Price.from_str("0.01"), lot_size=Quantity.from_int(1), ts_event=0, ts_init=0,
        maker_fee=Decimal(str(data.COMMISSION)), taker_fee=Decimal(str(data.COMMISSION)), margin_init=Decimal(0),
        margin_maint=Decimal(0),
    )  # fmt: skip


def engine_for(bars, rows, fast=data.FAST, slow=data.SLOW):
    """An engine with its data and one strategy for each symbol."""
    engine = BacktestEngine(
        BacktestEngineConfig(trader_id="BENCH-001", logging=LoggingConfig(bypass_logging=True), run_analysis=False)
    )
    engine.add_venue(
        venue=VENUE, oms_type=OmsType.HEDGING, account_type=AccountType.MARGIN, base_currency=USD,
        starting_balances=[Money(data.CASH, USD)], default_leverage=Decimal(10),
    )  # fmt: skip
    for number, (symbol, columns) in enumerate(bars.items()):
        share = instrument(symbol)
        engine.add_instrument(share)
        kind = BarType.from_str(f"{share.id}-1-MINUTE-LAST-EXTERNAL")
        closes = pd.to_datetime(data.open_times(rows) + data.MINUTE_NS, utc=True)
        frame = pd.DataFrame({name: columns[name][:rows] for name in data.COLUMNS}, index=closes)
        engine.add_data(BarDataWrangler(kind, share).process(frame), sort=number == len(bars) - 1)
        config = CrossConfig(instrument_id=share.id, bar_type=kind, fast=fast, slow=slow, order_id_tag=f"{number:03d}")
        engine.add_strategy(Cross(config))
    return engine


def fills_of(engine):
    """How many orders filled."""
    return len(engine.trader.generate_order_fills_report())


def timed(bars, rows):
    """One run."""
    engine = engine_for(bars, rows)
    with Measure() as spent:
        engine.run()
    report(ENGINE, VERSION, rows * len(bars), spent, fills=fills_of(engine))


def callback(rows=200_000):
    """W1."""
    timed({"AAA": data.one_symbol()}, rows)


def many(rows=4_000):
    """W2."""
    timed(data.many_symbols(), rows)


def sweep(rows=100_000):
    """W3: three of the thousand pairs, one engine each."""
    bars, fills = {"AAA": data.sweep_symbol()}, 0
    engines = [engine_for(bars, rows, fast, slow) for fast, slow in data.sweep_pairs(3)]
    with Measure() as spent:
        for engine in engines:
            engine.run()
    fills = sum(map(fills_of, engines))
    report(ENGINE, VERSION, len(engines), spent, fills=fills)


if __name__ == "__main__":
    {"callback": callback, "many": many, "sweep": sweep}[sys.argv[1]](*map(int, sys.argv[2:]))
