"""Which state of a fitted model is which regime, told from the states' means alone, so that refits keep the labels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.errors import DataError
from consilience.core.panel import Floats
from consilience.features.regime._model import LABELS, OBSERVATIONS

_VOLATILITY = OBSERVATIONS.index("volatility")
_DIRECTIONS = tuple(OBSERVATIONS.index(name) for name in ("log_return", "momentum", "zscore"))


class States(NamedTuple):
    """Fitted states. means [K, D], covariances [K, D, D], transition [K, K] by rows, share [K] of the sample."""

    means: Floats
    covariances: Floats
    transition: Floats
    share: Floats


def in_label_order(states: States) -> States:
    """The states in the order of ``LABELS``, whatever the order in which a fit found them."""
    order = list(label_order(states.means, states.covariances))
    return States(
        states.means[order], states.covariances[order], states.transition[np.ix_(order, order)], states.share[order]
    )


def label_order(means: Floats, covariances: Floats | None = None) -> tuple[int, ...]:
    """State of each label, in the order of ``LABELS``, from standardised means [3, 4].

    BEARISH_VOLATILE is the state with the highest volatility. Of the two calmer ones BULLISH_CALM is the one with the
    higher direction, the sum of the means of return, momentum and z-score; SQUEEZE is the one left. Equal states are
    told apart by their means in turn, then by their covariances [3, 4, 4], so the order in which a fit found them never
    matters. Raises DataError for another number of states.
    """
    if means.shape != (len(LABELS), len(OBSERVATIONS)):
        raise DataError(f"labels are for {len(LABELS)} states of {len(OBSERVATIONS)} observations, not {means.shape}")
    direction = [sum(float(row[k]) for k in _DIRECTIONS) for row in means]
    # exact ties fall to the means themselves
    spreads = np.zeros((len(means), 0)) if covariances is None else covariances.reshape(len(means), -1)
    rows = [(*row, *spread) for row, spread in zip(means.tolist(), spreads.tolist(), strict=True)]
    bearish = max(range(len(rows)), key=lambda k: (rows[k][_VOLATILITY], rows[k]))
    others = [k for k in range(len(rows)) if k != bearish]
    bullish = max(others, key=lambda k: (direction[k], rows[k]))
    squeeze = next(k for k in others if k != bullish)
    return bullish, bearish, squeeze
