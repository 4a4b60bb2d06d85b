"""What the sources of external events share: the last word that was heard, trusted less as it grows old."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from consilience.core.spec import ParamSpec, Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.expression import lift
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import known, nothing, side, speak

HOUR = 3600.0  # seconds


class Hearsay(NamedTuple):
    """What tells one external source from another.

    name: of the source and of its feed. summary: what the feed's value means. half_life, maximum_age: hours, with the
    reason in ``why``. sides: words for a positive, a negative and a neutral value. document: where it is asked for.
    """

    name: str
    summary: str
    half_life: float
    maximum_age: float
    why: str
    sides: tuple[str, str, str]
    document: str


def span(seconds: float) -> str:
    """A duration in the unit that reads best: 40 s, 12 min, 5.5 h, 3.2 days."""
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    if seconds < 2.0 * HOUR:
        return f"{seconds / 60.0:.0f} min"
    if seconds < 48.0 * HOUR:
        return f"{seconds / HOUR:.1f} h"
    return f"{seconds / (24.0 * HOUR):.1f} days"


def _define(feed: str) -> Callable[..., Voice]:
    def define(bar: Bar, half_life: float, maximum_age: float) -> Voice:
        value, confidence = bar.slot(f"{feed}.value"), bar.slot(f"{feed}.confidence")
        age = bar.slot(f"{feed}.age")
        fresh = ta.half_life(age, half_life * HOUR)
        sure = ta.where(age <= maximum_age * HOUR, ta.clip(confidence, 0.0, 1.0) * fresh, nothing(bar))
        numbers = {"value": value, "confidence": confidence, "age": age, "maximum_age": lift(maximum_age * HOUR)}
        return speak(value, sure, numbers)

    return define


def _words(sides: tuple[str, str, str]) -> Callable[[float, Numbers], str]:
    def words(value: float, numbers: Numbers) -> str:
        return f"{side(value, *sides)} ({value:+.2f}), heard {span(numbers['age'])} ago"

    return words


def silence(numbers: Numbers) -> str:
    """Never heard, too old, or heard without a value."""
    if not known(numbers, "age"):
        return "nothing was heard yet"
    if numbers["age"] > numbers["maximum_age"]:
        return f"its last word is {span(numbers['age'])} old, more than {span(numbers['maximum_age'])}"
    return f"its last word, {span(numbers['age'])} ago, gave no value"


def external(what: Hearsay, horizon: int) -> Source:
    """The source of one feed."""
    spec = Spec(
        name=what.name,
        summary=f"{what.summary} Value and confidence are those of the last event of the feed '{what.name}' (held to "
        "-1..1 and 0..1); confidence is halved for each half-life since it was known. Abstains before the first event "
        f"and beyond the maximum age. {what.why}",
        inputs=tuple(f"{what.name}.{part}" for part in ("value", "confidence", "age")),
        params=(
            ParamSpec("half_life", what.half_life, low=0.01, high=100_000.0, unit="hours"),
            ParamSpec("maximum_age", what.maximum_age, low=0.01, high=100_000.0, unit="hours"),
        ),
        outputs=("value", "confidence"),
        warm_up="the first event",
        nan_rule="abstains",
        convention="confidence x 0.5 ^ (age / half-life), age in seconds since the event was known",
        source=what.document,
        family="external",
    )
    return Source(spec, _define(what.name), _words(what.sides), horizon, silence, what.name)
