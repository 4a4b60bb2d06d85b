"""What the sources share: how they speak, and how a move is measured so that one number fits every market."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from consilience.core.errors import ConfigError
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.signals.source import Numbers, Voice

NEAREST = 1e-9  # of the close: a smaller move is rounding, after a market has stopped
ATR_PERIOD = 14
LEVEL = 0.05  # a value nearer to 0 takes no side in words
CLEAR = 0.5  # parts that are smaller on average say too little to agree on


def speak(value: Node, confidence: Node, numbers: Mapping[str, Node], prices: tuple[str, ...] = ()) -> Voice:
    """The voice of a source: value held to -1..1, confidence to 0..1, both NaN where either is.

    prices: which of the numbers are prices.
    """
    held, sure = ta.clip(value, -1.0, 1.0), ta.clip(confidence, 0.0, 1.0)
    return Voice(ta.where(sure == sure, held, 0.0), ta.where(held == held, sure, 0.0), numbers, prices)


def nothing(bar: Bar) -> Node:
    """NaN on every bar: a division by 0."""
    return bar.close / 0.0


def mean(parts: Sequence[Node]) -> Node:
    """Their mean, summed in order; NaN where one is."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total / float(len(parts))


def coherence(parts: Sequence[Node]) -> Node:
    """|sum| / sum of the sizes: 1 where all are on one side, 0 where they cancel; less where all are small."""
    total, size = parts[0], abs(parts[0])
    for part in parts[1:]:
        total, size = total + part, size + abs(part)
    found: Node = abs(total) / ta.maximum(size, CLEAR * len(parts))
    return found


def in_ranges(move: Node, bar: Bar) -> Node:
    """A move in average true ranges (14 bars)."""
    found: Node = move / ta.maximum(ta.atr(bar, ATR_PERIOD), NEAREST * abs(bar.close))
    return found


def in_walks(move: Node, bar: Bar, bars: float) -> Node:
    """A move over ``bars`` bars, -1..1: 2 w / (1 + 2 |w|) with w = move / (ATR x sqrt(bars)).

    ATR x sqrt(bars) is about what a random walk covers, so half of that gives a half, on every market and timeframe.
    """
    walks = in_ranges(move, bar) * (2.0 / math.sqrt(bars))
    return walks / (1.0 + abs(walks))


def average_gap(bar: Bar, fast: int, slow: int) -> Node:
    """Fast EMA less slow EMA, in price units."""
    gap: Node = ta.ema(bar.close, fast) - ta.ema(bar.close, slow)
    return gap


def average_lag(fast: int, slow: int) -> float:
    """Bars by which the slow EMA lags the fast one: an EMA of n bars lags a line by (n - 1) / 2."""
    return (slow - fast) / 2.0


def require_order(source: str, fast: int, slow: int) -> None:
    """Raises ConfigError where the fast period is not below the slow one."""
    if fast >= slow:
        raise ConfigError(f"source {source}: fast={fast} must be below slow={slow}")


def side(value: float, up: str, down: str, flat: str) -> str:
    """The word for a value's side."""
    if abs(value) < LEVEL:
        return flat
    return up if value > 0.0 else down


def known(numbers: Numbers, name: str) -> bool:
    """Whether a number is there."""
    value = numbers.get(name, math.nan)
    return value == value


def price(value: float) -> str:
    """A price with the decimals that tell it from its neighbours: 101.5, 0.00012346."""
    return f"{value:.5g}" if abs(value) < 1000.0 else f"{value:.2f}"
