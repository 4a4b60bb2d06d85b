"""What a physics model declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from consilience.core.errors import ConfigError, NotFound
from consilience.core.jit import njit_inline
from consilience.core.spec import Spec
from consilience.core.units import MILLION


@dataclass(frozen=True)
class PhysicsModel:
    """One fee or slippage model.

    kernel: compiled function; fees take (a, b, c, notional, lots, maker) and give instrument-currency units,
    slippages take (a, ticks, high, low, spread) and give ticks >= 0 against the order.
    encode: turns the named parameters into the integers (a, b, c) of the physics record, given the currency's
    ledger exponent. needs_range: it reads high and low, which a market order otherwise does without.
    """

    spec: Spec
    kernel: Callable[..., Any]
    encode: Callable[[Mapping[str, Decimal], int], tuple[int, int, int]]
    needs_range: bool = False

    def integers(self, given: Mapping[str, Any], exponent: int) -> tuple[int, int, int]:
        """Checked (a, b, c) of ``given`` over the defaults. NotFound for unknown names, ConfigError for ranges."""
        values = {p.name: p.default for p in self.spec.params}
        for name in given:
            if name not in values:
                raise NotFound.named(f"parameter of {self.spec.name}", name, values)
        values.update(given)
        for param in self.spec.params:
            problem = param.problem_with(values[param.name])
            if problem:
                raise ConfigError(f"{self.spec.name}: {problem}")
        return self.encode({name: Decimal(str(value)) for name, value in values.items()}, exponent)


@njit_inline
def share_up_nb(amount: int, ppm: int) -> int:
    """``amount`` x parts per million, rounded up; both >= 0. Whole millions apart, so the product cannot wrap."""
    return amount // MILLION * ppm + (amount % MILLION * ppm + MILLION - 1) // MILLION


@njit_inline
def share_down_nb(amount: int, ppm: int) -> int:
    """``amount`` x parts per million, rounded down; both >= 0. Whole millions apart, so the product cannot wrap."""
    return amount // MILLION * ppm + amount % MILLION * ppm // MILLION


def parts_per_million(fraction: Decimal) -> int:
    """A fraction as whole parts per million. Raises ConfigError when it has finer digits."""
    scaled = fraction * MILLION
    if scaled != scaled.to_integral_value():
        raise ConfigError(f"{fraction} has more than six decimals; rates are kept in parts per million")
    return int(scaled)
