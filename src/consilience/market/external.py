"""From what external feeds said to rows of a panel, through a gate that refuses, counts and never raises.

An event is refused, in this order of questions, when: its value is no finite number; an opinion lies beyond -1..1; its
confidence is not within 0..1; its symbol is not in the run; it is dated after it was known; an opinion came too long
after it happened; its series (one feed, one symbol, ``*`` being one of its own) has accepted something that happened
later; it repeats the last accepted event of its series in time and value. Only the past decides: events are looked at
in the order in which they became known. An event of the same time with another value is a revision and counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from consilience.core.codes import Reason
from consilience.core.errors import DataError
from consilience.core.events import ExternalSignal, Parameters
from consilience.core.external import EVERY_SYMBOL, FeedKind, RawSignals
from consilience.core.jit import njit
from consilience.core.panel import Floats, Ints, Panel, Records
from consilience.core.schemas import ALL_SYMBOLS, SIGNAL_DTYPE
from consilience.market.signal_quality import FeedQuality, SignalPolicies

_UNKNOWN = -2  # symbol that the run does not have
_NOT_FINITE = int(Reason.SIGNAL_NOT_FINITE)
_OUT_OF_RANGE = int(Reason.SIGNAL_OUT_OF_RANGE)
_CONFIDENCE = int(Reason.CONFIDENCE_OUT_OF_RANGE)
_SYMBOL = int(Reason.SIGNAL_SYMBOL_UNKNOWN)
_FUTURE = int(Reason.SIGNAL_FUTURE_DATED)
_STALE = int(Reason.SIGNAL_LATE)
_OUT_OF_ORDER = int(Reason.SIGNAL_OUT_OF_ORDER)
_DUPLICATE = int(Reason.SIGNAL_DUPLICATE)


class SeriesState(NamedTuple):
    """Last accepted event of each series, [F * (S + 1)], ``*`` first in each feed: ts int64 ns, value, heard 0 or 1."""

    ts: Ints
    value: Floats
    heard: Ints


class Admitted(NamedTuple):
    """records: SIGNAL_DTYPE rows for ``Panel.signals``. feeds: names for ``Panel.feeds``. report: one entry a feed."""

    records: Records
    feeds: tuple[str, ...]
    report: tuple[FeedQuality, ...]


@dataclass
class _Count:
    events: int = 0
    accepted: int = 0
    later: int = 0


class SignalGate:
    """The gate of one run, from the first event to the last: feed it a whole history at once, or what came since.

    symbols: the panel's, in column order. names: under which symbol a renamed one goes on.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        policies: SignalPolicies | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._columns = {symbol: k for k, symbol in enumerate(symbols)} | {EVERY_SYMBOL: ALL_SYMBOLS}
        self._width = len(symbols) + 1
        self._policies = policies or SignalPolicies()
        self._names = dict(names or {})
        self._feeds: dict[str, FeedKind] = {}
        self._refused: dict[str, dict[Reason, int]] = {}
        self._counts: dict[str, _Count] = {}
        self._state = SeriesState(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))

    @property
    def feeds(self) -> tuple[str, ...]:
        """Every feed that was heard of, in the order in which it was first met."""
        return tuple(self._feeds)

    @property
    def report(self) -> tuple[FeedQuality, ...]:
        """What was found so far."""
        return tuple(
            FeedQuality(
                kind.name, kind.number, count.events, count.accepted, count.later, dict(self._refused[kind.name])
            )
            for kind, count in ((k, self._counts[k.name]) for k in self._feeds.values())
        )

    def admit(self, raw: RawSignals, ts: Ints) -> Records:
        """The accepted events as SIGNAL_DTYPE rows.

        ts: int64 [T] closes, ascending; an event's row is the first that closes when it is known, or later. Events
        that none of the slices can know are only counted as later: hand them in again with the slices that follow. An
        event that comes late to the gate counts from the first slice here.
        Raises DataError for a feed of numbers that was one of opinions before, or the other way.
        """
        numbers = np.array([self._number_of(kind) for kind in raw.feeds], np.int64)
        more = len(self._feeds) * self._width - len(self._state.ts)
        if more:
            self._state = SeriesState(*(np.concatenate([part, np.zeros(more, part.dtype)]) for part in self._state))
        records = self._records(raw, numbers, ts)
        inside = records["row"] < len(ts)
        for feed, number in zip(raw.feeds, numbers.tolist(), strict=True):
            own = records["feed"] == number
            self._counts[feed.name].events += int(np.count_nonzero(own & inside))
            self._counts[feed.name].later += int(np.count_nonzero(own & ~inside))
        records = records[inside]
        codes = np.zeros(len(records), np.int64)
        plain = np.array([k.number for k in self._feeds.values()], np.int64)
        gate_nb(records, plain, self._state, (self._width, self._policies.maximum_delay_ns), codes)
        for name, number in zip(self._feeds, range(len(self._feeds)), strict=True):
            self._count(name, codes[records["feed"] == number])
        accepted: Records = records[codes == 0]
        return accepted

    def _number_of(self, kind: FeedKind) -> int:
        known = self._feeds.setdefault(kind.name, kind)
        if known.number != kind.number:
            raise DataError(f"feed '{kind.name}' brings opinions and plain numbers; give one of them another name")
        if kind.name not in self._counts:
            self._counts[kind.name], self._refused[kind.name] = _Count(), {}
        return list(self._feeds).index(kind.name)

    def _records(self, raw: RawSignals, numbers: Ints, ts: Ints) -> Records:
        """All events in the order in which they became known."""
        names = [self._names.get(symbol, symbol) for symbol in raw.symbols]
        columns = np.array([self._columns.get(name, _UNKNOWN) for name in names], np.int64)
        order = np.argsort(raw.ts_known, kind="stable")
        records = np.zeros(len(raw), SIGNAL_DTYPE)
        records["row"] = np.searchsorted(ts, raw.ts_known[order], side="left")
        records["ts"], records["ts_known"] = raw.ts_event[order], raw.ts_known[order]
        records["symbol"] = columns[raw.symbol[order]] if len(raw) else 0
        records["feed"] = numbers[raw.feed[order]] if len(raw) else 0
        records["value"], records["confidence"] = raw.value[order], raw.confidence[order]
        records["horizon"] = raw.horizon[order]
        return records

    def _count(self, feed: str, codes: Ints) -> None:
        self._counts[feed].accepted += int(np.count_nonzero(codes == 0))
        refused = self._refused[feed]
        for code, count in zip(*np.unique(codes[codes != 0], return_counts=True), strict=True):
            reason = Reason(int(code))
            refused[reason] = refused.get(reason, 0) + int(count)


