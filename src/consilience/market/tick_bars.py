"""Trades or quotes of one symbol, judged and made into time bars that can be stored."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.columns import PriceFloats, RawBars, RawTicks, SessionSchedule
from consilience.core.errors import DataError
from consilience.core.panel import Floats, Ints, Records
from consilience.core.time import MINUTE, Timeframe, format_time
from consilience.core.units import step_fraction
from consilience.market.bars_from_ticks import QuoteEvents, TradeEvents, quote_bars, trade_bars
from consilience.market.buckets import tick_bucket_ends
from consilience.market.quality import QualityPolicies, SymbolQuality
from consilience.market.quality_ticks import gate_ticks
from consilience.market.sessions import session_index

NEAR_CLOSE_NS = MINUTE  # ticks that reach this near to a session's close have seen its last bar


class TickBars(NamedTuple):
    """Bars, their notes say what was left out, and what the gate found among the ticks behind them."""

    bars: RawBars
    finding: SymbolQuality


def bars_of_ticks(
    raw: RawTicks, schedule: SessionSchedule, timeframe: Timeframe, policies: QualityPolicies
) -> TickBars:
    """Bars of ``timeframe`` from trades, or bid/ask bars from quotes; a bucket without an event has no bar.

    Only bars that are over count: the last one is left out unless a later tick shows that it is, or the ticks reach
    its session's close. Volume is that of the usable trades, NaN where the source has no sizes at all.
    Raises DataError when no tick is usable, when kinds are mixed, or no bar is whole.
    """
    what = "trades" if raw.is_trade.all() else "quotes"
    if what == "quotes" and raw.is_trade.any():
        raise DataError(f"{raw.instrument.symbol}: trades and quotes in one file; import them one after the other")
    rows, finding = gate_ticks(raw, schedule, policies)
    if len(rows) == 0:
        raise DataError(f"{finding.line()}: no usable {what}; is the time zone right? (--tz)")
    ts = np.ascontiguousarray(rows["ts"])
    ends = tick_bucket_ends(schedule, ts, timeframe)
    until = _known_until(raw, schedule, ts, ends)
    made = (
        trade_bars(_trades(rows, ts, ends), until) if what == "trades" else quote_bars(_quotes(rows, ts, ends), until)
    )
    if len(made) == 0:
        raise DataError(
            f"{raw.instrument.symbol}: {len(rows)} {what} from {format_time(int(ts[0]))} to {format_time(int(ts[-1]))} "
            f"make no whole bar of {timeframe}; give a shorter --timeframe"
        )
    notes = [*raw.notes, f"bars of {timeframe} made from {len(rows)} {what}"]
    open_rows = int(np.count_nonzero(ends > until))
    if open_rows:
        since = format_time(int(ts[len(ts) - open_rows]))
        notes.append(f"the last {open_rows} {what}, from {since} on, are of a bar not known to be whole: left out")
    return TickBars(_raw_bars(raw, made, timeframe, tuple(notes)), finding)


def _known_until(raw: RawTicks, schedule: SessionSchedule, ts: Ints, ends: Ints) -> int:
    """How far the bars are known to be whole."""
    latest, last_end = int(raw.ts.max()), int(ends[-1])
    close = int(schedule.close_ns[session_index(schedule, ts[-1:] + 1)[0]])
    seen_out = last_end == close and close - int(ts[-1]) <= NEAR_CLOSE_NS
    return max(latest, last_end) if seen_out else latest


def _column(rows: Records, name: str) -> Ints:
    return np.ascontiguousarray(rows[name], dtype=np.int64)


def _trades(rows: Records, ts: Ints, ends: Ints) -> TradeEvents:
    return TradeEvents(ts, _column(rows, "bid"), _column(rows, "bid_size"), ends)


def _quotes(rows: Records, ts: Ints, ends: Ints) -> QuoteEvents:
    bid, ask = _column(rows, "bid"), _column(rows, "ask")
    return QuoteEvents(ts, bid, ask, _column(rows, "bid_size"), _column(rows, "ask_size"), ends)


def _raw_bars(raw: RawTicks, made: Records, timeframe: Timeframe, notes: tuple[str, ...]) -> RawBars:
    price, lot = step_fraction(raw.instrument.price_increment), step_fraction(raw.instrument.lot)
    is_trade = bool(raw.is_trade.all())

    def scaled(name: str, fraction: tuple[int, int]) -> Floats:
        result: Floats = made[name].astype(np.float64) * fraction[0] / fraction[1]
        return result

    def side(name: str) -> PriceFloats:
        return PriceFloats(*(scaled(f"{name}_{field}", price) for field in ("open", "high", "low", "close")))

    unknown = np.full(len(made), np.nan)
    has_size = bool(np.isfinite(raw.bid_size).any() or np.isfinite(raw.ask_size).any())
    return RawBars(
        instrument=raw.instrument,
        ts=_column(made, "end"),
        trade=side("bid"),
        volume=scaled("volume", lot) if is_trade and has_size else unknown,
        duration_ns=timeframe.duration_ns,
        ask=None if is_trade else side("ask"),
        bid_size=scaled("bid_size", lot) if not is_trade and has_size else None,
        ask_size=scaled("ask_size", lot) if not is_trade and has_size else None,
        notes=notes,
    )
