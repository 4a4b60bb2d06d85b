"""Spec: what a catalogued thing says of itself. Docs, CLI, contract tests and sweeps read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consilience.core.errors import ConfigError, nearest


@dataclass(frozen=True)
class ParamSpec:
    """One parameter: default, inclusive range, unit ('bars', 'fraction', 'price', 'ticks', 'choice', ...)."""

    name: str
    default: float | int | str | bool
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    text: str = ""

    def problem_with(self, value: object) -> str | None:
        """One line that says why ``value`` is not allowed, or None when it is."""
        if self.choices:
            return None if value in self.choices else f"{self.name}={value!r} is not one of {', '.join(self.choices)}"
        if isinstance(self.default, bool):
            return None if isinstance(value, bool) else f"{self.name}={value!r} is not true or false"
        if isinstance(self.default, str):
            return None if isinstance(value, str) else f"{self.name}={value!r} is not a text"
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            return f"{self.name}={value!r} is not a number"
        if isinstance(self.default, int) and not isinstance(value, int):
            return f"{self.name}={value!r} must be a whole number"
        if (self.low is None or value >= self.low) and (self.high is None or value <= self.high):
            return None
        if self.low is not None and self.high is not None:
            return f"{self.name}={value} is outside {self.low}..{self.high}"
        return f"{self.name}={value} is " + (f"below {self.low}" if self.high is None else f"above {self.high}")


@dataclass(frozen=True)
class Spec:
    """Facts of a catalogued thing.

    warm_up: text of the rule for the first bar with a value ('period - 1 bars'). nan_rule: what NaN in gives out.
    convention: whose definition this is (TA-Lib, Wilder, TradingView, ...). source: where the formula is published.
    """

    name: str
    summary: str
    inputs: tuple[str, ...] = ()
    params: tuple[ParamSpec, ...] = ()
    outputs: tuple[str, ...] = ("value",)
    warm_up: str = "none"
    nan_rule: str = "NaN in gives NaN out and restarts the warm-up"
    convention: str = ""
    source: str = ""
    family: str = ""

    def with_defaults(self, given: Mapping[str, Any], who: str) -> dict[str, Any]:
        """Every parameter with its value, given or default. Raises ConfigError that begins with ``who``."""
        known = {param.name: param for param in self.params}
        for name, value in given.items():
            if name not in known:
                near = nearest(name, known)
                hint = f"; did you mean '{near}'?" if near else f"; it takes {', '.join(known) or 'none'}"
                raise ConfigError(f"{who} has no parameter '{name}'{hint}")
            problem = known[name].problem_with(value)
            if problem:
                raise ConfigError(f"{who}: {problem}")
        return {**{name: param.default for name, param in known.items()}, **given}
