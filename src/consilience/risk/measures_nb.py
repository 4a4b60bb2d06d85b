"""Value at risk, expected shortfall and correlation over a window of returns: kernels, in floats.

Profits of present positions under past returns are scenarios. Historical: each past bar counts the same. Filtered:
each symbol's return is scaled by its volatility now over its volatility then (EWMA). Parametric: normal, with the
scenarios' mean and deviation. Losses are positive; a measure is never below 0. Sources: Rockafellar and Uryasev (2002)
for tails of discrete distributions; Hull and White (1998) for the filter; RiskMetrics (1996) for the decay.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from consilience.core.jit import njit_bare
from consilience.core.panel import Bools, Floats, Ints
from consilience.core.units import MILLION

FEWEST = 20  # known returns that a symbol needs
OLDEST, USED = 0, 1
NAN = float("nan")


class History(NamedTuple):
    """Ring of simple returns [W, S] of forward-adjusted prices, NaN where unknown; cursor: oldest row, rows in use."""

    returns: Floats
    cursor: Ints


@njit_bare
def next_row_nb(history: History) -> int:
    """Row of the ring for one more slice: a free one, or the oldest, which is forgotten."""
    width = len(history.returns)
    cursor = history.cursor
    if cursor[USED] < width:
        cursor[USED] += 1
        return int((cursor[OLDEST] + cursor[USED] - 1) % width)
    row = cursor[OLDEST]
    cursor[OLDEST] = (row + 1) % width
    return int(row)


@njit_bare
def push_prices_nb(history: History, last: Floats, price: Floats, valid: Bools) -> None:
    """Take in one slice of prices [S]. last: [S] carried, the last known price, NaN at first.

    A masked symbol or a price that is none has no return; the next one spans the hole.
    """
    row = next_row_nb(history)
    for s in range(len(price)):
        history.returns[row, s] = NAN
        now = price[s]
        if valid[s] and 0.0 < now < math.inf:
            if last[s] > 0.0:
                history.returns[row, s] = now / last[s] - 1.0
            last[s] = now


@njit_bare
def push_log_returns_nb(history: History, returns: Floats) -> None:
    """Take in one slice of log returns [S], NaN where unknown: the feature ``log_return`` after each slice."""
    row = next_row_nb(history)
    for s in range(len(returns)):
        r = returns[s]
        history.returns[row, s] = math.expm1(r) if -50.0 < r < 50.0 else NAN


@njit_bare
def variances_nb(history: History, symbol: int, decay: float, out: Floats) -> int:
    """EWMA variance of a symbol before each bar, oldest first, and after the last into ``out`` [W + 1].

    It starts from the mean square of the window; unknown returns change nothing. Returns how many are known.
    """
    width = len(history.returns)
    oldest, used = history.cursor[OLDEST], history.cursor[USED]
    total, known = 0.0, 0
    for k in range(used):
        r = history.returns[(oldest + k) % width, symbol]
        if r == r:
            total += r * r
            known += 1
    variance = total / known if known > 0 else 0.0
    for k in range(used):
        out[k] = variance
        r = history.returns[(oldest + k) % width, symbol]
        if r == r:
            variance = decay * variance + (1.0 - decay) * r * r
    out[used] = variance
    return known


@njit_bare
def add_scenarios_nb(
    history: History, symbol: int, value: float, decay: float, variances: Floats, profits: Floats
) -> bool:
    """Add to ``profits`` [W], oldest first, what a position of signed ``value`` in ``symbol`` gains in each scenario.

    decay: of the filter, 0 for none. variances: scratch [W + 1]. An unknown return gains nothing, since there was no
    price to move. False, and nothing added, with fewer than FEWEST known returns.
    """
    width = len(history.returns)
    oldest, used = history.cursor[OLDEST], history.cursor[USED]
    known = variances_nb(history, symbol, decay, variances)
    if known < FEWEST:
        return False
    now = math.sqrt(variances[used])
    for k in range(used):
        r = history.returns[(oldest + k) % width, symbol]
        if r == r:
            scale = 1.0
            if decay > 0.0 and variances[k] > 0.0:
                scale = now / math.sqrt(variances[k])
            profits[k] += value * r * scale
    return True


@njit_bare
def tail_nb(profits: Floats, count: int, tail_ppm: int, worst: Floats) -> tuple[float, float]:
    """(value at risk, expected shortfall) of the first ``count`` scenarios, all equally likely.

    tail_ppm: probability of the tail. worst: scratch, longer than the tail. Value at risk is the smallest loss that is
    passed with at most that probability; shortfall is the mean of the tail, its last scenario counted in part. NaN
    without a scenario.
    """
    if count <= 0:
        return NAN, NAN
    whole = tail_ppm * count // MILLION
    keep = min(whole + 1, count)
    kept = 0
    for k in range(count):
        loss = -profits[k]
        if kept == keep and not loss > worst[keep - 1]:
            continue
        place = kept if kept < keep else keep - 1
        while place > 0 and worst[place - 1] < loss:
            worst[place] = worst[place - 1]
            place -= 1
        worst[place] = loss
        kept = min(kept + 1, keep)
    weight = float(tail_ppm) * float(count) / MILLION
    total = 0.0
    for k in range(keep - 1):
        total += worst[k]
    total += worst[keep - 1] * (weight - float(keep - 1))
    return max(worst[keep - 1], 0.0), max(total / weight, 0.0)


@njit_bare
def normal_tail_nb(profits: Floats, count: int, tail_ppm: int, z: float, density: float) -> tuple[float, float]:
    """(value at risk, expected shortfall) of a normal distribution with the scenarios' mean and sample deviation.

    z: quantile with ``tail_ppm`` above it, density: of the standard normal there. NaN with fewer than 2 scenarios.
    """
    if count < 2:
        return NAN, NAN
    mean = 0.0
    for k in range(count):
        mean += profits[k]
    mean /= count
    square = 0.0
    for k in range(count):
        square += (profits[k] - mean) * (profits[k] - mean)
    deviation = math.sqrt(square / (count - 1))
    return max(z * deviation - mean, 0.0), max(density * MILLION / tail_ppm * deviation - mean, 0.0)


@njit_bare
def correlation_nb(history: History, one: int, other: int) -> float:
    """Pearson correlation of two symbols over the bars in which both are known.

    NaN with fewer than FEWEST such bars, or where one did not move.
    """
    width = len(history.returns)
    both, x_mean, y_mean = 0, 0.0, 0.0
    for k in range(history.cursor[USED]):
        row = (history.cursor[OLDEST] + k) % width
        x, y = history.returns[row, one], history.returns[row, other]
        if x == x and y == y:
            both += 1
            x_mean += x
            y_mean += y
    if both < FEWEST:
        return NAN
    x_mean /= both
    y_mean /= both
    xx, yy, xy = 0.0, 0.0, 0.0
    for k in range(history.cursor[USED]):
        row = (history.cursor[OLDEST] + k) % width
        x, y = history.returns[row, one], history.returns[row, other]
        if x == x and y == y:
            xx += (x - x_mean) * (x - x_mean)
            yy += (y - y_mean) * (y - y_mean)
            xy += (x - x_mean) * (y - y_mean)
    spread = math.sqrt(xx) * math.sqrt(yy)
    if not spread > 0.0:
        return NAN
    return max(-1.0, min(1.0, xy / spread))
