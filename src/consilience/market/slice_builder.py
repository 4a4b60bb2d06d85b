"""Live slices: collects bars by close time and closes a slice when every expected symbol has reported or time is up.

There is no clock in here: ``on_timer`` is told the time. A slice that has been closed is never opened again; a bar
that comes after joins the next slice with its own data, flagged LATE. The same calls give the same slices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from consilience.core.codes import QualityFlag
from consilience.core.errors import ConfigError
from consilience.core.events import Bar, BidAskBar

AnyBar = Bar | BidAskBar


@dataclass(frozen=True)
class Slice:
    """All bars of one close time, in the order of the expected symbols, late ones included.

    ts: close time. ts_known: when it was complete, at least ``ts`` and every bar's own. bars: by symbol; a symbol
    without one is masked. complete: whether every expected symbol reported in time.
    """

    ts: int
    ts_known: int
    bars: tuple[AnyBar, ...]
    complete: bool


class SliceBuilder:
    """Builds slices of ``symbols`` from bars as they come.

    ``grace_ns``: how long after its close a slice waits for the rest. Raises ConfigError when it is negative or
    ``symbols`` is empty or has doubles. Not thread-safe: one writer.
    """

    def __init__(self, symbols: Iterable[str], grace_ns: int) -> None:
        self._place = {symbol: k for k, symbol in enumerate(symbols)}
        names = list(self._place)
        if grace_ns < 0:
            raise ConfigError("grace_ns must not be negative")
        if not names:
            raise ConfigError("a slice builder needs at least one symbol")
        self._grace_ns = grace_ns
        self._open: dict[int, dict[str, AnyBar]] = {}
        self._late: dict[str, AnyBar] = {}
        self._closed_ns = -1
        self._expected: dict[int, frozenset[str]] = {}
        self.ignored = 0  # bars of unknown symbols, and doubles of one symbol and close

    @property
    def last_closed_ns(self) -> int:
        """Close of the last finished slice, or -1."""
        return self._closed_ns

    def expect(self, ts: int, symbols: Iterable[str]) -> None:
        """Say which symbols will report at close ``ts``; without it all are waited for (a holiday, a halt)."""
        self._expected[ts] = frozenset(symbols) & frozenset(self._place)

    def on_bar(self, bar: AnyBar) -> list[Slice]:
        """Take a bar; gives the slices that it completes, oldest first (mostly none or one)."""
        if bar.symbol not in self._place:
            self.ignored += 1
            return []
        if bar.ts_event <= self._closed_ns:
            self._keep_late(bar)
            return []
        waiting = self._open.setdefault(bar.ts_event, {})
        if bar.symbol in waiting:
            self.ignored += 1
            return []
        waiting[bar.symbol] = bar
        return self._close_complete()

    def on_timer(self, now_ns: int) -> list[Slice]:
        """Close every slice whose grace is over at ``now_ns``, oldest first."""
        due = [ts for ts in sorted(self._open) if ts + self._grace_ns <= now_ns]
        # a younger slice may have been complete, and held back only by an older one
        return [*(self._close(ts, now_ns) for ts in due), *self._close_complete()]

    def next_timer_ns(self) -> int | None:
        """When ``on_timer`` has to be called next, or None while no slice is open."""
        return min(self._open) + self._grace_ns if self._open else None

    def flush(self, now_ns: int) -> list[Slice]:
        """Close everything that is open, oldest first: the feed has ended."""
        return [self._close(ts, now_ns) for ts in sorted(self._open)]

    def _keep_late(self, bar: AnyBar) -> None:
        kept = self._late.get(bar.symbol)
        if kept is not None and kept.ts_event >= bar.ts_event:
            self.ignored += 1
            return
        self.ignored += kept is not None  # of two late bars the newer one joins the next slice
        self._late[bar.symbol] = msgspec.structs.replace(bar, flags=bar.flags | int(QualityFlag.LATE))

    def _close_complete(self) -> list[Slice]:
        """Close from the oldest on while complete: an older slice that still waits holds the younger ones back."""
        done: list[Slice] = []
        for ts in sorted(self._open):
            if not self._is_complete(ts):
                break
            done.append(self._close(ts, ts))
        return done

    def _is_complete(self, ts: int) -> bool:
        expected = self._expected.get(ts, self._place.keys())
        return all(symbol in self._open[ts] for symbol in expected)

    def _close(self, ts: int, now_ns: int) -> Slice:
        complete = self._is_complete(ts)
        bars = self._open.pop(ts)
        self._expected.pop(ts, None)
        for symbol, bar in self._late.items():
            bars.setdefault(symbol, bar)  # a symbol's own bar of this slice is the newer truth
        self._late.clear()
        self._closed_ns = ts
        ordered = tuple(bars[symbol] for symbol in sorted(bars, key=self._place.__getitem__))
        known = max(ts, *(bar.ts_known for bar in ordered))
        return Slice(ts, known if complete else max(known, now_ns), ordered, complete)
