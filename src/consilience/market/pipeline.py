"""From raw columns to a panel: quality gate, resampling, corporate actions, slices, exchange rates. One function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from consilience.core.columns import RawBars, RawRates, SessionSchedule
from consilience.core.errors import DataError
from consilience.core.events import CorporateAction
from consilience.core.panel import Floats, Ints, Panel, TradingHours
from consilience.core.time import DAY, Timeframe, format_time
from consilience.market.adjust import action_records, forward_factors
from consilience.market.derive import Derived, derive_actions
from consilience.market.fx import fx_columns
from consilience.market.quality import QualityPolicies, QualityReport, SymbolQuality
from consilience.market.quality_bars import GatedBars, gate_bars
from consilience.market.resample import resample
from consilience.market.sessions import session_ids, session_opens, trading_hours
from consilience.market.slices import align

_RESTATING = ("split", "roll")  # actions after which a price means something else
# (calendar code, start ns, end ns) -> sessions that cover the range; adapters.calendars.market_hours.schedule is one
ScheduleSource = Callable[[str, int, int], SessionSchedule]


@dataclass(frozen=True)
class PanelRequest:
    """What panel is wanted.

    start_ns, end_ns: bars that close in (start_ns, end_ns]; None leaves that side open. So dates work as a person means
    them when the end is the midnight after the last day. timeframe: target bar length; None keeps the data's.
    """

    base_currency: str = "USD"
    policies: QualityPolicies = field(default_factory=QualityPolicies)
    start_ns: int | None = None
    end_ns: int | None = None
    timeframe: Timeframe | None = None


class BuiltPanel(NamedTuple):
    """A panel, what the quality gate found on the way, and the open (UTC ns) of each cell's session, int64 [T, S]."""

    panel: Panel
    report: QualityReport
    session_open: Ints


def build_panel(
    raw: Sequence[RawBars],
    schedule_for: ScheduleSource,
    request: PanelRequest | None = None,
    *,
    actions: Sequence[CorporateAction] | None = None,
    fx: Sequence[RawRates] = (),
) -> BuiltPanel:
    """Gate, resample, adjust and align ``raw`` into a panel with one column for each entry, in that order.

    ``actions``: corporate actions; None takes those that come with the bars and reads others out of the adjusted close
    where a symbol has one, an empty sequence means there are none.
    ``fx``: rates of every instrument currency against ``request.base_currency``.
    F is 1 on the first slice, whatever happened before. A symbol without a bar in the range stays as a masked column.
    Session ids and ``session_open`` are there for masked cells too. Raises DataError when nothing is left, when
    bar lengths differ or rates are missing.
    """
    request = request or PanelRequest()
    _require_distinct(raw)
    chosen = [_cut(bars, request) for bars in raw]
    gated: list[GatedBars] = []
    findings: list[SymbolQuality] = []
    notes = _require_some(raw, chosen)
    notes.extend(f"{bars.symbol}: {note}" for bars in raw for note in bars.notes)
    known: list[CorporateAction] = list(actions or ())
    for whole, bars in zip(raw, chosen, strict=True):
        schedule = _schedule_of(whole, schedule_for)
        if actions is None:
            known.extend(whole.actions)
        if actions is None and whole.adj_close is not None:
            # read from all there is, so that the asked range never changes what an action was
            derived = _derived(whole, schedule)
            known.extend(derived.actions)
            notes.append(derived.line(whole.symbol))
        clean, finding = gate_bars(bars, schedule, request.policies, price_jumps(bars, known))
        gated.append(clean)
        findings.append(finding)
    panel, opens = assemble_panel(gated, schedule_for, request, actions=known, fx=fx)
    return BuiltPanel(panel, QualityReport(tuple(findings), request.policies, tuple(notes)), opens)


def _require_distinct(raw: Sequence[RawBars]) -> None:
    seen: set[str] = set()
    for bars in raw:
        if bars.symbol in seen:
            raise DataError(f"{bars.symbol} is in the list twice; name each symbol once")
        seen.add(bars.symbol)


def _cut(bars: RawBars, request: PanelRequest) -> RawBars:
    inside = np.ones(len(bars), np.bool_)
    if request.start_ns is not None:
        inside &= bars.ts > request.start_ns
    if request.end_ns is not None:
        inside &= bars.ts <= request.end_ns
    return bars if inside.all() else bars.take(inside)


def _require_some(raw: Sequence[RawBars], chosen: Sequence[RawBars]) -> list[str]:
    """Notes on symbols without a bar in the range. Raises DataError when that is all of them, or one has no data."""
    notes = []
    for bars, kept in zip(raw, chosen, strict=True):
        if len(bars) == 0:
            raise DataError(f"{bars.symbol} has no rows; import data for it or leave it out")
        if len(kept) == 0:
            first, last = format_time(int(bars.ts.min())), format_time(int(bars.ts.max()))
            notes.append(f"{bars.symbol}: no bar in the asked range; its data runs from {first} to {last}")
    if len(notes) == len(raw):
        raise DataError(notes[0] if notes else "no symbols were given; name at least one")
    return notes


def _schedule_of(bars: RawBars, schedule_for: ScheduleSource) -> SessionSchedule:
    return schedule_for(bars.instrument.session, int(bars.ts.min()), int(bars.ts.max()))


