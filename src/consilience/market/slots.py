"""Slot columns: what external feeds last said, for every slice and symbol, as strategies and sources read it.

``FEED.value``, ``FEED.confidence`` and ``FEED.age``; the name of a feed alone is its value. Until a feed has said
something of a symbol, all are NaN.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from consilience.core.jit import njit
from consilience.core.panel import Bools, Floats, Ints, Panel, Records
from consilience.core.schemas import ALL_SYMBOLS

FIELDS = ("value", "confidence", "age")
SECOND = 1_000_000_000.0
NAN = float("nan")
_NEVER = -1  # place of a column that nobody reads


class FeedState(NamedTuple):
    """What one feed last said of each symbol: value, confidence float64 [S]; known int64 [S] ns; heard bool [S]."""

    value: Floats
    confidence: Floats
    known: Ints
    heard: Bools


class Wanted(NamedTuple):
    """Where one feed's columns go: rows of the output, -1 for none."""

    value: int
    confidence: int
    age: int


def feed_of(name: str, feeds: Sequence[str]) -> str | None:
    """The feed that fills a slot, or None. A feed's whole name comes first, so ``MODEL.value`` can be a parameter."""
    if name in feeds:
        return name
    feed, _, field = name.rpartition(".")
    return feed if feed in feeds and field in FIELDS else None


class SlotMaker:
    """Slot columns block by block; what was last said is carried from one block, or panel, to the next.

    names: slots in the order of the output. Feeds are told apart by name, so panels may number them differently.
    """

    def __init__(self, names: Sequence[str], symbols: int) -> None:
        self.names = tuple(names)
        self._symbols = symbols
        self._states: dict[str, FeedState] = {}
        self._feeds: tuple[str, ...] | None = None
        self._plan: list[tuple[int, FeedState, Wanted]] = []
        self._twins: list[tuple[int, int]] = []  # FEED and FEED.value are the same column
        self._room = np.full((len(self.names), 0, symbols), np.nan)

    def push(self, panel: Panel, start: int, stop: int) -> Floats:
        """float64 [K, B, S] of slices ``start`` to ``stop``; they must follow those of the last push.

        age: seconds from when the event was known to the slice's close. The result is overwritten by the next push.
        """
        if panel.feeds != self._feeds:
            self._prepare(panel.feeds)
        count = stop - start
        if self._room.shape[1] < count:
            self._room = np.full((len(self.names), count, self._symbols), np.nan)
        out = self._room[:, :count]
        rows = panel.signals["row"]
        said = panel.signals[bisect_left(rows, start) : bisect_left(rows, stop)]
        for number, state, wanted in self._plan:
            own = np.ascontiguousarray(said[said["feed"] == number])
            carry_feed_nb(own, panel.ts[start:stop], start, state, wanted, self._room)
        for twin, place in self._twins:
            out[twin] = out[place]
        return out

    def _prepare(self, feeds: tuple[str, ...]) -> None:
        self._feeds = feeds
        places: dict[str, list[int]] = {}
        self._plan, self._twins = [], []
        for k, name in enumerate(self.names):
            feed = feed_of(name, (*feeds, *self._states))
            if feed is None:
                continue
            place = places.setdefault(feed, [_NEVER] * len(FIELDS))
            field = 0 if name == feed else FIELDS.index(name.rpartition(".")[2])
            if place[field] == _NEVER:
                place[field] = k
            else:
                self._twins.append((k, place[field]))
        for feed, place in places.items():
            number = feeds.index(feed) if feed in feeds else len(feeds)  # nothing is said under it: carried on
            self._plan.append((number, self._state(feed), Wanted(*place)))

    def _state(self, feed: str) -> FeedState:
        if feed not in self._states:
            size = self._symbols
            self._states[feed] = FeedState(
                np.full(size, np.nan), np.full(size, np.nan), np.zeros(size, np.int64), np.zeros(size, np.bool_)
            )
        return self._states[feed]


@njit
def carry_feed_nb(said: Records, ts: Ints, first: int, state: FeedState, wanted: Wanted, out: Floats) -> None:
    """One feed's columns into the first B rows of ``out`` [K, .., S]; ``state`` is carried on.

    said: SIGNAL_DTYPE rows of the feed, ascending; row ``first`` is the block's first slice. ts: int64 [B] closes.
    """
    value, confidence, known, heard = state
    k, count = 0, len(said)
    for row in range(len(ts)):
        while k < count and said[k]["row"] - first <= row:
            symbol = said[k]["symbol"]
            low, high = (0, len(value)) if symbol == ALL_SYMBOLS else (symbol, symbol + 1)
            for s in range(low, high):
                value[s] = said[k]["value"]
                confidence[s] = said[k]["confidence"]
                known[s] = said[k]["ts_known"]
                heard[s] = True
            k += 1
        if wanted.value >= 0:
            for s in range(len(value)):
                out[wanted.value, row, s] = value[s]
        if wanted.confidence >= 0:
            for s in range(len(value)):
                out[wanted.confidence, row, s] = confidence[s]
        if wanted.age >= 0:
            for s in range(len(value)):
                out[wanted.age, row, s] = float(ts[row] - known[s]) / SECOND if heard[s] else NAN
