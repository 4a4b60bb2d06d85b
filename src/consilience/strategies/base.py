"""Strategy classes and their parameters. A strategy is written once and runs in every driver."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from consilience.core.errors import StrategyError, nearest
from consilience.core.spec import ParamSpec, Spec
from consilience.features.bar import Bar
from consilience.features.expression import Node
from consilience.strategies.context import Context
from consilience.strategies.entry import Entry


class Param:
    """A strategy parameter: ``fast = Param(10, low=2, high=200)``. Reading it on an instance gives its value.

    low, high: inclusive range; choices: allowed texts. unit and text are for the docs.
    """

    def __init__(
        self,
        default: Any,
        *,
        low: float | None = None,
        high: float | None = None,
        choices: tuple[str, ...] = (),
        unit: str = "",
        text: str = "",
    ) -> None:
        self.spec = ParamSpec("", default, low, high, unit, choices, text)

    def __set_name__(self, owner: type, name: str) -> None:
        given = self.spec
        self.spec = ParamSpec(name, given.default, given.low, given.high, given.unit, given.choices, given.text)
        problem = self.spec.problem_with(given.default)
        if problem:
            raise StrategyError(f"{owner.__name__}: the default {problem}")

    def __get__(self, instance: Strategy | None, owner: type) -> Any:
        if instance is None:
            return self
        return instance.parameters[self.spec.name]


class Strategy:
    """A declarative strategy: subclass it, give it ``Param`` attributes and ``define(bar)``.

    ``define`` is called once per parameter set and returns expressions, not numbers.
    Raises StrategyError for unknown parameters and values out of range.
    """

    version: ClassVar[str] = "1"

    def __init__(self, **parameters: Any) -> None:
        specs = self.param_specs()
        known = {spec.name: spec for spec in specs}
        values = {spec.name: spec.default for spec in specs}
        for name, given in parameters.items():
            value = given
            if name not in known:
                near = nearest(name, known)
                hint = f"; did you mean '{near}'?" if near else f"; it takes {', '.join(known) or 'none'}"
                raise StrategyError(f"{self.strategy_name()} has no parameter '{name}'{hint}")
            # 20.0 from a config file is meant as 20 where a whole number is asked for
            if isinstance(values[name], int) and isinstance(value, float) and value.is_integer():
                value = int(value)
            problem = known[name].problem_with(value)
            if problem:
                raise StrategyError(f"{self.strategy_name()}: {problem}")
            values[name] = value
        self.parameters: dict[str, Any] = values

    @classmethod
    def strategy_name(cls) -> str:
        """Name in catalogues and commands: the class name in snake_case."""
        return re.sub(r"(?<!^)(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def param_specs(cls) -> tuple[ParamSpec, ...]:
        """Parameters in the order of their definition, bases first."""
        found: dict[str, ParamSpec] = {}
        for base in reversed(cls.__mro__):
            for name, value in vars(base).items():
                if isinstance(value, Param):
                    found[name] = value.spec
        return tuple(found.values())

    @classmethod
    def spec(cls) -> Spec:
        """Facts for docs and command line, from the class itself."""
        text = inspect.getdoc(cls) or ""
        return Spec(
            cls.strategy_name(),
            text.splitlines()[0] if text else "",
            inputs=("bar",),
            params=cls.param_specs(),
            outputs=("entry",),
            family="callback" if issubclass(cls, CallbackStrategy) else "declarative",
        )

    def models(self) -> tuple[str, ...]:
        """Fitted models whose parameters it reads as slots, such as ``regime_hmm``; none for most."""
        return ()

    def define(self, bar: Bar) -> Entry:
        """The strategy's conditions and prices as expressions of ``bar``."""
        raise StrategyError(f"{self.strategy_name()} must implement define(self, bar) and return an Entry")

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v}" for k, v in self.parameters.items())
        return f"{self.strategy_name()}({inside})"


def labels_of(strategies: Sequence[Strategy]) -> tuple[str, ...]:
    """Distinct names in order: a name that comes again gets ``#2`` and so on."""
    seen: dict[str, int] = {}
    result = []
    for strategy in strategies:
        name = strategy.strategy_name()
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return tuple(result)


class CallbackStrategy(Strategy):
    """A strategy of callbacks, for what expressions can't say. Override what you need.

    ``declare`` names the features to compute; ``context.value(name, symbol)`` reads them. Callbacks see closed bars
    only, and their orders act from the next slice.

    terms: an Entry whose constants (order type, time in force, validity, which prices are given) hold for intents
    that the strategy hands to the engine whole; None for a strategy that sends orders.
    """

    terms: Entry | None = None

    def declare(self, bar: Bar) -> dict[str, Node]:
        """Features by name."""
        return {}

    def on_start(self, context: Context) -> None:
        """Before the first slice."""

    def on_bar(self, context: Context, symbol: str) -> None:
        """After each slice, once for every symbol with a valid bar."""

    def on_quote(self, context: Context, symbol: str) -> None:
        """After each quote, in event-by-event runs."""

    def on_trade(self, context: Context, symbol: str) -> None:
        """After each trade, in event-by-event runs."""

    def on_book(self, context: Context, symbol: str) -> None:
        """After each change of the book, in event-by-event runs."""

    def on_option_chain(self, context: Context, underlying: str) -> None:
        """After a new option chain."""

    def on_timer(self, context: Context, name: str) -> None:
        """When a timer fires."""

    def on_signal(self, context: Context, source: str, symbol: str) -> None:
        """When an external signal arrives."""

    def on_order(self, context: Context, order_id: int) -> None:
        """When one of this strategy's orders reached a final state without filling whole."""

    def on_fill(self, context: Context, order_id: int) -> None:
        """When one of this strategy's orders filled, wholly or in part."""

    def on_position(self, context: Context, symbol: str) -> None:
        """When a position opened, changed or closed."""

    def on_stop(self, context: Context) -> None:
        """After the last slice."""

    def save(self) -> dict[str, Any]:
        """State for a snapshot, of plain values."""
        return {}

    def load(self, state: dict[str, Any]) -> None:
        """Restore what ``save`` gave."""
