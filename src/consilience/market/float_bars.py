"""Float columns of a panel for the features: only those that are read, into buffers that are used again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from consilience.core.errors import ReportBug
from consilience.core.jit import njit
from consilience.core.panel import Bools, FloatBars, Floats, Ints, Panel
from consilience.core.units import step_fraction

_NO_FACTOR = np.zeros((0, 0), np.float64)
_ALL = ("open", "high", "low", "close")
_QUOTES = FloatBars._fields[5:]


@njit
def float_prices_nb(
    bid: Ints, ask: Ints, scale: Floats, factor: Floats, valid: Bools, rows: tuple[int, int], out: Floats
) -> None:
    """Forward-adjusted floats of ``rows`` into ``out``: the mid where ask differs from bid, NaN where masked.

    scale: float64 [2, S], numerator and denominator of a tick: ticks * num / den is correctly rounded. A last row
    of ``scale`` above 0 says that bid and ask are one series; an empty ``valid`` that nothing is masked.
    """
    one_side = scale[2, 0] > 0.0
    masked = len(valid) > 0
    adjusted = len(factor) > 0
    for row in range(rows[0], rows[1]):
        for s in range(bid.shape[1]):
            value = bid[row, s] * scale[0, s] / scale[1, s]
            if not one_side:
                value = (value + ask[row, s] * scale[0, s] / scale[1, s]) * 0.5
            if adjusted:
                value = value * factor[row, s]
            if masked and not valid[row, s]:
                value = np.nan
            out[row - rows[0], s] = value


@njit
def float_series_nb(ticks: Ints, numerator: float, denominator: float, out: Floats) -> None:
    """``float_prices_nb`` of one series of one symbol, unadjusted and without masks: flat arrays, so it vectorises."""
    for k in range(len(out)):
        out[k] = ticks[k] * numerator / denominator


@njit
def float_volume_nb(volume: Floats, split: Floats, valid: Bools, rows: tuple[int, int], out: Floats) -> None:
    """Split-adjusted volume of ``rows`` into ``out``; NaN where masked."""
    masked = len(valid) > 0
    adjusted = len(split) > 0
    for row in range(rows[0], rows[1]):
        for s in range(volume.shape[1]):
            value = volume[row, s]
            if adjusted:
                value = value / split[row, s]
            if masked and not valid[row, s]:
                value = np.nan
            out[row - rows[0], s] = value


class Reading(NamedTuple):
    """How whole numbers become floats. least: what is below it is not known. divides: divided by the factor, as sizes
    are, instead of multiplied."""

    least: int
    divides: bool


_PRICE, _SIZE, _PLAIN = Reading(1, False), Reading(1, True), Reading(-(1 << 62), True)


# many parameters: a column with all that turns it to floats
@njit
def float_counts_nb(
    counts: Ints, scale: Floats, factor: Floats, valid: Bools, rows: tuple[int, int], how: Reading, out: Floats
) -> None:
    """Ticks or lots of ``rows`` as adjusted floats into ``out``; NaN where masked and where not known.

    scale: float64 [2, S], numerator and denominator of one step. An empty ``valid`` says that nothing is masked.
    """
    masked = len(valid) > 0
    adjusted = len(factor) > 0
    for row in range(rows[0], rows[1]):
        for s in range(counts.shape[1]):
            count = counts[row, s]
            value = count * scale[0, s] / scale[1, s]
            if adjusted:
                value = value / factor[row, s] if how.divides else value * factor[row, s]
            if count < how.least or (masked and not valid[row, s]):
                value = np.nan
            out[row - rows[0], s] = value


class FloatBarMaker:
    """Makes the FloatBars of blocks; ``fields`` are the price columns that the features read."""

    def __init__(self, symbols: int, fields: Sequence[str]) -> None:
        self._fields = tuple(fields)
        self._quotes = tuple(name for name in fields if name in _QUOTES)
        self._one = np.ones((2, symbols))
        self._symbols = symbols
        self._room: dict[str, Floats] = {}
        self._scale: Floats | None = None
        self._for: object = None
        self._lots: Floats | None = None
        self._lots_for: object = None
        self._no_mask = np.zeros((0, 0), np.bool_)

    def make(self, panel: Panel, start: int, stop: int) -> FloatBars:
        """Float columns of slices ``start`` to ``stop``; columns that nobody reads are left as they were."""
        rows = (start, stop)
        valid = self._no_mask if panel.dense else panel.valid
        factor = _NO_FACTOR if panel.factor is None else panel.factor
        split = _NO_FACTOR if panel.split_factor is None else panel.split_factor
        scale = self._scale_of(panel)
        plain = self._symbols == 1 and panel.dense and not panel.is_bid_ask and panel.factor is None
        for name in _ALL:
            if name not in self._fields:
                continue
            bid, ask = getattr(panel.bid, name), getattr(panel.ask, name)
            if plain:
                out = self._column(name, stop - start).reshape(-1)
                float_series_nb(bid[start:stop].reshape(-1), scale[0, 0], scale[1, 0], out)
            else:
                float_prices_nb(bid, ask, scale, factor, valid, rows, self._column(name, stop - start))
        if "volume" in self._fields:
            float_volume_nb(panel.volume, split, valid, rows, self._column("volume", stop - start))
        told = self._told(panel, rows, valid) if self._quotes else {}
        return FloatBars(*(self._column(name, stop - start) for name in (*_ALL, "volume")), **told)

    def _told(self, panel: Panel, rows: tuple[int, int], valid: Bools) -> dict[str, Floats]:
        """The columns of quotes and trades that are read."""
        counts = _counts_of(panel)
        price, lot = self._scale_of(panel), self._lots_of(panel)
        found = {}
        for name in self._quotes:
            out = found[name] = self._column(name, rows[1] - rows[0])
            column = counts.get(name)
            if column is None:
                out[:] = np.nan
            elif name == "aggressor":
                float_counts_nb(column, self._one, _NO_FACTOR, valid, rows, _PLAIN, out)
            elif name in ("bid", "ask"):
                factor = _NO_FACTOR if panel.factor is None else panel.factor
                float_counts_nb(column, price, factor, valid, rows, _PRICE, out)
            else:
                split = _NO_FACTOR if panel.split_factor is None else panel.split_factor
                how = _PLAIN if name == "trade_size" else _SIZE
                float_counts_nb(column, lot, split, valid, rows, how, out)
        if panel.told is None and counts:
            # among bid/ask bars, a symbol with trade bars has one price on both sides, and no quote
            sides = zip(panel.bid, panel.ask, strict=True)
            traded = np.logical_and.reduce([bid[slice(*rows)] == ask[slice(*rows)] for bid, ask in sides])
            for out in found.values():
                out[traded] = np.nan
        return found

    def _scale_of(self, panel: Panel) -> Floats:
        key = (panel.instruments, panel.is_bid_ask)
        if self._scale is None or self._for != key:
            fractions = [step_fraction(i.price_increment) for i in panel.instruments]
            one = 0.0 if panel.is_bid_ask else 1.0
            self._scale = np.array([[f[0] for f in fractions], [f[1] for f in fractions], [one] * self._symbols], float)
            self._for = key
        return self._scale

    def _lots_of(self, panel: Panel) -> Floats:
        if self._lots is None or self._lots_for is not panel.instruments:
            fractions = [step_fraction(i.lot) for i in panel.instruments]
            self._lots = np.array([[f[0] for f in fractions], [f[1] for f in fractions]], float)
            self._lots_for = panel.instruments
        return self._lots

    def _column(self, name: str, rows: int) -> Floats:
        column = self._room.get(name)
        if column is None or column.shape[0] < rows:
            column = self._room[name] = np.zeros((rows, self._symbols), np.float64)
        return column[:rows]


def _counts_of(panel: Panel) -> dict[str, Ints]:
    """Ticks and lots of the panel's quotes and trades by the name of their column; those that it has."""
    if panel.told is not None:
        told = panel.told._asdict()
        told["trade_size"] = told.pop("traded")
        return told
    if panel.events:
        raise ReportBug("a panel of events was made without what they tell, but a feature reads it")
    if not panel.is_bid_ask:
        return {}
    columns = {"bid": panel.bid.close, "ask": panel.ask.close}
    return {**columns, "bid_size": panel.bid_size, "ask_size": panel.ask_size}


def float_bars(panel: Panel, start: int, stop: int) -> FloatBars:
    """Forward-adjusted float columns of slices ``start`` to ``stop``, in arrays of their own."""
    return FloatBarMaker(len(panel.instruments), (*_ALL, "volume")).make(panel, start, stop)
