"""What the whole market is like in each slice: breadth, volatility, correlation, liquidity, and how sure fusion was.

Returns are close to close between a symbol's own bars. Running means weigh the last ``n`` bars most, by 2 / (n + 1),
and are plain means until n bars are there:

    variance      of r^2 over SHORT bars; a symbol's volatility is its root, once SHORT bars are there
    correlation   mean over pairs of z_i z_j, over mean z^2, both over LONG slices; z = r / volatility before the bar,
                  within -4..4 so that one shock does not speak for months; two symbols or more
    volatility    share of the last HISTORY slices in which the mean volatility of the symbols was below the present one
    liquidity     a symbol's volume over QUICK bars / that over LONG bars

Each is NaN until it is known. A slice depends on itself and those before.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from consilience.core.jit import njit_bare, njit_inline
from consilience.core.panel import Floats, Ints, Records
from consilience.signals.fusion.fields import CONFIDENCE, SCORE, STATUS

NAN = float("nan")
QUICK, SHORT, LONG, HISTORY = 5, 20, 60, 252  # bars
MOST_Z = 4.0
STRESSED_BELOW = 0.5  # of its usual volume
# rows of ``Around.slices``
BREADTH, VOLATILITY, CORRELATION, STRESSED, SPOKE, CONFIDENT, HIGHEST = range(7)
SLICE_FIELDS = 7
SYMBOL_DTYPE = np.dtype(
    [
        ("price", "f8"),  # of its last bar
        ("bars", "i8"),
        ("variance", "f8"),
        ("quick", "f8"),  # mean volume
        ("slow", "f8"),
    ],
    align=True,
)
MARKET_DTYPE = np.dtype(
    [
        ("slices", "i8"),  # that told a correlation
        ("pairs", "f8"),  # mean z_i z_j
        ("squares", "f8"),  # mean z^2
        ("seen", "i8"),  # slices that told a volatility
    ],
    align=True,
)


class MarketState(NamedTuple):
    """symbols: SYMBOL_DTYPE [S]. market: MARKET_DTYPE [1]. ring: float64 [HISTORY], mean volatilities. counts: float64
    [N], scratch."""

    symbols: Records
    market: Records
    ring: Floats
    counts: Floats


class Around(NamedTuple):
    """Of a block of B slices. slices: float64 [SLICE_FIELDS, B]:

        BREADTH       share of the symbols that spoke with a score above 0, NaN for none
        VOLATILITY, CORRELATION   see above
        STRESSED      share of the symbols whose liquidity is known and below STRESSED_BELOW
        SPOKE         number of symbols that fusion spoke of
        CONFIDENT     and of those with a confidence above the threshold
        HIGHEST       largest confidence, NaN for none

    sectors: float64 [B, N] mean score by sector, NaN where none spoke. volatility, liquidity: float64 [B, S].
    """

    slices: Floats
    sectors: Floats
    volatility: Floats
    liquidity: Floats


def new_state(symbols: int, sectors: int) -> MarketState:
    """Before the first slice."""
    return MarketState(
        np.zeros(symbols, SYMBOL_DTYPE), np.zeros(1, MARKET_DTYPE), np.full(HISTORY, np.nan), np.zeros(sectors)
    )


def new_around(rows: int, symbols: int, sectors: int) -> Around:
    """Room for a block."""
    return Around(
        np.empty((SLICE_FIELDS, rows)),
        np.empty((rows, sectors)),
        np.empty((rows, symbols)),
        np.empty((rows, symbols)),
    )


@njit_inline
def step_nb(count: Any, period: int) -> float:
    """Weight of value number ``count`` (from 1) in a running mean over ``period``."""
    weight: float = max(2.0 / (period + 1.0), 1.0 / count)
    return weight


@njit_inline
def take_bar_nb(one: Records, price: float, volume: float) -> float:
    """Take in a symbol's bar; returns its z, NaN while it is not known."""
    z: Any = NAN
    if one["bars"] > 0:
        change = price / one["price"] - 1.0
        if one["bars"] > SHORT and one["variance"] > 0.0:
            z = min(max(change / math.sqrt(one["variance"]), -MOST_Z), MOST_Z)
        one["variance"] += (change * change - one["variance"]) * step_nb(one["bars"], SHORT)
    one["price"] = price
    one["bars"] += 1
    if 0.0 <= volume < np.inf:
        one["quick"] += (volume - one["quick"]) * step_nb(one["bars"], QUICK)
        one["slow"] += (volume - one["slow"]) * step_nb(one["bars"], LONG)
    result: float = z
    return result


