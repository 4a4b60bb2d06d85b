"""What is held as the measures see it, and what one more order would do to them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from consilience.core.jit import njit_bare
from consilience.core.panel import Floats, Ints, Records
from consilience.risk.full_request import NOT_KNOWN
from consilience.risk.limits import FILTERED, PARAMETRIC
from consilience.risk.measures_nb import (
    USED,
    History,
    add_scenarios_nb,
    correlation_nb,
    normal_tail_nb,
    tail_nb,
)

LARGEST = 4.0e18
BEFORE, AFTER = 0, 1


class Holdings(NamedTuple):
    """Positions by symbol, and scenarios of their profit.

    values: [S] signed base units, netted over lanes, waiting entries included once added. held: symbols with a value,
    the first ``facts[0]``; facts[1]: 1 where every one of them has a history. profits: [2, W] of what is held, and with
    the order at hand. scratch: [2, W + 1].
    """

    history: History
    values: Floats
    held: Ints
    facts: Ints
    profits: Floats
    scratch: Floats


def new_holdings(symbols: int, bars: int) -> Holdings:
    """Empty holdings of ``symbols`` with a window of ``bars`` returns."""
    history = History(np.full((bars, symbols), np.nan), np.zeros(2, np.int64))
    return Holdings(
        history,
        np.zeros(symbols),
        np.zeros(symbols, np.int64),
        np.zeros(2, np.int64),
        np.zeros((2, bars)),
        np.zeros((2, bars + 1)),
    )


@njit_bare
def decay_of_nb(limits: np.void) -> float:
    """Decay of the filter; 0 where the method has none."""
    return float(limits["var_decay"]) if limits["var_method"] == FILTERED else 0.0


@njit_bare
def wants_tail_nb(limits: np.void) -> bool:
    """Whether a limit of value at risk or expected shortfall is set: else scenarios are not worked out."""
    return bool(limits["max_var_ppm"] > 0 or limits["max_shortfall_ppm"] > 0)


@njit_bare
def begin_holdings_nb(holdings: Holdings, lanes: Records, state: np.void, limits: np.void) -> None:
    """Read the positions of ``lanes`` (LANE_DTYPE) after a slice's marks.

    Writes the state's value at risk and shortfall, NOT_KNOWN where no limit asks for them.
    """
    values = holdings.values
    values[:] = 0.0
    for lane in range(len(lanes)):
        if lanes[lane]["lots"] != 0:
            values[lanes[lane]["symbol"]] += float(lanes[lane]["value"])
    holdings.profits[BEFORE, :] = 0.0
    count, known = 0, 1
    for symbol in range(len(values)):
        if values[symbol] != 0.0:
            holdings.held[count] = symbol
            count += 1
            if wants_tail_nb(limits) and not add_scenarios_nb(
                holdings.history,
                symbol,
                values[symbol],
                decay_of_nb(limits),
                holdings.scratch[0],
                holdings.profits[BEFORE],
            ):
                known = 0
    holdings.facts[0] = count
    holdings.facts[1] = known
    state["value_at_risk"], state["shortfall"] = NOT_KNOWN, NOT_KNOWN
    if wants_tail_nb(limits):
        state["value_at_risk"], state["shortfall"] = tail_units_nb(holdings, BEFORE, limits)


@njit_bare
def tail_units_nb(holdings: Holdings, which: int, limits: np.void) -> tuple[int, int]:
    """(value at risk, expected shortfall) of ``profits[which]``, base units rounded up, or NOT_KNOWN."""
    if holdings.facts[0] == 0 and which == BEFORE:
        return 0, 0
    if holdings.facts[1] == 0:
        return NOT_KNOWN, NOT_KNOWN
    count = holdings.history.cursor[USED]
    if limits["var_method"] == PARAMETRIC:
        loss, shortfall = normal_tail_nb(
            holdings.profits[which], count, limits["tail_ppm"], limits["tail_z"], limits["tail_density"]
        )
    else:
        loss, shortfall = tail_nb(holdings.profits[which], count, limits["tail_ppm"], holdings.scratch[1])
    if not (loss < LARGEST and shortfall < LARGEST):
        return NOT_KNOWN, NOT_KNOWN
    return math.ceil(loss), math.ceil(shortfall)


@njit_bare
def measure_nb(request: np.void, limits: np.void, holdings: Holdings, symbol: int) -> None:
    """Fill in the measured fields of ``request`` for its lots in ``symbol``; those whose limit is off stay as they are.

    Cost: the window times the number of holdings for the correlation, the window times the tail for the rest.
    """
    side = request["side"]
    if limits["max_correlation"] > 0.0:
        request["correlation"] = highest_correlation_nb(holdings, symbol, side, limits["max_correlation"])
    if not wants_tail_nb(limits):
        return
    request["var_before"], request["shortfall_before"] = tail_units_nb(holdings, BEFORE, limits)
    request["var_after"], request["shortfall_after"] = NOT_KNOWN, NOT_KNOWN
    value = float(request["lots"]) * float(request["lot_units"]) * side
    after = holdings.profits[AFTER]
    for k in range(len(after)):
        after[k] = holdings.profits[BEFORE, k]
    if add_scenarios_nb(holdings.history, symbol, value, decay_of_nb(limits), holdings.scratch[0], after):
        request["var_after"], request["shortfall_after"] = tail_units_nb(holdings, AFTER, limits)


@njit_bare
def add_holding_nb(holdings: Holdings, limits: np.void, symbol: int, value: float) -> None:
    """Count an approved order of signed ``value``, base units, as held: the next order of the slice sees it."""
    if holdings.values[symbol] == 0.0:
        # two lanes may have cancelled out: then the symbol is in the list already
        listed = False
        for k in range(holdings.facts[0]):
            listed = listed or holdings.held[k] == symbol
        if not listed:
            holdings.held[holdings.facts[0]] = symbol
            holdings.facts[0] += 1
    holdings.values[symbol] += value
    if wants_tail_nb(limits) and not add_scenarios_nb(
        holdings.history, symbol, value, decay_of_nb(limits), holdings.scratch[0], holdings.profits[BEFORE]
    ):
        holdings.facts[1] = 0


@njit_bare
def highest_correlation_nb(holdings: Holdings, symbol: int, side: int, limit: float) -> float:
    """Highest correlation of a position on ``side`` of ``symbol`` with a holding, in the sense of both; 0 without any.

    A short of what moves alike is a hedge: it counts as negative. The symbol's own position does not count. NaN where
    one is not known and no other is above ``limit``.
    """
    highest, found, unknown = -1.0, False, False
    for k in range(holdings.facts[0]):
        other = holdings.held[k]
        if other == symbol or holdings.values[other] == 0.0:
            continue
        found = True
        value = correlation_nb(holdings.history, symbol, other) * side
        if holdings.values[other] < 0.0:
            value = -value
        if value == value:
            highest = max(highest, value)
        else:
            unknown = True
    if not found:
        return 0.0
    return math.nan if unknown and not highest > limit else highest
