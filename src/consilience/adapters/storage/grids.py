"""The grid of prices and quantities, read from the data: how many decimals, and which tick within them."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np

from consilience.core.panel import Floats

MOST_DECIMALS = 8
ENOUGH = 0.999  # beyond the decimals that hold this share of the values, the rest is noise that the gate will flag
_TICK_DIGITS = (1, 2, 5, 25)  # 0.25 and 0.5 are ticks somewhere; 0.03 is chance
_ENOUGH_PRICES = 50  # distinct prices before a coarser tick than the decimals show is believed


def price_grid(columns: list[Floats]) -> Decimal:
    """Price increment of all finite values in ``columns``."""
    values = _finite(columns)
    decimals = _decimals(values)
    step = Decimal(1).scaleb(-decimals)
    steps = np.unique(np.rint(np.abs(values) * 10.0**decimals).astype(np.int64))
    if len(steps) < _ENOUGH_PRICES:
        return step
    common = math.gcd(*(int(s) for s in steps))
    digits = common
    while digits and digits % 10 == 0:
        digits //= 10
    return step * common if common > 1 and digits in _TICK_DIGITS else step


def quantity_grid(columns: list[Floats]) -> Decimal | None:
    """Smallest quantity step that the finite values of ``columns`` show; None where there is none."""
    values = _finite(columns)
    return Decimal(1).scaleb(-_decimals(values)) if len(values) else None


def _finite(columns: list[Floats]) -> Floats:
    values = np.concatenate(columns) if columns else np.zeros(0)
    result: Floats = values[np.isfinite(values) & (np.abs(values) < 1e10)]
    return result


def _decimals(values: Floats) -> int:
    """Fewest decimal places that hold the values; a few odd ones aside."""
    if len(values) == 0:
        return 0
    fallback = MOST_DECIMALS
    for places in range(MOST_DECIMALS + 1):
        scale = 10.0**places
        # a value that was computed may miss its decimal text by a few last bits; that is no finer grid
        held = np.abs(np.rint(values * scale) / scale - values) <= 4 * np.spacing(np.abs(values))
        if bool(held.all()):
            return places
        if fallback == MOST_DECIMALS and int(held.sum()) >= ENOUGH * len(values):
            fallback = places
    return fallback
