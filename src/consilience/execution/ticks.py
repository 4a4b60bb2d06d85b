"""Prices of orders on the venue's grid: rounding on the safe side, and the refusal of what is off it."""

from __future__ import annotations

import math

import numpy as np

from consilience.core.instruments import MAX_TICK_BANDS
from consilience.core.jit import njit


@njit
def order_step_nb(instrument: np.void, ticks: int) -> int:
    """Step of order prices at ``ticks``, from the instrument's tick schedule."""
    step: int = instrument["band_step"][0]
    for band in range(1, MAX_TICK_BANDS):
        if ticks >= instrument["band_floor"][band]:
            step = instrument["band_step"][band]
    return step


@njit
def down_to_step_nb(instrument: np.void, ticks: int) -> int:
    """Largest valid order price at or below ``ticks`` >= 0; 0 when there is none."""
    return ticks // order_step_nb(instrument, ticks) * order_step_nb(instrument, ticks)


@njit
def up_to_step_nb(instrument: np.void, ticks: int) -> int:
    """Smallest valid order price at or above ``ticks`` >= 0."""
    step = order_step_nb(instrument, ticks)
    return (ticks + step - 1) // step * step


@njit
def floor_to_step_nb(instrument: np.void, price_in_ticks: float) -> int:
    """Largest valid order price at or below ``price_in_ticks``, in ticks; 0 when there is none."""
    if not price_in_ticks >= 1.0 or price_in_ticks > 9.0e15:
        return 0
    # a price computed in floats may sit a hair under the grid point that was meant
    return down_to_step_nb(instrument, int(math.floor(price_in_ticks + 1e-6)))  # noqa: RUF046  (a float when compiled)


@njit
def ceil_to_step_nb(instrument: np.void, price_in_ticks: float) -> int:
    """Smallest valid order price at or above ``price_in_ticks``, in ticks; 0 when it is no price."""
    if not price_in_ticks > 0.0 or price_in_ticks > 9.0e15:
        return 0
    return up_to_step_nb(instrument, int(math.ceil(price_in_ticks - 1e-6)))  # noqa: RUF046