@njit
def gate_nb(said: Records, plain: Ints, state: SeriesState, limits: tuple[int, int], codes: Ints) -> None:
    """Reason of each event [N] into ``codes``, 0 where it passes. plain: int64 [F], 1 for a feed of numbers.

    said: SIGNAL_DTYPE in the order of knowing. limits: (series a feed, longest delay of an opinion in ns, 0 for none).
    """
    width, delay = limits
    for k in range(len(said)):
        value, confidence, number = said[k]["value"], said[k]["confidence"], plain[said[k]["feed"]]
        ts, late = said[k]["ts"], said[k]["ts_known"] - said[k]["ts"]
        codes[k] = 0
        if not isfinite(value):
            codes[k] = _NOT_FINITE
        elif number == 0 and (value < -1.0 or value > 1.0):
            codes[k] = _OUT_OF_RANGE
        elif not 0.0 <= confidence <= 1.0:
            codes[k] = _CONFIDENCE
        elif said[k]["symbol"] == _UNKNOWN:
            codes[k] = _SYMBOL
        elif late < 0:
            codes[k] = _FUTURE
        elif number == 0 and delay > 0 and late > delay:
            codes[k] = _STALE
        else:
            series = said[k]["feed"] * width + said[k]["symbol"] + 1
            if state.heard[series] == 1 and ts < state.ts[series]:
                codes[k] = _OUT_OF_ORDER
            elif state.heard[series] == 1 and ts == state.ts[series] and value == state.value[series]:
                codes[k] = _DUPLICATE
            else:
                state.ts[series], state.value[series], state.heard[series] = ts, value, 1


def admit_all(
    raws: Sequence[RawSignals],
    symbols: Sequence[str],
    ts: Ints,
    policies: SignalPolicies | None = None,
    names: Mapping[str, str] | None = None,
) -> Admitted:
    """Several sources of events as one history: what was known first is looked at first, whatever its source."""
    gate = SignalGate(symbols, policies, names)
    records = gate.admit(merged(raws), ts)
    return Admitted(records, gate.feeds, gate.report)


