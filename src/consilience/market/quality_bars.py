"""The quality gate for bars: raw columns in, clean ticks and a finding for every oddity out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from consilience.core.codes import QualityFlag, QualityPolicy
from consilience.core.columns import PriceFloats, RawBars, SessionSchedule
from consilience.core.instruments import Instrument
from consilience.core.panel import Bools, Floats, Ints, PriceColumns
from consilience.core.time import DAY
from consilience.core.units import step_fraction
from consilience.market.quality import (
    OUTSIDE_SESSION,
    Flags,
    QualityPolicies,
    SymbolQuality,
    acted,
    count_flags,
    harshest_policies,
)
from consilience.market.quality_kernels import outliers_nb
from consilience.market.sessions import bar_ordinals, inside_session

_MAX_TICKS = 2.0**62


@dataclass(frozen=True)
class GatedBars:
    """Bars of one instrument that passed the gate, ascending in time.

    ts, ts_known: int64 [N]. bid, ask: int64 ticks [N]; the same arrays for trades. bid_size, ask_size: int64 lots [N],
    0 when unknown. volume: float64 [N] units, NaN when unknown. flags: uint16 [N]. source_row: int64 [N].
    dropped_ts, dropped_flags: [D] closes and flags of the rows that did not pass, so that a masked slice can say why.
    """

    instrument: Instrument
    ts: Ints
    ts_known: Ints
    bid: PriceColumns
    ask: PriceColumns
    bid_size: Ints
    ask_size: Ints
    volume: Floats
    flags: Flags
    source_row: Ints
    dropped_ts: Ints
    dropped_flags: Flags
    duration_ns: int


def gate_bars(
    raw: RawBars,
    schedule: SessionSchedule,
    policies: QualityPolicies,
    known_jumps: Floats | None = None,
) -> tuple[GatedBars, SymbolQuality]:
    """Judge ``raw`` and act on it by ``policies``.

    ``known_jumps``: float64 [N] factor by which a corporate action divides the price into each row (2.0 at a 2:1
    split), so that it is no outlier; None when there are none.
    """
    order: Ints = np.argsort(raw.ts, kind="stable").astype(np.int64)
    flags = np.zeros(len(raw), np.uint16)
    _flag_times(raw, order, flags, schedule, policies)
    ticks = _flag_prices(raw, flags)
    order = order[~_removed(flags, policies)[order]]  # the running rules below see only rows that stay so far
    _flag_runs(raw, order, flags, policies, known_jumps)
    missing = _flag_gaps(raw, order, flags, schedule)
    stopped, stopped_ns = _stop_rows(raw, flags, policies)
    dropped = _removed(flags, policies) | stopped
    repaired = acted(flags, policies, QualityPolicy.REPAIR) & ~dropped
    flags[repaired] |= np.uint16(QualityFlag.REPAIRED)
    order = order[~dropped[order]]
    gated = _gated(raw, order, ticks, flags, dropped)
    return gated, _finding(raw, gated, flags, dropped, missing, stopped_ns, policies)


def _removed(flags: Flags, policies: QualityPolicies) -> Bools:
    """Rows that do not stay. Of two rows with one close the flagged one always goes: a panel has room for one."""
    removed: Bools = acted(flags, policies, QualityPolicy.DROP) | ((flags & np.uint16(QualityFlag.DUPLICATE)) != 0)
    return removed


def _flag_times(raw: RawBars, order: Ints, flags: Flags, schedule: SessionSchedule, policies: QualityPolicies) -> None:
    """Out of order, duplicate, late and outside the session; marks into ``flags``."""
    ts = raw.ts
    if len(ts) == 0:
        return
    latest_before = np.maximum.accumulate(ts)
    flags[1:][ts[1:] < latest_before[:-1]] |= np.uint16(QualityFlag.OUT_OF_ORDER)
    same = ts[order][1:] == ts[order][:-1]
    # stable order: the first of equal times came first in the source
    extra = order[:-1][same] if policies.duplicate == QualityPolicy.REPAIR else order[1:][same]
    flags[extra] |= np.uint16(QualityFlag.DUPLICATE)
    if raw.ts_known is not None:
        flags[raw.ts_known - ts > policies.late_ns] |= np.uint16(QualityFlag.LATE)
    if 0 < raw.duration_ns < DAY:
        flags[~inside_session(schedule, ts)] |= np.uint16(OUTSIDE_SESSION)


def to_ticks(prices: Floats, instrument: Instrument) -> tuple[Ints, Bools]:
    """Nearest tick of each price [N], and whether the price is off the grid. NaN gives tick 0, on the grid."""
    numerator, denominator = step_fraction(instrument.price_increment)
    known = np.isfinite(prices)
    exact = np.where(known, prices, 0.0) * denominator / numerator
    ticks: Ints = np.rint(np.clip(exact, -_MAX_TICKS, _MAX_TICKS)).astype(np.int64)
    # ticks * numerator / denominator is correctly rounded, so it equals the parsed text of a price on the grid;
    # a price that was computed may miss it by a few last bits, which is no other price
    miss = np.abs(ticks * float(numerator) / float(denominator) - np.where(known, prices, 0.0))
    off: Bools = known & (miss > 4.0 * np.spacing(np.abs(np.where(known, prices, 0.0))))
    return ticks, off


def _sides(raw: RawBars) -> Sequence[PriceFloats]:
    return (raw.trade,) if raw.ask is None else (raw.trade, raw.ask)


def _flag_prices(raw: RawBars, flags: Flags) -> list[PriceColumns]:
    """NaN, not positive, off the grid, range and crossing; marks into ``flags``, returns repaired ticks by side."""
    result = []
    for side in _sides(raw):
        columns = []
        for prices in side.all:
            ticks, off = to_ticks(prices, raw.instrument)
            flags[~np.isfinite(prices)] |= np.uint16(QualityFlag.NOT_A_NUMBER)
            flags[prices <= 0.0] |= np.uint16(QualityFlag.NOT_POSITIVE)
            flags[off] |= np.uint16(QualityFlag.OFF_GRID)
            columns.append(ticks)
        opened, high, low, close = columns
        top = np.maximum(np.maximum(opened, close), np.maximum(high, low))
        bottom = np.minimum(np.minimum(opened, close), np.minimum(high, low))
        broken = (top != high) | (bottom != low)
        broken &= (flags & np.uint16(QualityFlag.NOT_A_NUMBER)) == 0
        flags[broken] |= np.uint16(QualityFlag.HIGH_BELOW_LOW)
        result.append(PriceColumns(opened, np.where(broken, top, high), np.where(broken, bottom, low), close))
    if len(result) == 2:
        crossed = (result[0].open > result[1].open) | (result[0].close > result[1].close)
        crossed |= (result[0].high > result[1].high) | (result[0].low > result[1].low)
        crossed &= (flags & np.uint16(QualityFlag.NOT_A_NUMBER)) == 0
        flags[crossed] |= np.uint16(QualityFlag.CROSSED)
    return result


def _middle(raw: RawBars) -> Floats:
    return raw.trade.close if raw.ask is None else (raw.trade.close + raw.ask.close) * 0.5


def _flag_runs(raw: RawBars, order: Ints, flags: Flags, policies: QualityPolicies, known_jumps: Floats | None) -> None:
    """Outliers and stale feeds over the rows in ``order``; marks into ``flags``."""
    if len(order) == 0:
        return
    price = np.ascontiguousarray(_middle(raw)[order])
    scale = np.ones(len(order)) if known_jumps is None else np.ascontiguousarray(known_jumps[order])
    odd = outliers_nb(
        price,
        scale,
        policies.outlier_window,
        policies.outlier_minimum,
        policies.outlier_multiple,
        policies.outlier_floor,
    )
    flags[order[odd]] |= np.uint16(QualityFlag.OUTLIER)
    same = np.ones(len(order), np.bool_)
    same[0] = False
    for column in [*(c for side in _sides(raw) for c in side.all), np.where(np.isnan(raw.volume), 0.0, raw.volume)]:
        ordered = column[order]
        same[1:] &= ordered[1:] == ordered[:-1]
    place = np.arange(len(order))
    repeats = place - np.maximum.accumulate(np.where(same, 0, place))
    flags[order[repeats >= policies.stale_bars]] |= np.uint16(QualityFlag.STALE)


def _flag_gaps(raw: RawBars, order: Ints, flags: Flags, schedule: SessionSchedule) -> int:
    """Marks the row after each gap; returns how many bars are missing in all."""
    if len(order) < 2 or raw.duration_ns == 0:
        return 0
    steps = np.diff(bar_ordinals(schedule, raw.ts[order], raw.duration_ns))
    flags[order[1:][steps > 1]] |= np.uint16(QualityFlag.GAP)
    return int((steps[steps > 1] - 1).sum())  # integer


def _stop_rows(raw: RawBars, flags: Flags, policies: QualityPolicies) -> tuple[Bools, int]:
    """Rows at or after the first one whose policy stops the symbol, and that row's close (0 when none)."""
    bad = acted(flags, policies, QualityPolicy.STOP_SYMBOL)
    if not bad.any():
        return np.zeros(len(flags), np.bool_), 0
    when = int(raw.ts[bad].min())
    stopped: Bools = raw.ts >= when
    return stopped, when


