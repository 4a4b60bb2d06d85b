"""The quality gate for single quotes and trades: raw columns in, TICK_DTYPE records and a finding out."""

from __future__ import annotations

import numpy as np

from consilience.core.codes import MarketEventKind, QualityFlag, QualityPolicy
from consilience.core.columns import RawTicks, SessionSchedule
from consilience.core.panel import Bools, Floats, Ints, Records
from consilience.core.schemas import TICK_DTYPE
from consilience.core.time import HOUR
from consilience.market.quality import (
    OUTSIDE_SESSION,
    Flags,
    QualityPolicies,
    SymbolQuality,
    acted,
    count_flags,
    harshest_policies,
)
from consilience.market.quality_bars import to_lots, to_ticks
from consilience.market.quality_kernels import outliers_nb
from consilience.market.sessions import inside_session, session_index

STALE_NS = HOUR  # a feed that says nothing for so long within one session is stale


def gate_ticks(
    raw: RawTicks,
    schedule: SessionSchedule,
    policies: QualityPolicies,
    symbol_index: int = 0,
    stale_ns: int = STALE_NS,
) -> tuple[Records, SymbolQuality]:
    """Judge ``raw`` and act on it by ``policies``; gives TICK_DTYPE rows in time order, ``symbol`` = ``symbol_index``.

    A quote side that is 0 or NaN is not in that update and gives tick 0; a trade without a price is a fault. Crossed is
    bid above ask within one update. A quote that repeats the one before it at the same time is a duplicate; trades may
    repeat. An outlier is judged on trade prices, or on mid prices where there are no trades. STALE marks the event
    after ``stale_ns`` of silence within one session, GAP is not judged. Out of order is sorted, or dropped.
    """
    order: Ints = np.argsort(raw.ts, kind="stable").astype(np.int64)
    flags = np.zeros(len(raw), np.uint16)
    bid, ask = _flag_prices(raw, flags)
    _flag_times(raw, order, flags, schedule, policies, stale_ns)
    alive = order[~acted(flags, policies, QualityPolicy.DROP)[order]]
    _flag_outliers(raw, alive, flags, policies)
    stopping = acted(flags, policies, QualityPolicy.STOP_SYMBOL)
    stopped_ns = int(raw.ts[stopping].min()) if stopping.any() else 0
    dropped = acted(flags, policies, QualityPolicy.DROP)
    if stopped_ns:
        dropped |= raw.ts >= stopped_ns
    repaired = acted(flags, policies, QualityPolicy.REPAIR) & ~dropped
    flags[repaired] |= np.uint16(QualityFlag.REPAIRED)
    order = order[~dropped[order]]
    return (
        _records(raw, order, flags, (bid, ask), symbol_index),
        _finding(raw, flags, dropped, stopped_ns, policies),
    )


def _flag_prices(raw: RawTicks, flags: Flags) -> tuple[Ints, Ints]:
    """Ticks of both sides, 0 where a quote has no such side; marks price faults into ``flags``."""
    bid, bid_off = to_ticks(raw.bid, raw.instrument)
    ask, ask_off = to_ticks(raw.ask, raw.instrument)
    flags[bid_off | ask_off] |= np.uint16(QualityFlag.OFF_GRID)
    neither = np.isnan(raw.bid) & np.isnan(raw.ask)
    flags[neither] |= np.uint16(QualityFlag.NOT_A_NUMBER)
    negative = (raw.bid < 0.0) | (raw.ask < 0.0)
    nothing = (bid == 0) & (ask == 0) & ~neither
    flags[negative | nothing] |= np.uint16(QualityFlag.NOT_POSITIVE)
    crossed = ~raw.is_trade & (bid > 0) & (ask > 0) & (bid > ask)
    flags[crossed] |= np.uint16(QualityFlag.CROSSED)
    return bid, ask