def _derived(bars: RawBars, schedule: SessionSchedule) -> Derived:
    order = np.argsort(bars.ts, kind="stable")
    adjusted = bars.adj_close if bars.adj_close is not None else bars.trade.close
    opens = session_opens(schedule, bars.ts[order])
    return derive_actions(bars.symbol, bars.instrument.currency, opens, bars.trade.close[order], adjusted[order])


def _resampled(
    gated: Sequence[GatedBars], schedule_for: ScheduleSource, timeframe: Timeframe, actions: Sequence[CorporateAction]
) -> list[GatedBars]:
    """Every symbol at ``timeframe``, with the buckets that are over by the last bar of any symbol."""
    spans = [(int(b.ts[0]), int(b.ts[-1])) for b in gated if len(b.ts)]
    if not spans:
        return list(gated)
    first, until = min(s[0] for s in spans), max(s[1] for s in spans)
    result = []
    for bars in gated:
        schedule = schedule_for(bars.instrument.session, first, until)
        restating = [a for a in actions if a.kind in _RESTATING and a.symbol == bars.instrument.symbol]
        result.append(resample(bars, schedule, timeframe, until, restating))
    return result


def price_jumps(bars: RawBars, actions: Sequence[CorporateAction]) -> Floats | None:
    """By how much splits and rolls divide the price into each row [N], or None without any."""
    splits = [a for a in actions if a.symbol == bars.symbol and a.kind in _RESTATING]
    if not splits:
        return None
    result = np.ones(len(bars))
    order = np.argsort(bars.ts, kind="stable")
    for action in splits:
        row = int(np.searchsorted(bars.ts[order], action.ts_event, side="right"))
        if 0 < row < len(bars):
            result[order[row]] *= action.numerator / action.denominator
    return result


def assemble_panel(
    gated: Sequence[GatedBars],
    schedule_for: ScheduleSource,
    request: PanelRequest,
    *,
    actions: Sequence[CorporateAction] = (),
    fx: Sequence[RawRates] = (),
) -> tuple[Panel, Ints]:
    """(panel, session opens [T, S]) of bars that have passed the gate, such as a continuous futures series.

    The second half of ``build_panel``; ``request``'s range and policies are not looked at here.
    """
    if request.timeframe is not None:
        gated = _resampled(gated, schedule_for, request.timeframe, actions)
    aligned = align(gated)
    instruments = tuple(b.instrument for b in gated)
    records = action_records(actions, instruments, aligned.ts)
    factors = forward_factors(records, aligned.bid.close, aligned.valid, instruments)
    others = sorted({i.currency for i in instruments} - {request.base_currency})
    currencies = (request.base_currency, *others)
    fx_num, fx_den = fx_columns(fx, currencies, aligned.ts_known)
    session, opens = _sessions(aligned.ts, gated, schedule_for)
    panel = Panel(
        instruments=instruments,
        ts=aligned.ts,
        ts_known=aligned.ts_known,
        bid=aligned.bid,
        ask=aligned.ask,
        bid_size=aligned.bid_size,
        ask_size=aligned.ask_size,
        volume=aligned.volume,
        valid=aligned.valid,
        session=session,
        currencies=currencies,
        fx_num=fx_num,
        fx_den=fx_den,
        duration_ns=_duration(gated),
        flags=aligned.flags,
        factor=factors.factor,
        split_factor=factors.split_factor,
        actions=records,
        hours=_hours(aligned.ts, gated, schedule_for),
    )
    return panel, opens


def _duration(gated: Sequence[GatedBars]) -> int:
    durations = {b.duration_ns for b in gated}
    if len(durations) > 1:
        texts = ", ".join(f"{b.instrument.symbol} {Timeframe(b.duration_ns)}" for b in gated)
        raise DataError(f"bar lengths differ ({texts}); give one --timeframe for all")
    return durations.pop()


def _hours(ts: Ints, gated: Sequence[GatedBars], schedule_for: ScheduleSource) -> TradingHours | None:
    """Trading hours at each close, a column for each calendar; None for bars of a day and longer."""
    if _duration(gated) >= DAY:
        return None
    codes = list(dict.fromkeys(bars.instrument.session for bars in gated))
    found = [trading_hours(schedule_for(code, int(ts[0]), int(ts[-1])), ts) for code in codes]
    calendar = np.array([codes.index(bars.instrument.session) for bars in gated], np.int64)
    return TradingHours(np.column_stack([f[0] for f in found]), np.column_stack([f[1] for f in found]), calendar)


def _sessions(ts: Ints, gated: Sequence[GatedBars], schedule_for: ScheduleSource) -> tuple[Ints, Ints]:
    """Session ids and opens [T, S]; one lookup for each calendar."""
    ids = np.empty((len(ts), len(gated)), np.int64)
    opens = np.empty_like(ids)
    done: dict[str, tuple[Ints, Ints]] = {}
    for symbol, bars in enumerate(gated):
        code = bars.instrument.session
        if code not in done:
            schedule = schedule_for(code, int(ts[0]), int(ts[-1]))
            done[code] = session_ids(schedule, ts), session_opens(schedule, ts)
        ids[:, symbol], opens[:, symbol] = done[code]
    return ids, opens