def with_signals(panel: Panel, admitted: Admitted) -> Panel:
    """The panel with external signals in place of those it had."""
    return replace(panel, signals=admitted.records, feeds=admitted.feeds)


def merged(raws: Sequence[RawSignals]) -> RawSignals:
    """Events of several sources, one after the other. Raises DataError where a feed has numbers in one of them only."""
    kinds: dict[str, FeedKind] = {}
    texts: dict[str, int] = {}
    for kind in (k for raw in raws for k in raw.feeds):
        if kinds.setdefault(kind.name, kind) != kind:
            raise DataError(f"feed '{kind.name}' brings opinions and plain numbers; give one of them another name")
    places = {name: k for k, name in enumerate(kinds)}

    def joined(parts: list[Any], dtype: Any) -> Any:
        return np.concatenate([np.zeros(0, dtype), *parts])

    def renumbered(table: list[int], index: Ints) -> Ints:
        return np.array(table, np.int64)[index] if len(index) else index

    feed = [renumbered([places[k.name] for k in raw.feeds], raw.feed) for raw in raws]
    symbol = [renumbered([texts.setdefault(s, len(texts)) for s in raw.symbols], raw.symbol) for raw in raws]
    return RawSignals(
        tuple(kinds.values()),
        tuple(texts),
        joined(feed, np.int64),
        joined(symbol, np.int64),
        joined([raw.ts_event for raw in raws], np.int64),
        joined([raw.ts_known for raw in raws], np.int64),
        joined([raw.value for raw in raws], np.float64),
        joined([raw.confidence for raw in raws], np.float64),
        joined([raw.horizon for raw in raws], np.int64),
    )


def number_feeds(symbol: str, ts: Ints, columns: Mapping[str, Floats]) -> RawSignals:
    """Series of one symbol as number feeds, float64 [T] by name, each value known at its time; NaN says nothing."""
    names = tuple(columns)
    values = np.stack([columns[name] for name in names])
    feed, row = np.nonzero(np.isfinite(values))
    order = np.argsort(row, kind="stable")
    feed, row = feed[order], row[order]
    return RawSignals(
        tuple(FeedKind(name, number=True) for name in names),
        (symbol,),
        feed.astype(np.int64),
        np.zeros(len(feed), np.int64),
        ts[row],
        ts[row],
        values[feed, row],
        np.ones(len(feed)),
        np.zeros(len(feed), np.int64),
    )


def of_events(events: Sequence[ExternalSignal | Parameters]) -> RawSignals:
    """Typed events as columns.

    A signal's feed is its source. A fitted parameter becomes the number feed ``MODEL.NAME``: its value is a number for
    all symbols, or a mapping of symbol to number; texts and lists are left out, for slots hold numbers.
    """
    kinds: dict[str, FeedKind] = {}
    texts: dict[str, int] = {}
    rows: list[tuple[int, int, int, int, float, float, int]] = []

    def add(event: ExternalSignal | Parameters, kind: FeedKind, symbol: str, told: tuple[float, float, int]) -> None:
        if kinds.setdefault(kind.name, kind) != kind:
            raise DataError(f"feed '{kind.name}' brings opinions and plain numbers; give one of them another name")
        place = list(kinds).index(kind.name)
        rows.append((place, texts.setdefault(symbol, len(texts)), event.ts_event, event.ts_known, *told))

    for event in events:
        if isinstance(event, ExternalSignal):
            add(event, FeedKind(event.source), event.symbol, (event.value, event.confidence, event.horizon_ns))
            continue
        for name, value in event.values.items():
            for symbol, number in (value if isinstance(value, Mapping) else {EVERY_SYMBOL: value}).items():
                if isinstance(number, (int, float)):
                    kind = FeedKind(f"{event.model}.{name}", number=True)
                    add(event, kind, str(symbol), (float(number), 1.0, 0))
    columns = list(zip(*rows, strict=True)) or [()] * 7
    feed, symbol, happened, known, horizon = (np.array(columns[k], np.int64) for k in (0, 1, 2, 3, 6))
    value, confidence = (np.array(columns[k], np.float64) for k in (4, 5))
    return RawSignals(tuple(kinds.values()), tuple(texts), feed, symbol, happened, known, value, confidence, horizon)
