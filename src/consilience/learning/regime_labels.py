"""Which state of a fitted model is which regime, told from the states' means alone, so that refits keep the labels."""

from __future__ import annotations

from consilience.core.errors import DataError
from consilience.core.panel import Floats
from consilience.features.regime._model import LABELS, OBSERVATIONS

_VOLATILITY = OBSERVATIONS.index("volatility")
_DIRECTIONS = tuple(OBSERVATIONS.index(name) for name in ("log_return", "momentum", "zscore"))


def label_order(means: Floats) -> tuple[int, ...]:
    """State of each label, in the order of ``LABELS``, from standardised means [3, 4].

    BEARISH_VOLATILE is the state with the highest volatility. Of the two calmer ones BULLISH_CALM is the one with the
    higher direction, the sum of the means of return, momentum and z-score; SQUEEZE is the one left. Equal states are
    told apart by their means in turn, so the order in which a fit found them never matters. Raises DataError for
    another number of states.
    """
    if means.shape != (len(LABELS), len(OBSERVATIONS)):
        raise DataError(f"labels are for {len(LABELS)} states of {len(OBSERVATIONS)} observations, not {means.shape}")
    direction = [sum(float(row[k]) for k in _DIRECTIONS) for row in means]
    # exact ties fall to the means themselves
    rows = [tuple(float(v) for v in row) for row in means]
    bearish = max(range(len(rows)), key=lambda k: (rows[k][_VOLATILITY], rows[k]))
    others = [k for k in range(len(rows)) if k != bearish]
    bullish = max(others, key=lambda k: (direction[k], rows[k]))
    squeeze = next(k for k in others if k != bullish)
    return bullish, bearish, squeeze
