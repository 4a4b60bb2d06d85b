"""Round trips: what each position made from flat to flat, exact in money, with prices and excursions for reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from consilience.core.errors import ReportBug
from consilience.core.panel import Bools, Floats, Ints, Panel, Records
from consilience.core.units import ledger_exponent, step_fraction
from consilience.portfolio.trades_nb import TRADE_DTYPE, Bars, Marks, collect_nb, finish_nb


@dataclass(frozen=True)
class Trades:
    """Round trips in order of opening (TRADE_DTYPE rows), with what turns their integers into numbers for people.

    exponent: of the base currency's ledger unit. tick_value: float64 [S], price of one tick. lot_size: float64 [S].
    symbols: names by column.
    """

    records: Records
    exponent: int
    tick_value: Floats
    lot_size: Floats
    symbols: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.records)

    @property
    def closed(self) -> Bools:
        """bool [trades]: whether the round trip is complete."""
        result: Bools = self.records["still_open"] == 0
        return result

    def money(self, name: str) -> Floats:
        """float64 [trades] of an exact column (``net``, ``gross``, ``fees``, ...) in whole base currency."""
        result: Floats = self.records[name] / np.float64(10**self.exponent)
        return result

    def returns(self) -> Floats:
        """float64 [trades]: net profit over the value of the opening fills, a fraction; NaN where that value is 0."""
        invested = self.records["invested"]
        result: Floats = np.full(len(invested), np.nan)
        np.divide(self.records["net"], invested, out=result, where=invested > 0)
        return result

    def prices(self, name: str) -> Floats:
        """float64 [trades] of ``entry_ticks`` or ``exit_ticks`` as prices; NaN where nothing was traded."""
        result: Floats = self.records[name] * self.tick_value[self.records["symbol"]]
        return result

    def quantities(self, name: str) -> Floats:
        """float64 [trades] of a lots column (``entry_lots``, ``max_lots``, ...) as shares, coins or contracts."""
        result: Floats = self.records[name] * self.lot_size[self.records["symbol"]]
        return result


def round_trips(fills: Records, panel: Panel) -> Trades:
    """Round trips of ``fills`` (FILL_DTYPE in order of execution, rows counting on ``panel.first_row``).

    A trade opens with the fill that leaves flat and closes with the one that returns to it; a fill through zero
    closes one trade and opens the next, its fee, slippage and value split pro rata to the unit. Realised, fees and
    slippage over all trades sum exactly to those of the fills. Prices and lots are those of the entry's day: splits are
    undone by ``panel.split_factor``. MAE and MFE take high and low of each valid bar from the entry's (whole) to the
    one before the exit's, and the exit price: a fraction of the average entry price. Open trades are marked at the
    last valid close and the FX of that slice, as the engine marks them.
    Raises ReportBug when an open position has no valid price at all.
    """
    lanes, of_fill = np.unique(fills["lane"], return_inverse=True)
    traded = int(np.count_nonzero(fills["side"]))
    records = np.zeros(traded, TRADE_DTYPE)  # at most one opens with each fill
    current = np.full(len(lanes), -1, np.int64)
    held = np.zeros(len(lanes), np.int64)
    bars = _bars(panel)
    count = collect_nb(fills, of_fill.astype(np.int64), bars, panel.first_row, current, held, records)
    records = records[:count]
    lots = np.zeros(count, np.int64)
    lots[current[current >= 0]] = held[current >= 0]
    bad = finish_nb(records, lots, bars, _marks(panel))
    if bad >= 0:
        symbol = panel.symbols[int(records[bad]["symbol"])]
        raise ReportBug(f"the open position in {symbol} has no price to be marked at")
    fractions = [step_fraction(i.price_increment) for i in panel.instruments]
    return Trades(
        records=records,
        exponent=ledger_exponent(panel.currencies[0]),
        tick_value=np.array([n / d for n, d in fractions], np.float64),
        lot_size=np.array([float(i.lot) for i in panel.instruments], np.float64),
        symbols=panel.symbols,
    )


def _bars(panel: Panel) -> Bars:
    factor = panel.split_factor if panel.split_factor is not None else np.zeros((0, 0), np.float64)
    bid, ask = panel.bid, panel.ask
    return Bars(bid.high, bid.low, bid.close, ask.high, ask.low, ask.close, panel.valid, factor)


def _marks(panel: Panel) -> Marks:
    fractions = [i.notional_fraction() for i in panel.instruments]
    columns: Ints = np.array([panel.currencies.index(i.currency) for i in panel.instruments], np.int64)
    return Marks(
        np.array([f[0] for f in fractions], np.int64),
        np.array([f[1] for f in fractions], np.int64),
        columns,
        panel.fx_num,
        panel.fx_den,
        panel.ts,
        panel.first_row,
    )