@njit_inline
def correlation_nb(market: Records, total: float, squares: float, count: int) -> float:
    """Take in a slice's sums of z and z^2 over ``count`` symbols; mean correlation of the pairs, NaN if not known."""
    if count > 1:
        market["slices"] += 1
        weight = step_nb(market["slices"], LONG)
        market["pairs"] += ((total * total - squares) / (count * (count - 1.0)) - market["pairs"]) * weight
        market["squares"] += (squares / count - market["squares"]) * weight
    if market["slices"] < LONG or not market["squares"] > 0.0:
        return NAN
    result: float = min(max(market["pairs"] / market["squares"], -1.0), 1.0)
    return result


@njit_inline
def percentile_nb(market: Records, ring: Floats, level: float) -> float:
    """Share of the ring below ``level``, NaN until LONG slices are there; then ``level`` joins it."""
    if level != level:
        return NAN
    below = 0
    known: Any = min(market["seen"], HISTORY)
    for k in range(known):
        if ring[k] < level:
            below += 1
    ring[market["seen"] % HISTORY] = level
    market["seen"] += 1
    result: float = below / known if known >= LONG else NAN
    return result


@njit_inline
def opinions_nb(fused: Floats, b: int, threshold: float, out: Around) -> None:
    """Breadth of the slice, and how sure fusion was."""
    up, spoke, confident, highest = 0, 0, 0, NAN
    for s in range(fused.shape[2]):
        if fused[STATUS, b, s] == 0.0:
            spoke += 1
            confidence = fused[CONFIDENCE, b, s]
            if fused[SCORE, b, s] > 0.0:
                up += 1
            if confidence > threshold:
                confident += 1
            if not confidence <= highest:
                highest = confidence
    out.slices[BREADTH, b] = up / spoke if spoke > 0 else NAN
    out.slices[SPOKE, b], out.slices[CONFIDENT, b], out.slices[HIGHEST, b] = spoke, confident, highest


@njit_inline
def sectors_nb(scores: Floats, sectors: Ints, counts: Floats, means: Floats) -> None:
    """Mean score of each sector in a slice. scores: [S]; sectors: int64 [S], negative for none."""
    for k in range(len(means)):
        means[k], counts[k] = 0.0, 0.0
    if len(means) == 0:
        return
    for s in range(len(scores)):
        if sectors[s] >= 0 and scores[s] == scores[s]:
            means[sectors[s]] += scores[s]
            counts[sectors[s]] += 1.0
    for k in range(len(means)):
        means[k] = means[k] / counts[k] if counts[k] > 0.0 else NAN


@njit_bare
def conditions_block_nb(
    fused: Floats,
    prices: Floats,
    volumes: Floats,
    sectors: Ints,
    threshold: float,
    state: MarketState,
    out: Around,
) -> None:
    """Fill ``out`` of B slices. fused: [FIELDS, B, S]. prices: [B, S], forward-adjusted closes; a symbol without a
    price above 0 has no bar. volumes: [B, S]. sectors: int64 [S]. threshold: of confidence."""
    market = state.market[0]
    for b in range(prices.shape[0]):
        total, squares, count = 0.0, 0.0, 0
        level, known, stressed, measured = 0.0, 0, 0, 0
        for s in range(prices.shape[1]):
            out.volatility[b, s], out.liquidity[b, s] = NAN, NAN
            if not 0.0 < prices[b, s] < np.inf:
                continue
            one = state.symbols[s]
            z = take_bar_nb(one, prices[b, s], volumes[b, s])
            if z == z:
                total += z
                squares += z * z
                count += 1
            if one["bars"] > SHORT:
                out.volatility[b, s] = math.sqrt(one["variance"])
                level += out.volatility[b, s]
                known += 1
            if one["bars"] >= LONG and one["slow"] > 0.0:
                out.liquidity[b, s] = one["quick"] / one["slow"]
                measured += 1
                stressed += 1 if out.liquidity[b, s] < STRESSED_BELOW else 0
        out.slices[CORRELATION, b] = correlation_nb(market, total, squares, count)
        out.slices[VOLATILITY, b] = percentile_nb(market, state.ring, level / known if known > 0 else NAN)
        out.slices[STRESSED, b] = stressed / measured if measured > 0 else NAN
        opinions_nb(fused, b, threshold, out)
        sectors_nb(fused[SCORE, b], sectors, state.counts, out.sectors[b])
