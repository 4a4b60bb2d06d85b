"""Signal source: one independent opinion on every symbol, as expressions, with the words that explain it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consilience.core.spec import Spec
from consilience.features.bar import Bar
from consilience.features.expression import Node

Numbers = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Voice:
    """What a source says after each bar, one value for every symbol.

    value: -1 (bearish) .. 1 (bullish), NaN where it abstains. confidence: 0 .. 1, NaN where it abstains.
    numbers: what its words quote, by name. prices: those of them that are prices, forward-adjusted like the bars that
    they come from; whoever quotes them divides them by F, so that people read the prices of that day.
    """

    value: Node
    confidence: Node
    numbers: Mapping[str, Node] = field(default_factory=dict)
    prices: tuple[str, ...] = ()


def no_history(_numbers: Numbers) -> str:
    """Why most sources are silent."""
    return "its inputs are not known yet"


@dataclass(frozen=True, eq=False)
class Source:
    """A catalogued source.

    spec: name, summary, inputs, parameters, formula source. define: ``define(bar, **parameters) -> Voice``, once.
    words: one line, ``words(value, numbers)``, where it spoke; it quotes the numbers. silence: why it abstained.
    horizon: bars ahead that it speaks of. feed: name of the external events that it listens to, "" for none: their last
    value is ``bar.slot(f"{feed}.value")``, with ``.confidence`` and ``.age`` (seconds since it was known).
    """

    spec: Spec
    define: Callable[..., Voice]
    words: Callable[[float, Numbers], str]
    horizon: int
    silence: Callable[[Numbers], str] = no_history
    feed: str = ""

    @property
    def name(self) -> str:
        """Catalogue name."""
        return self.spec.name

    def voice(self, bar: Bar, parameters: Mapping[str, Any] | None = None) -> Voice:
        """Its expressions. Raises ConfigError for an unknown parameter or one out of range."""
        return self.define(bar, **self.spec.with_defaults(parameters or {}, f"source {self.name}"))
