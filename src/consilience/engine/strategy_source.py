"""The signal source ``strategies``: what strategies of the catalogue stand for, heard as one voice.

It is made here because signals and strategies are rooms of one layer, which meet only in the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from consilience.core.errors import ConfigError, StrategyError
from consilience.core.spec import Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.signals.source import Numbers, Source, Voice
from consilience.strategies.base import CallbackStrategy, Strategy
from consilience.strategies.members import members_of, stance_of, total

NAME = "strategies"
HORIZON = 10


def strategies_source(members: str) -> Source:
    """The source that hears ``members``, written as in the composites. Raises ConfigError for an empty text."""
    if not members.strip():
        raise ConfigError("fusion: the source 'strategies' needs members, such as members = 'macd_cross, supertrend'")
    made = members_of(members)
    for member in made:
        if isinstance(member, CallbackStrategy):
            raise StrategyError(f"fusion members: {member!r} is no declarative strategy; take one of those")

    def words(value: float, numbers: Numbers) -> str:
        long, short = int(numbers["long"]), int(numbers["short"])
        side = "long" if value > 0 else "short" if value < 0 else "divided"
        return f"strategies lean {side}: {long} of {len(made)} long, {short} short"

    return Source(
        Spec(
            NAME,
            "mean stance of strategies; sure where they agree and where they are confident",
            inputs=("members",),
            outputs=("value", "confidence"),
            family="signal source",
        ),
        lambda bar: voice_of(made, bar),
        words,
        HORIZON,
        lambda _numbers: "none of its strategies holds a side",
    )


def voice_of(members: Sequence[Strategy], bar: Bar) -> Voice:
    """Mean stance; silent while no member holds a side. Confidence: the mean of those that hold one."""
    stances = [stance_of(member.define(bar), bar) for member in members]
    held = [abs(stance.side) for stance in stances]
    sure = [ta.coalesce(stance.confidence, 0.0) * holds for stance, holds in zip(stances, held, strict=True)]
    holding = total(held)
    nothing = bar.close / 0.0  # a division by 0 is NaN: it abstains
    some = holding > 0.0
    sides = [stance.side for stance in stances]
    return Voice(
        ta.where(some, total(sides) / len(stances), nothing),
        ta.where(some, total(sure) / holding, nothing),
        {"long": total([s > 0.0 for s in sides]), "short": total([s < 0.0 for s in sides])},
    )
