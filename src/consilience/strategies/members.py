"""Members of composite strategies: written as text or handed in as objects, and read as stances.

A member's stance is what its conditions alone say: 1 from its long signal to its exit or short signal, -1 the other
way round, 0 between. Its stops and targets are left out: whether they were hit depends on fills, which an expression
can't see.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from consilience.core.errors import StrategyError
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import Node, lift
from consilience.strategies.base import CallbackStrategy, Strategy
from consilience.strategies.entry import Entry, Expression

_MEMBER = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(?:\(([^()]*)\))?\s*(?:,|$)")


class Stance(NamedTuple):
    """side: -1, 0 or 1. confidence: of the member's last signal, 0 .. 1, NaN before its first."""

    side: Node
    confidence: Node


class Composite(Strategy):
    """A strategy of strategies. Members: a text of catalogue names, each with its parameters in brackets where they
    are not the defaults, ``macd_cross(fast=5), gap``; or declarative Strategy objects, one's own ones too.

    Raises StrategyError for a text that does not read, NotFound for an unknown name, StrategyError for callback
    strategies and composites of composites.
    """

    def __init__(self, members: str | Sequence[Strategy] = "", **parameters: Any) -> None:
        if members and not isinstance(members, str):
            self.members_made = tuple(members)
            parameters["members"] = ", ".join(repr(m) for m in self.members_made)
        elif members:
            parameters["members"] = members
        super().__init__(**parameters)
        if not members or isinstance(members, str):
            self.members_made = members_of(self.parameters["members"])
        for member in self.members_made:
            if isinstance(member, (CallbackStrategy, Composite)) or not isinstance(member, Strategy):
                raise StrategyError(f"{self.strategy_name()}: {member!r} is no declarative strategy; take one of those")


def members_of(text: str) -> tuple[Strategy, ...]:
    """Strategies of ``name, name(parameter=value, ...)``. Raises StrategyError and NotFound."""
    # the catalogue lists the composites too, so it can only be asked once it is whole
    from consilience.strategies.catalog import find_strategy

    text = text.strip()
    made, place = [], 0
    while place < len(text):
        match = _MEMBER.match(text, place)
        if not match:
            raise StrategyError(f"members '{text}' do not read at '{text[place:]}'; write name, name(parameter=value)")
        made.append(find_strategy(match[1])(**_values(match[2] or "")))
        place = match.end()
    if not made:
        raise StrategyError("members names no strategy; write some of the catalogue, such as 'macd_cross, gap'")
    return tuple(made)


def _values(text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, mark, value = part.partition("=")
        if not mark:
            raise StrategyError(f"member parameter '{part}' is not name=value")
        values[name.strip()] = _value(value.strip())
    return values


def _value(text: str) -> bool | int | float | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def numbers_of(text: str, count: int, what: str) -> tuple[float, ...]:
    """``count`` numbers of ``1, 2.5``; all 1 where the text is empty. Raises StrategyError."""
    if not text.strip():
        return (1.0,) * count
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise StrategyError(f"{what}='{text}' must be numbers with commas between, such as 1, 2") from None
    if len(found) != count or not all(0.0 < value < 1e6 for value in found):
        raise StrategyError(f"{what}='{text}' must be {count} numbers above 0, one for each member")
    return found


def true_when(condition: Expression | None) -> Node:
    """A condition as 1 or 0 without NaN, which counts as false."""
    known: Node = ta.coalesce(lift(0.0 if condition is None else condition), 0.0)
    return known > 0.5


def stance_of(entry: Entry, bar: Bar) -> Stance:
    """What the member stands for after each bar; ``bar`` is that of the slices."""
    says_long, says_short = true_when(entry.long), true_when(entry.short)
    leaves_long, leaves_short = true_when(entry.exit_long), true_when(entry.exit_short)
    long = says_long & ~leaves_long & ~(says_short & ~leaves_short)
    short = says_short & ~leaves_short & ~(says_long & ~leaves_long)
    nothing = bar.close / 0.0  # a division by 0 is NaN: the value is carried
    held_long = ta.last(ta.where(long, 1.0, ta.where(leaves_long | short, 0.0, nothing)))
    held_short = ta.last(ta.where(short, 1.0, ta.where(leaves_short | long, 0.0, nothing)))
    side = ta.coalesce(held_long, 0.0) - ta.coalesce(held_short, 0.0)
    voice = lift(1.0 if entry.confidence is None else entry.confidence)
    confidence = ta.last(ta.where(long | short, ta.clip(voice, 0.0, 1.0), nothing))
    return Stance(side, confidence)


def total(nodes: Sequence[Node]) -> Node:
    """Sum of expressions, left to right."""
    result = nodes[0]
    for node in nodes[1:]:
        result = result + node
    return result
