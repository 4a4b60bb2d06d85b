"""Stops and targets of an open position: pure kernels, one step a bar.

A stop only ever moves in the position's favour. Prices are floats in any one unit (price or ticks); the caller puts
them on the venue's grid, stops away from the market. R is the distance from entry to the first stop.

Founding document 004 gives stop and target by regime (calm 2 % and 5 %, volatile 3 % and 3 %, squeeze 1.5 % and
2.5 %) and calls 3 % tighter than 2 %: the numbers win. They come with the fused decision, and go before the settings'.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.codes import Reason
from consilience.core.jit import njit_bare
from consilience.core.units import MILLION
from consilience.risk.exit_settings import STOPS

NO_STOP, FIXED, ATR = (STOPS.index(name) for name in ("none", "fixed", "atr"))
BREAK_EVEN, PARTIAL, TIME = int(Reason.BREAK_EVEN_STOP), int(Reason.PARTIAL_EXIT), int(Reason.TIME_STOP)
TRAILED = int(Reason.TRAILING_STOP_HIT)
NAN = float("nan")


class Position(NamedTuple):
    """An open position after a bar, prices in one unit.

    side: 1 long, -1 short. entry: average price paid. risk: R, distance of the first stop, 0 without one. stop: where
    it stands, NaN for none. best: best price since entry, the bar's extreme on the favourable side included. atr: NaN
    where unknown. bars: since entry. lots, first_lots: held now and at entry. taken: partial exits done so far.
    """

    side: int
    entry: float
    risk: float
    stop: float
    best: float
    atr: float
    bars: int
    lots: int
    first_lots: int
    taken: int


class ExitStep(NamedTuple):
    """What to do. stop: NaN for none; lots: to close now; taken: partial exits done after it.

    reason: why the stop moved or lots close, 0 for neither; closing beats moving.
    """

    stop: float
    lots: int
    taken: int
    reason: int


@njit_bare
def first_stop_nb(exits: np.void, side: int, entry: float, atr: float) -> float:
    """Stop of a new position; NaN for none, also where its ATR is unknown or it would not be above 0."""
    distance = 0.0
    if exits["stop"] == FIXED:
        distance = entry * exits["stop_share"]
    elif exits["stop"] == ATR and atr > 0.0:
        distance = atr * exits["stop_atr"]
    level = entry - side * distance
    return level if distance > 0.0 and level > 0.0 else NAN


@njit_bare
def first_target_nb(exits: np.void, side: int, entry: float, atr: float, risk: float) -> float:
    """Nearest target of a new position; NaN for none. risk: R, 0 without a stop."""
    nearest = 0.0
    if exits["target_share"] > 0.0:
        nearest = entry * exits["target_share"]
    if exits["target_atr"] > 0.0 and atr > 0.0:
        distance = atr * exits["target_atr"]
        nearest = distance if nearest == 0.0 else min(nearest, distance)
    if exits["target_r"] > 0.0 and risk > 0.0:
        distance = risk * exits["target_r"]
        nearest = distance if nearest == 0.0 else min(nearest, distance)
    level = entry + side * nearest
    return level if nearest > 0.0 and level > 0.0 else NAN


@njit_bare
def tighter_nb(side: int, stop: float, level: float) -> float:
    """The one of two stops that is nearer to the market; NaN is none."""
    if not level > 0.0:
        return stop
    if not stop > 0.0:
        return level
    return max(stop, level) if side > 0 else min(stop, level)


@njit_bare
def trailing_stop_nb(exits: np.void, position: Position) -> float:
    """Where the trailing stop stands, NaN for none: so far from the best price, once the gain is large enough."""
    distance = 0.0
    if exits["trail_share"] > 0.0:
        distance = position.best * exits["trail_share"]
    if exits["trail_atr"] > 0.0 and position.atr > 0.0:
        width = position.atr * exits["trail_atr"]
        distance = width if distance == 0.0 else min(distance, width)
    gain = (position.best - position.entry) * position.side
    if not distance > 0.0 or not gain >= exits["trail_after_r"] * position.risk:
        return NAN
    return position.best - position.side * distance


@njit_bare
def break_even_nb(exits: np.void, position: Position) -> float:
    """Where the break-even stop stands, NaN before the gain is large enough or without R."""
    if not (exits["break_even_r"] > 0.0 and position.risk > 0.0):
        return NAN
    gain = (position.best - position.entry) * position.side
    if not gain >= exits["break_even_r"] * position.risk:
        return NAN
    return position.entry + position.side * float(exits["break_even_offset_r"]) * position.risk


@njit_bare
def partial_lots_nb(exits: np.void, position: Position) -> tuple[int, int]:
    """(lots to close now, partial exits done after it). Whole lots, never more than are held."""
    taken, lots = position.taken, 0
    gain = (position.best - position.entry) * position.side
    while taken < exits["levels"] and position.risk > 0.0 and gain >= exits["level_r"][taken] * position.risk:
        lots += position.first_lots * exits["level_ppm"][taken] // MILLION
        taken += 1
    return min(lots, position.lots), taken


@njit_bare
def exit_step_nb(exits: np.void, position: Position) -> ExitStep:
    """One bar of a position: the tightest of its stops, partial exits, the time stop, which closes all."""
    if exits["time_bars"] > 0 and position.bars >= exits["time_bars"]:
        return ExitStep(position.stop, position.lots, position.taken, TIME)
    stop, reason = position.stop, 0
    level = tighter_nb(position.side, stop, break_even_nb(exits, position))
    if level > 0.0 and level != stop:
        stop, reason = level, BREAK_EVEN
    level = tighter_nb(position.side, stop, trailing_stop_nb(exits, position))
    if level > 0.0 and level != stop:
        stop, reason = level, TRAILED
    lots, taken = partial_lots_nb(exits, position)
    return ExitStep(stop, lots, taken, PARTIAL if lots > 0 else reason)
