"""What every filter is: one measure of a symbol held against bounds, with a reason for each way to fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError, NotFound
from consilience.core.jit import njit
from consilience.core.panel import Floats
from consilience.core.spec import Spec

Codes = npt.NDArray[np.int16]
INFINITE = float("inf")


@njit
def outside_nb(codes: Codes, values: Floats, bounds: tuple[float, float, bool], reasons: tuple[int, int]) -> None:
    """Exclude what lies outside the bounds: one pass over [B, S]; a symbol that has a reason already keeps it.

    bounds: low, high, and whether a value on a bound is outside too. reasons: the one of a value outside, the one of a
    value that is NaN (0 lets it pass).
    """
    low, high, strict = bounds
    for row in range(len(codes)):
        for s in range(codes.shape[1]):
            if codes[row, s] != 0:
                continue
            value = values[row, s]
            if value != value:
                codes[row, s] = reasons[1]
            elif value < low or value > high or (strict and not low < value < high):
                codes[row, s] = reasons[0]


@dataclass(frozen=True)
class Filter:
    """One filter. measure: name in ``measures.MEASURES``. strict: a value on a bound is outside.

    minimum, maximum: names of the parameters that bound the measure, '' for none. text: a value in words.
    A yes or no is a measure of 1 or 0 with a floor of 1.
    """

    spec: Spec
    measure: str
    reason: Reason
    unknown: Reason
    text: Callable[[float], str]
    minimum: str = ""
    maximum: str = ""
    strict: bool = False
    floor: float = -INFINITE  # lower bound where no parameter gives one

    @property
    def name(self) -> str:
        """Its name in the configuration."""
        return self.spec.name

    def parameters(self, given: Mapping[str, float]) -> dict[str, float]:
        """Every parameter, defaults filled in. Raises NotFound for an unknown one, ConfigError for a bad value."""
        known = {p.name: p for p in self.spec.params}
        for name, value in given.items():
            if name not in known:
                raise NotFound.named(f"parameter of the universe filter '{self.name}'", name, known)
            problem = known[name].problem_with(float(value) if isinstance(value, int) else value)
            if problem:
                raise ConfigError(f"universe filter '{self.name}': {problem}")
        result = {name: float(given.get(name, p.default)) for name, p in known.items()}
        low, high = self.bounds(result)
        if low > high:
            raise ConfigError(f"universe filter '{self.name}': {self.minimum}={low:g} is above {self.maximum}={high:g}")
        return result

    def bounds(self, parameters: Mapping[str, float]) -> tuple[float, float]:
        """(low, high) of the measure; a parameter of 0 for an upper bound means none."""
        low = parameters[self.minimum] if self.minimum else self.floor
        high = parameters[self.maximum] if self.maximum else INFINITE
        return low, high if high > 0.0 else INFINITE

    def exclude(self, codes: Codes, values: Floats, parameters: Mapping[str, float], missing_passes: bool) -> None:
        """Write this filter's reasons into ``codes`` [B, S] for measures ``values`` [B, S]."""
        low, high = self.bounds(parameters)
        outside_nb(
            codes, values, (low, high, self.strict), (int(self.reason), 0 if missing_passes else int(self.unknown))
        )

    def wanted(self, parameters: Mapping[str, float]) -> str:
        """What the filter asks for, in words."""
        low, high = self.bounds(parameters)
        parts = []
        if low > -INFINITE:
            word = "" if not self.minimum else "more than " if self.strict else "at least "
            parts.append(word + self.text(low))
        if high < INFINITE:
            parts.append(f"{'less than' if self.strict else 'at most'} {self.text(high)}")
        return " and ".join(parts)


def money(value: float) -> str:
    """An amount with its size in a letter: 12.3M."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def percent(value: float) -> str:
    """A fraction as a percentage."""
    return f"{value * 100.0:.4g}%"
