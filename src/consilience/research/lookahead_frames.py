"""Signals as a function of a frame, the way pandas people write them: how it is called, checked and traded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from consilience.core.errors import StrategyError
from consilience.core.panel import Floats, Panel, PriceColumns
from consilience.market.float_bars import float_bars
from consilience.strategies.base import CallbackStrategy
from consilience.strategies.context import Context

SignalFunction: TypeAlias = Callable[[pl.DataFrame], Any]


def panel_frame(panel: Panel, symbol: int) -> pl.DataFrame:
    """One symbol's bars: ts (UTC), open, high, low, close, volume; null where the slice masks it."""
    bars = float_bars(panel, 0, panel.shape[0])
    known = [(name, c) for name, c in bars._asdict().items() if c is not None]
    columns = {name: pl.Series(np.ascontiguousarray(c[:, symbol])).fill_nan(None) for name, c in known}
    ts = pl.Series(panel.ts).cast(pl.Datetime("ns", "UTC"))
    return pl.DataFrame({"ts": ts, **columns})


def signal_columns(function: SignalFunction, frame: pl.DataFrame) -> dict[str, Floats]:
    """float64 columns that ``function`` makes of ``frame``, NaN for null; a time column is left out.

    Raises StrategyError when it returns something else than a frame or mapping with a value for each bar.
    """
    made = function(frame.clone())
    if isinstance(made, pl.DataFrame):
        items: Mapping[str, Any] = {c.name: c for c in made.iter_columns() if not c.dtype.is_temporal()}
    elif isinstance(made, Mapping):
        items = made
    else:
        raise StrategyError(f"a signal function must return a frame or a mapping of columns, not {type(made).__name__}")
    if not items:
        raise StrategyError("the signal function returned no columns")
    result = {}
    for name, values in items.items():
        column = values.cast(pl.Float64).to_numpy() if isinstance(values, pl.Series) else np.asarray(values, np.float64)
        if column.shape != (frame.height,):
            raise StrategyError(f"signal column '{name}' has shape {column.shape} for {frame.height} bars")
        result[str(name)] = np.array(column, np.float64)
    return result


def hide_present(changed: Panel, panel: Panel, row: int) -> Panel:
    """``changed`` with the true open at ``row``, so that of this bar only its open is still what it was."""

    def mended(columns: PriceColumns, true: PriceColumns) -> PriceColumns:
        opening = columns.open.copy()
        opening[row] = true.open[row]
        high, low = columns.high.copy(), columns.low.copy()
        high[row] = np.maximum(high[row], opening[row])
        low[row] = np.minimum(low[row], opening[row])
        return PriceColumns(opening, high, low, columns.close)

    valid = changed.valid.copy()
    valid[row] = panel.valid[row]
    bid = mended(changed.bid, panel.bid)
    ask = mended(changed.ask, panel.ask) if panel.is_bid_ask else bid
    factor = changed.factor
    if factor is not None and panel.factor is not None:
        factor = factor.copy()
        factor[row] = panel.factor[row]
    return replace(changed, bid=bid, ask=ask, valid=valid, factor=factor)


class FrameSignals(CallbackStrategy):
    """Trades the columns of a signal function: long, short, exit_long, exit_short (true above 0.5), and where given
    size, stop_loss, take_profit (forward-adjusted as the frame's prices are).

    The columns are made once, from all of ``panel``: run ``lookahead_check`` on the function first. An exit beats an
    entry on its side; an opposite entry reverses; entries are market orders of the next slice. A slice that ``panel``
    does not hold says nothing.
    """

    def __init__(self, function: SignalFunction, panel: Panel) -> None:
        super().__init__()
        self._rows = {ts: row for row, ts in enumerate(panel.ts.tolist())}
        made = [signal_columns(function, panel_frame(panel, s)) for s in range(panel.shape[1])]
        if "long" not in made[0] and "short" not in made[0]:
            raise StrategyError(f"the signal function returned {', '.join(made[0])}, but neither long nor short")
        self._columns = {
            symbol: {name: column.tolist() for name, column in columns.items()}
            for symbol, columns in zip(panel.symbols, made, strict=True)
        }
        factor = panel.factor
        self._factors = {s: None if factor is None else factor[:, k].tolist() for k, s in enumerate(panel.symbols)}

    def on_bar(self, context: Context, symbol: str) -> None:
        """Say what the columns say of this bar."""
        row = self._rows.get(context.now_ns)
        if row is None:
            return
        columns = self._columns[symbol]

        def says(name: str) -> bool:
            return name in columns and columns[name][row] > 0.5

        long = says("long") and not says("exit_long")
        short = says("short") and not says("exit_short")
        held = context.position(symbol)
        if long != short:
            self._enter(context, symbol, 1 if long else -1, row)
        elif (held > 0.0 and says("exit_long")) or (held < 0.0 and says("exit_short")):
            context.exit(symbol)

    def _enter(self, context: Context, symbol: str, direction: int, row: int) -> None:
        columns, factors = self._columns[symbol], self._factors[symbol]
        scale = 1.0 if factors is None else factors[row]
        stop, target = (
            columns[name][row] / scale if name in columns else None for name in ("stop_loss", "take_profit")
        )
        size = columns["size"][row] if "size" in columns else None
        context.enter(symbol, direction, quantity=size, stop_loss=stop, take_profit=target)
