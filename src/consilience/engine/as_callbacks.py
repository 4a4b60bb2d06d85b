"""A declarative strategy in the callback form: the proof that both forms are one pipeline."""

from __future__ import annotations

import math

from consilience.engine.context import EngineContext
from consilience.engine.intent import Intent
from consilience.features.bar import Bar
from consilience.features.expression import Node, lift
from consilience.strategies.base import CallbackStrategy, Strategy
from consilience.strategies.context import Context

_CONDITIONS = ("long", "short", "exit_long", "exit_short")
_PRICES = ("limit", "stop", "stop_loss", "take_profit", "trail", "size")


class AsCallbacks(CallbackStrategy):
    """Reads its own columns by ``context.value`` and hands each bar's intent to the engine."""

    def __init__(self, inner: Strategy) -> None:
        super().__init__()
        self.inner = inner
        self._given: frozenset[str] = frozenset()

    def declare(self, bar: Bar) -> dict[str, Node]:
        """The inner strategy's columns by name; its constants become the terms of what this one decides."""
        self.terms = self.inner.define(bar)
        columns = self.terms.columns()
        self._given = frozenset(columns)
        return {name: lift(value, name) for name, value in columns.items()}

    def on_bar(self, context: Context, symbol: str) -> None:
        """The intent of this bar, as the compiled loop reads it: conditions are true above 0.5."""
        given = self._given
        says = [name in given and context.value(name, symbol) > 0.5 for name in _CONDITIONS]
        if not any(says):
            return
        limit, stop, loss, target, trail, size = (
            context.value(name, symbol) if name in given else math.nan for name in _PRICES
        )
        confidence = context.value("confidence", symbol) if "confidence" in given else 1.0
        intent = Intent(says[0], says[1], says[2], says[3], limit, stop, loss, target, trail, size, confidence)
        assert isinstance(context, EngineContext)
        context.decide(symbol, intent)