def _flag_times(
    raw: RawTicks, order: Ints, flags: Flags, schedule: SessionSchedule, policies: QualityPolicies, stale_ns: int
) -> None:
    ts = raw.ts
    if len(ts) == 0:
        return
    flags[1:][ts[1:] < np.maximum.accumulate(ts)[:-1]] |= np.uint16(QualityFlag.OUT_OF_ORDER)
    if raw.ts_known is not None:
        flags[raw.ts_known - ts > policies.late_ns] |= np.uint16(QualityFlag.LATE)
    flags[~inside_session(schedule, ts + 1)] |= np.uint16(OUTSIDE_SESSION)  # a tick at the open is inside
    sorted_ts = ts[order]
    session = session_index(schedule, sorted_ts + 1)
    silent = (np.diff(sorted_ts) > stale_ns) & (session[1:] == session[:-1])
    flags[order[1:][silent]] |= np.uint16(QualityFlag.STALE)
    same = (sorted_ts[1:] == sorted_ts[:-1]) & ~raw.is_trade[order][1:] & ~raw.is_trade[order][:-1]
    for column in (raw.bid, raw.ask, raw.bid_size, raw.ask_size):
        ordered = np.nan_to_num(column[order])
        same &= ordered[1:] == ordered[:-1]
    flags[order[1:][same]] |= np.uint16(QualityFlag.DUPLICATE)


def _flag_outliers(raw: RawTicks, order: Ints, flags: Flags, policies: QualityPolicies) -> None:
    is_trade = raw.is_trade[order]
    if is_trade.any():
        judged, price = order[is_trade], raw.bid[order[is_trade]]
    else:
        both = (raw.bid[order] > 0.0) & (raw.ask[order] > 0.0)
        judged = order[both]
        price = (raw.bid[judged] + raw.ask[judged]) * 0.5
    window, minimum = policies.outlier_window, policies.outlier_minimum
    multiple, floor = policies.outlier_multiple, policies.outlier_floor
    # the window's median of tick returns is mostly zero, so the floor decides
    odd = outliers_nb(np.ascontiguousarray(price), np.ones(len(price)), window, minimum, multiple, floor)
    flags[judged[odd]] |= np.uint16(QualityFlag.OUTLIER)


def _records(raw: RawTicks, order: Ints, flags: Flags, sides: tuple[Ints, Ints], symbol_index: int) -> Records:
    result = np.zeros(len(order), TICK_DTYPE)
    result["ts"] = raw.ts[order]
    result["ts_known"] = raw.ts[order] if raw.ts_known is None else raw.ts_known[order]
    result["symbol"] = symbol_index
    result["kind"] = np.where(raw.is_trade[order], int(MarketEventKind.TRADE), int(MarketEventKind.QUOTE))
    result["aggressor"] = raw.aggressor[order]
    result["bid"], result["ask"] = sides[0][order], sides[1][order]
    result["bid_size"] = _sizes(raw.bid_size, raw, order)
    result["ask_size"] = _sizes(raw.ask_size, raw, order)
    result["flags"] = flags[order]
    return result


def _sizes(units: Floats, raw: RawTicks, order: Ints) -> Ints:
    lots: Ints = to_lots(units, raw.instrument, len(raw))[order]
    return lots


def _finding(raw: RawTicks, flags: Flags, dropped: Bools, stopped_ns: int, policies: QualityPolicies) -> SymbolQuality:
    affected = np.flatnonzero(flags)
    harshest = harshest_policies(flags, policies)
    if stopped_ns:
        harshest[raw.ts >= stopped_ns] = int(QualityPolicy.STOP_SYMBOL)
    return SymbolQuality(
        symbol=raw.instrument.symbol,
        rows=len(raw),
        kept=len(raw) - int(np.count_nonzero(dropped)),
        dropped=int(np.count_nonzero(dropped)),
        repaired=int(np.count_nonzero(flags & np.uint16(QualityFlag.REPAIRED))),
        counts=count_flags(flags),
        missing=0,
        off_order_tick=0,
        stopped_ns=stopped_ns,
        affected_row=affected,
        affected_ts=raw.ts[affected],
        affected_flags=flags[affected],
        affected_policy=harshest[affected],
    )
