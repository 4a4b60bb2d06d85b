"""Signal: what every strategy and source says, in one type."""

from __future__ import annotations

import math

import msgspec


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One opinion on one symbol.

    direction: -1 (short) .. 1 (long). confidence: 0 .. 1. horizon_ns: how far ahead it speaks.
    stop, target: raw prices, NaN for none. reason: one line in words.
    """

    source: str
    symbol: str
    ts_event: int
    ts_known: int
    direction: float
    confidence: float
    model_version: str = ""
    horizon_ns: int = 0
    stop: float = math.nan
    target: float = math.nan
    reason: str = ""

    def __post_init__(self) -> None:
        if not -1.0 <= self.direction <= 1.0:
            raise ValueError(f"direction {self.direction} is not in [-1, 1]")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence {self.confidence} is not in [0, 1]")