def to_lots(units: Floats | None, instrument: Instrument, rows: int) -> Ints:
    """Whole lots of a size column, rounded down; 0 where unknown or negative."""
    if units is None:
        return np.zeros(rows, np.int64)
    numerator, denominator = step_fraction(instrument.lot)
    known = np.where(np.isfinite(units) & (units > 0.0), units, 0.0) * denominator / numerator
    # a volume that is a whole number of lots may land a hair below it
    return np.floor(np.minimum(known * (1.0 + 1e-12), _MAX_TICKS)).astype(np.int64)


def _gated(raw: RawBars, order: Ints, ticks: list[PriceColumns], flags: Flags, dropped: Bools) -> GatedBars:
    bid = PriceColumns(*(np.ascontiguousarray(c[order]) for c in ticks[0]))
    ask = bid if len(ticks) == 1 else PriceColumns(*(np.ascontiguousarray(c[order]) for c in ticks[1]))
    if raw.ask is None:
        bid_size = to_lots(raw.volume, raw.instrument, len(raw))[order]
        ask_size = bid_size
    else:
        bid_size = to_lots(raw.bid_size, raw.instrument, len(raw))[order]
        ask_size = to_lots(raw.ask_size, raw.instrument, len(raw))[order]
    ts = raw.ts[order]
    return GatedBars(
        instrument=raw.instrument,
        ts=ts,
        ts_known=ts if raw.ts_known is None else raw.ts_known[order],
        bid=bid,
        ask=ask,
        bid_size=bid_size,
        ask_size=ask_size,
        volume=np.ascontiguousarray(raw.volume[order]),
        flags=flags[order],
        source_row=order,
        dropped_ts=raw.ts[dropped],
        dropped_flags=flags[dropped],
        duration_ns=raw.duration_ns,
    )


