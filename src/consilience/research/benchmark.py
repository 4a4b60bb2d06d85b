"""What a run is measured against: buy and hold of one symbol, of all in equal parts, or a series that was given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.errors import ConfigError, DataError, nearest
from consilience.core.panel import Floats, Panel
from consilience.core.units import step_fraction


class Levels(NamedTuple):
    """A benchmark: its name, and float64 [T] levels, NaN before its first price."""

    name: str
    values: Floats


def benchmark_levels(panel: Panel, benchmark: str | Floats | None, first_row: int) -> Levels:
    """Levels of the asked benchmark; None means the only symbol, or all in equal parts.

    Buy and hold is in base currency, forward-adjusted (dividends reinvested), free of costs. In the equal-weight
    form each symbol's part is bought at the close of ``first_row``; a symbol that lists later keeps its part in cash
    until its first bar. Raises ConfigError for an unknown symbol, DataError for a series of another length.
    """
    require_benchmark(panel, benchmark)
    if isinstance(benchmark, str):
        return Levels(f"{benchmark}, buy and hold", base_values(panel, panel.symbols.index(benchmark)))
    if benchmark is not None:
        return Levels("given series", np.ascontiguousarray(benchmark, np.float64))
    if len(panel.symbols) == 1:
        return Levels(f"{panel.symbols[0]}, buy and hold", base_values(panel, 0))
    total = np.zeros(len(panel.ts))
    for column in range(len(panel.symbols)):
        values = base_values(panel, column)
        known = np.flatnonzero(np.isfinite(values[first_row:]))
        if len(known):
            total += np.where(np.isfinite(values), values / values[first_row + known[0]], 1.0)
        else:
            total += 1.0
    # before the first judged row the parts are not bought yet, and the level says nothing
    total[:first_row] = np.nan
    return Levels(f"equal-weight buy and hold of {len(panel.symbols)} symbols", total / len(panel.symbols))


def require_benchmark(panel: Panel, benchmark: str | Floats | None) -> None:
    """Raises ConfigError for an unknown symbol, DataError for a series of another length."""
    if isinstance(benchmark, str):
        if benchmark not in panel.symbols:
            near = nearest(benchmark, panel.symbols)
            hint = f"did you mean '{near}'?" if near else f"the panel has {', '.join(panel.symbols[:12])}"
            raise ConfigError(f"unknown benchmark symbol '{benchmark}'; {hint}")
    elif benchmark is not None and np.shape(benchmark) != panel.ts.shape:
        raise DataError(f"the benchmark has {len(benchmark)} values for {len(panel.ts)} bars; align it to them")


def base_values(panel: Panel, column: int) -> Floats:
    """Forward-adjusted close of one symbol in base currency, the last one known, NaN before the first; float64 [T]."""
    close = adjusted_prices(panel, column, "close")
    currency = panel.currencies.index(panel.instruments[column].currency)
    if currency:
        close = close * (panel.fx_num[:, currency] / panel.fx_den[currency])
    return carried(np.where(panel.valid[:, column], close, np.nan))


def adjusted_prices(panel: Panel, column: int, field: str) -> Floats:
    """Forward-adjusted prices of one symbol, mid prices on a bid/ask panel, masked slices included; float64 [T].

    field: open, high, low or close.
    """
    numerator, denominator = step_fraction(panel.instruments[column].price_increment)
    result: Floats = getattr(panel.bid, field)[:, column] * float(numerator) / denominator
    if panel.is_bid_ask:
        result = (result + getattr(panel.ask, field)[:, column] * float(numerator) / denominator) * 0.5
    if panel.factor is not None:
        result = result * panel.factor[:, column]
    return result


def carried(values: Floats) -> Floats:
    """Each NaN replaced by the last number before it; NaN where there is none."""
    rows = np.where(np.isfinite(values), np.arange(len(values)), -1)
    at = np.maximum.accumulate(rows)
    result: Floats = np.where(at >= 0, values[np.maximum(at, 0)], np.nan)
    return result
