"""Kernels of the measures that need a memory of their own: each goes once over [B, S] and carries its state."""

from __future__ import annotations

import numpy as np

from consilience.core.jit import njit
from consilience.core.panel import Bools, Floats, Ints
from consilience.core.time import DAY

MOST_STEPS = 1e15  # an amount beyond it is no turnover of one bar; sums of thousands of them still fit int64
FEWEST_SAMPLES = 10
NAN = float("nan")
HEAD, COUNT = 0, 1


@njit
def prices_nb(bid: Ints, ask: Ints, scale: Floats, valid: Bools, price: Floats, spread: Floats) -> None:
    """Raw middle price and relative spread [B, S]; NaN where masked. scale: [2, S], a tick as a fraction."""
    for row in range(len(bid)):
        for s in range(bid.shape[1]):
            price[row, s] = NAN
            spread[row, s] = NAN
            if valid[row, s]:
                low, high = bid[row, s] * scale[0, s] / scale[1, s], ask[row, s] * scale[0, s] / scale[1, s]
                middle = (low + high) * 0.5
                price[row, s] = middle
                if middle > 0.0:
                    spread[row, s] = (high - low) / middle


@njit
def amounts_nb(price: Floats, volume: Floats, worth: Floats, out: Ints) -> None:
    """Turnover of each bar [B, S] in whole steps, -1 where unknown. worth: [B, S], steps for one unit of price."""
    for row in range(len(price)):
        for s in range(price.shape[1]):
            value = price[row, s] * volume[row, s] * worth[row, s]
            out[row, s] = int(value + 0.5) if 0.0 <= value < MOST_STEPS else -1


@njit
def window_sum_nb(
    amounts: Ints, ts: Ints, span_ns: int, ring: tuple[Ints, Ints], sums: tuple[Ints, Ints], cursor: Ints, out: Floats
) -> None:
    """Sum of the amounts in (t - span, t] into ``out`` [B, S], NaN where none of them is known.

    ring: amounts [W, S] and times [W] of the window, oldest at ``cursor[HEAD]``, ``cursor[COUNT]`` in use. sums: sum
    and number of the known ones, int64 [S]. Whole numbers add up exactly, so no partition into blocks shows.
    """
    kept, times = ring
    total, known = sums
    width = len(times)
    for row in range(len(amounts)):
        while cursor[COUNT] > 0 and times[cursor[HEAD]] <= ts[row] - span_ns:
            head = cursor[HEAD]
            for s in range(amounts.shape[1]):
                if kept[head, s] >= 0:
                    total[s] -= kept[head, s]
                    known[s] -= 1
            cursor[HEAD] = (head + 1) % width
            cursor[COUNT] -= 1
        place = (cursor[HEAD] + cursor[COUNT]) % width
        times[place] = ts[row]
        cursor[COUNT] += 1
        for s in range(amounts.shape[1]):
            kept[place, s] = amounts[row, s]
            if amounts[row, s] >= 0:
                total[s] += amounts[row, s]
                known[s] += 1
            out[row, s] = float(total[s]) if known[s] > 0 else NAN


@njit
def own_percentile_nb(
    values: Floats, ts: Ints, step_ns: int, samples: Floats, slots: Ints, cursor: Ints, out: Floats
) -> None:
    """Share of a symbol's own samples of the last 30 days that are below its value, ties by half; 0..1 into ``out``.

    samples: [W, S], the last value of each ``step_ns`` of time; slots: [W] which; the one at hand is not compared with.
    cursor: place of the slot at hand, slots in use. NaN with fewer than FEWEST_SAMPLES or where the value is NaN.
    """
    symbols = values.shape[1]
    width = len(slots)
    below, known = np.zeros(symbols, np.float64), np.zeros(symbols, np.int64)
    for row in range(len(values)):
        slot = (ts[row] - 1) // step_ns
        if cursor[COUNT] == 0 or slots[cursor[HEAD]] != slot:
            cursor[HEAD] = (cursor[HEAD] + 1) % width
            cursor[COUNT] = min(cursor[COUNT] + 1, width)
            slots[cursor[HEAD]] = slot
            for s in range(symbols):
                samples[cursor[HEAD], s] = NAN
        oldest = slot - 30 * DAY // step_ns
        below[:] = 0.0
        known[:] = 0
        # sample by sample, each a row in memory; the other way round every look would be a cache miss
        for back in range(1, cursor[COUNT]):
            k = (cursor[HEAD] - back) % width
            if slots[k] < oldest:
                break
            for s in range(symbols):
                other, value = samples[k, s], values[row, s]
                known[s] += 1 if other == other else 0
                below[s] += 1.0 if other < value else 0.5 if other == value else 0.0
        for s in range(symbols):
            value = values[row, s]
            out[row, s] = below[s] / known[s] if known[s] >= FEWEST_SAMPLES and value == value else NAN
            if value == value:
                samples[cursor[HEAD], s] = value


@njit
def since_nb(close: Floats, levels: tuple[Floats, Floats], ts: Ints, valid: Bools, since: Ints, out: Floats) -> None:
    """Days that a close has stayed between support and resistance, into ``out`` [B, S]; NaN where masked.

    levels: support, resistance [B, S]. since: int64 [S] when the close last left its range, -1 before the first bar.
    """
    support, resistance = levels
    for row in range(len(close)):
        for s in range(close.shape[1]):
            out[row, s] = NAN
            if not valid[row, s]:
                continue
            value = close[row, s]
            if since[s] < 0 or value > resistance[row, s] or value < support[row, s]:
                since[s] = ts[row]
            out[row, s] = float(ts[row] - since[s]) / float(DAY)


@njit
def nearest_level_nb(close: Floats, levels: tuple[Floats, Floats], out: Floats) -> None:
    """Distance of the close to the nearer of support and resistance, as a fraction of it; 0 beyond one of them."""
    support, resistance = levels
    for row in range(len(close)):
        for s in range(close.shape[1]):
            value = close[row, s]
            above, below = resistance[row, s] - value, value - support[row, s]
            out[row, s] = (
                max(min(above, below), 0.0) / value if value > 0.0 and above == above and below == below else NAN
            )


@njit
def carry_nb(rows: Ints, symbols: Ints, values: Floats, now: Floats, out: Floats) -> None:
    """The last known value of a fact in each slice, into ``out`` [B, S]. now: [S], carried; facts ascend by row."""
    k = 0
    for row in range(len(out)):
        while k < len(rows) and rows[k] <= row:
            now[symbols[k]] = values[k]
            k += 1
        for s in range(out.shape[1]):
            out[row, s] = now[s]


@njit
def first_seen_nb(valid: Bools, ts: Ints, seen: Ints, listed: Floats, out: Floats) -> None:
    """Days since the listing, or since the first bar seen where no fact tells, into ``out`` [B, S]; NaN where masked.

    seen: int64 [S], carried, -1 before the first bar. listed: [B, S], days from 1970-01-01 or NaN.
    """
    for row in range(len(valid)):
        for s in range(valid.shape[1]):
            out[row, s] = NAN
            if not valid[row, s]:
                continue
            if seen[s] < 0:
                seen[s] = ts[row]
            known = listed[row, s]
            out[row, s] = (
                float(ts[row]) / float(DAY) - known if known == known else float(ts[row] - seen[s]) / float(DAY)
            )
