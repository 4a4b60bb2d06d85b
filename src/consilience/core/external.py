"""What external feeds said, as columns of any length, nothing judged yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from consilience.core.panel import Bools, Floats, Ints

EVERY_SYMBOL = "*"


class FeedKind(NamedTuple):
    """name: what slots call it. number: its values are any finite numbers (VIX, a rate), not opinions in -1..1."""

    name: str
    number: bool = False


@dataclass(frozen=True, eq=False)
class RawSignals:
    """Events of several feeds in the order in which they came.

    feeds: each once. symbols: texts that ``symbol`` points into; ``*`` stands for all symbols.
    feed, symbol: int64 [N] indices. ts_event, ts_known: int64 [N] UTC ns. value, confidence: float64 [N], NaN where the
    source had none. horizon: int64 [N] ns, 0 where it does not say.
    """

    feeds: tuple[FeedKind, ...]
    symbols: tuple[str, ...]
    feed: Ints
    symbol: Ints
    ts_event: Ints
    ts_known: Ints
    value: Floats
    confidence: Floats
    horizon: Ints

    def __len__(self) -> int:
        return len(self.value)

    def take(self, index: Ints | Bools) -> RawSignals:
        """The events that ``index`` picks; feeds and symbols stay."""
        return RawSignals(
            self.feeds,
            self.symbols,
            self.feed[index],
            self.symbol[index],
            self.ts_event[index],
            self.ts_known[index],
            self.value[index],
            self.confidence[index],
            self.horizon[index],
        )


def silent(feeds: Sequence[FeedKind]) -> RawSignals:
    """Feeds that have said nothing yet."""
    whole, number = np.zeros(0, np.int64), np.zeros(0)
    return RawSignals(tuple(feeds), (), whole, whole, whole, whole, number, number, whole)
