"""What each strategy made: its lanes' profit over time, from fills and marks as the engine made them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.panel import Floats, Panel, Records
from consilience.research.benchmark import carried


class StrategyCurve(NamedTuple):
    """One strategy's share of the account. profit: float64 [T], realised and unrealised, dividends in and fees out;
    gross: float64 [T], sum of absolute position values. Both in base currency."""

    profit: Floats
    gross: Floats


def strategy_curves(fills: Records, panel: Panel, strategies: int, exponent: int) -> list[StrategyCurve]:
    """Curves of all strategies, in their order. Start cash plus all profits equals the account's equity.

    fills: FILL_DTYPE in order of execution, rows counting from the panel's first. A position is marked at the last
    valid close (longs at bid, shorts at ask) and that slice's exchange rate.
    """
    rows, symbols = panel.shape
    unit = float(10**exponent)
    result = [StrategyCurve(np.zeros(rows), np.zeros(rows)) for _ in range(strategies)]
    order = np.argsort(fills["lane"], kind="stable")
    lanes, starts = np.unique(fills["lane"][order], return_index=True)
    # nothing splits into one empty part
    for lane, index in zip(lanes.tolist(), np.split(order, starts[1:]) if len(lanes) else (), strict=True):
        mine = fills[index]
        lots = _lots(mine, rows)
        value = _values(lots, panel, lane % symbols)
        cash = np.cumsum(np.bincount(mine["row"], weights=mine["cash"], minlength=rows))
        curve = result[lane // symbols]
        curve.profit[:] += (cash + value) / unit
        curve.gross[:] += np.abs(value) / unit
    return result


def _lots(fills: Records, rows: int) -> Floats:
    """Position of a lane after each slice, float64 [T] lots."""
    last = np.flatnonzero(np.append(fills["row"][1:] != fills["row"][:-1], True))
    after = np.concatenate(([0], fills["position"][last])).astype(np.float64)
    at = np.searchsorted(fills["row"][last], np.arange(rows), side="right")
    result: Floats = after[at]
    return result


def _values(lots: Floats, panel: Panel, column: int) -> Floats:
    """Marked value of a lane's position in base units; a masked slice keeps the last mark."""
    instrument = panel.instruments[column]
    numerator, denominator = instrument.notional_fraction()
    close = np.where(lots > 0, panel.bid.close[:, column], panel.ask.close[:, column])
    units = close * lots * (numerator / denominator)
    currency = panel.currencies.index(instrument.currency)
    if currency:
        units = units * (panel.fx_num[:, currency] / panel.fx_den[currency])
    marked = carried(np.where(panel.valid[:, column], units, np.nan))
    result: Floats = np.where((lots == 0.0) | np.isnan(marked), 0.0, marked)
    return result
