"""Float columns of a panel for the features: only those that are read, into buffers that are used again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from consilience.core.jit import njit
from consilience.core.panel import Bools, FloatBars, Floats, Ints, Panel
from consilience.core.units import step_fraction

_NO_FACTOR = np.zeros((0, 0), np.float64)
_ALL = ("open", "high", "low", "close")


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


class FloatBarMaker:
    """Makes the FloatBars of blocks; ``fields`` are the price columns that the features read."""

    def __init__(self, symbols: int, fields: Sequence[str]) -> None:
        self._fields = tuple(fields)
        self._symbols = symbols
        self._room: dict[str, Floats] = {}
        self._scale: Floats | None = None
        self._for: object = None
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
        return FloatBars(*(self._column(name, stop - start) for name in (*_ALL, "volume")))

    def _scale_of(self, panel: Panel) -> Floats:
        key = (panel.instruments, panel.is_bid_ask)
        if self._scale is None or self._for != key:
            fractions = [step_fraction(i.price_increment) for i in panel.instruments]
            one = 0.0 if panel.is_bid_ask else 1.0
            self._scale = np.array([[f[0] for f in fractions], [f[1] for f in fractions], [one] * self._symbols], float)
            self._for = key
        return self._scale

    def _column(self, name: str, rows: int) -> Floats:
        column = self._room.get(name)
        if column is None or column.shape[0] < rows:
            column = self._room[name] = np.zeros((rows, self._symbols), np.float64)
        return column[:rows]


def float_bars(panel: Panel, start: int, stop: int) -> FloatBars:
    """Forward-adjusted float columns of slices ``start`` to ``stop``, in arrays of their own."""
    return FloatBarMaker(len(panel.instruments), (*_ALL, "volume")).make(panel, start, stop)