def _off_order_tick(gated: GatedBars) -> int:
    """Kept rows with a price off the tick that orders must keep to."""
    bands = gated.instrument.order_tick_bands()
    off = np.zeros(len(gated.ts), np.bool_)
    for prices in (*gated.bid, *(gated.ask if gated.ask is not gated.bid else ())):
        step = np.full(len(prices), bands[0][1], np.int64)
        for floor, tick in bands[1:]:
            step[prices >= floor] = tick
        off |= prices % step != 0
    return int(np.count_nonzero(off))


def _finding(
    raw: RawBars,
    gated: GatedBars,
    flags: Flags,
    dropped: Bools,
    missing: int,
    stopped_ns: int,
    policies: QualityPolicies,
) -> SymbolQuality:
    affected = np.flatnonzero(flags)
    harshest = harshest_policies(flags, policies)
    if stopped_ns:
        harshest[dropped & (raw.ts >= stopped_ns)] = int(QualityPolicy.STOP_SYMBOL)
    return SymbolQuality(
        symbol=raw.symbol,
        rows=len(raw),
        kept=len(gated.ts),
        dropped=int(np.count_nonzero(dropped)),
        repaired=int(np.count_nonzero(flags & np.uint16(QualityFlag.REPAIRED))),
        counts=count_flags(flags),
        missing=missing,
        off_order_tick=_off_order_tick(gated),
        stopped_ns=stopped_ns,
        affected_row=affected,
        affected_ts=raw.ts[affected],
        affected_flags=flags[affected],
        affected_policy=harshest[affected],
    )
