"""The callback driver: Python after each slice, and the compiled step only when an order waits or money is asked about.

Strategies have their turns in the order in which they were given, whatever their form; the venue serves their orders in
that order too (``priority``), so where cash is short the earlier one has it. The slice step decides for the declarative
strategies ahead of the first callback strategy; each callback strategy then follows in its place, and the declarative
ones behind it in theirs. What a turn asks for is answered before the next one. What is asked in ``on_fill``,
``on_order`` and ``on_position`` comes between the slice step and the first callback turn.

A strategy that raises is set aside: its orders are cancelled, its positions closed at the market as soon as their
symbols trade, and it is called no more. The others go on as if it had fallen silent. When none is left the run ends
with what the last one raised.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

import numpy as np

from consilience.core.codes import FIRST_FINAL_STATUS, OrderStatus
from consilience.core.panel import Panel
from consilience.core.schemas import ACCOUNT_DTYPE
from consilience.engine.columns import ColumnMaker, Graph
from consilience.engine.context import EngineContext
from consilience.engine.failures import Failure, is_ours
from consilience.engine.measures import Measures
from consilience.strategies.base import CallbackStrategy, Strategy

# The account as plain integers: reading one through a view of the record costs a tenth of NumPy's scalar access.
_PLACE = {name: k for k, name in enumerate(ACCOUNT_DTYPE.names or ())}
ALIVE, ACTIONS, REQUESTS, ORDERS = (_PLACE[name] for name in ("alive", "actions", "requests", "orders"))
FILLS, FAULT = _PLACE["fills"], _PLACE["fault"]
NEVER = 2**62

Lanes = tuple[int, int]
# lanes that decide just before it, who it is, and which of its methods are called
Turn = tuple[Lanes | None, CallbackStrategy, EngineContext, tuple[Callable[[EngineContext, str], None], ...]]


def overrides(strategy: CallbackStrategy, *names: str) -> bool:
    """Whether the strategy has its own version of one of these callbacks."""
    return any(getattr(type(strategy), name) is not getattr(CallbackStrategy, name) for name in names)


class CallbackDriver(Measures, ABC):
    """Part of a session: who is called when, and what happens to a strategy that raises."""

    strategies: tuple[Strategy, ...]
    symbols: tuple[str, ...]
    graph: Graph
    maker: ColumnMaker
    failures: list[Failure]
    kinds: bytes | None
    numbers: memoryview
    slices: int
    _contexts: list[tuple[CallbackStrategy, EngineContext]]
    _leaving: list[EngineContext]  # of failed strategies that may still hold or have ordered something
    _rows: tuple[int, int]
    _wake: int
    _led: int  # the slice step decides for so many strategies, the first ones
    _mixed: bool
    _listens: bool
    _watched: list[int]
    _seen_fills: int

    @abstractmethod
    def _advance(self, stop: int) -> None:
        """Run the compiled step up to market row ``stop``: the session's part."""

    @abstractmethod
    def _decide_lanes(self, row: int, lanes: Lanes) -> None:
        """The decisions of some lanes in market row ``row``, after what was asked so far: the session's part."""

    def _run_callbacks(self, panel: Panel, start: int, stop: int) -> None:
        for strategy, context in self._contexts:
            declared = self.graph.declared[self.strategies.index(strategy)]
            context.load(start, {name: self.maker.value(node) for name, node in declared.items()})
        for context in self._leaving:
            context.load(start, {})
        first = int(self.book.config["first_decision"][0]) - self.slices
        if self.kinds is not None:
            self._run_events(panel, start, stop)
        else:
            self._run_bars(panel, start, stop, first)
        self.row = stop - 1
        if self.numbers[REQUESTS]:
            self._wake = 0  # what was asked in the last slice may be refused: that is told in the next
        self._advance(stop)

    def _turns(self, *names: str) -> tuple[list[Turn], Lanes | None]:
        """The callback strategies with their methods ``names``, in order, and the lanes that decide after the last."""
        turns: list[Turn] = []
        first = self._led
        for strategy, context in self._contexts:
            place = self.strategies.index(strategy)
            methods = tuple(getattr(strategy, name) for name in names)
            turns.append((self._lanes_of(first, place), strategy, context, methods))
            first = place + 1
        return turns, self._lanes_of(first, len(self.strategies))

    def _lanes_of(self, first: int, stop: int) -> Lanes | None:
        """Lanes of the strategies ``first`` to ``stop`` from the first declarative one on, None without any."""
        while first < stop and self.graph.entries[first] is None:
            first += 1
        return (first * len(self.symbols), stop * len(self.symbols)) if first < stop else None

    def _run_bars(self, panel: Panel, start: int, stop: int, first: int) -> None:
        turns, rest = self._turns("on_bar")
        everyone: Sequence[str] = self.symbols
        dense, valid = panel.dense, panel.valid
        lone = len(turns) == len(everyone) == 1 and turns[0][0] is None and rest is None
        if dense and lone and first <= start and not self._leaving:
            start = self._run_one(start, stop, everyone[0])
        block = self._rows[0]
        for row in range(start, stop):
            if row >= self._wake:
                self._arrive(row)
            if len(turns) != len(self._contexts):
                turns, rest = self._turns("on_bar")
            if row < first:
                continue
            present = everyone if dense else tuple(compress(everyone, valid[row].tobytes()))
            for before, strategy, context, (on_bar,) in turns:
                if before is not None:
                    self._decide_lanes(row, before)
                context.index = row - block
                try:
                    for name in present:
                        on_bar(context, name)
                except Exception as error:  # noqa: BLE001  (a strategy may raise anything)
                    self._set_aside(strategy, "on_bar", error)
            if rest is not None:
                self._decide_lanes(row, rest)
            if self._leaving:
                self._close_down(row)

    def _run_one(self, start: int, stop: int, name: str) -> int:
        """One strategy, one symbol, no masks: the same with nothing in the loop that it does not need.

        Returns the first row not yet done: not ``stop`` where the strategy was set aside.
        """
        strategy, context = self._contexts[0]
        on_bar = strategy.on_bar
        block = self._rows[0]
        for index in range(start - block, stop - block):
            if index + block >= self._wake:
                self._arrive(index + block)
                if self._leaving:
                    break
            context.index = index
            try:
                on_bar(context, name)
            except Exception as error:  # noqa: BLE001  (a strategy may raise anything)
                self._set_aside(strategy, "on_bar", error)
                break
        else:
            return stop
        self._close_down(index + block)
        return index + block + 1

    def _run_events(self, panel: Panel, start: int, stop: int) -> None:
        """Each valid event to ``on_quote``, ``on_trade`` or ``on_book`` of every callback strategy."""
        assert self.kinds is not None
        columns = panel.valid[start:stop].argmax(axis=1).tolist()
        valid = np.asarray(panel.valid[start:stop].any(axis=1)).tolist()
        names = ("on_quote", "on_trade", "on_book")
        turns, rest = self._turns(*names)
        for index, (column, usable, kind) in enumerate(zip(columns, valid, self.kinds[start:stop], strict=True)):
            if index + start >= self._wake:
                self._arrive(index + start)
            if len(turns) != len(self._contexts):
                turns, rest = self._turns(*names)
            for before, strategy, context, handlers in turns:
                if before is not None:
                    self._decide_lanes(index + start, before)
                if usable:
                    context.index = index
                    try:
                        handlers[kind](context, self.symbols[column])
                    except Exception as error:  # noqa: BLE001  (a strategy may raise anything)
                        self._set_aside(strategy, names[kind], error)
            if rest is not None:
                self._decide_lanes(index + start, rest)
            if self._leaving:
                self._close_down(index + start)

    def _arrive(self, row: int) -> None:
        """Bring the venue up to ``row`` and tell what happened there. What was asked before was asked one row ago."""
        self.row = max(row - 1, 0)
        self._advance(row + 1)
        self.row = row
        done, actions = self.numbers[ACTIONS], self.panel.actions
        self._wake = int(actions["row"][done]) if done < len(actions) else NEVER
        if self._mixed or self.numbers[ALIVE] > 0:
            self._wake = 0
        fills = self.numbers[FILLS]
        if fills != self._seen_fills:
            for context in (*(c for _, c in self._contexts), *self._leaving):
                context.refresh()
        if self._listens and (self._watched or fills != self._seen_fills):
            for _, context in self._contexts:
                context.index = row - self._rows[0]
            self._tell()
        self._seen_fills = fills

    def _tell(self) -> None:
        """Report new fills and dead orders to the strategies that own them."""
        symbols = len(self.symbols)
        by_strategy = {self.strategies.index(s): (s, c) for s, c in self._contexts}
        fills = self.numbers[FILLS]
        news = self.book.fills[self._seen_fills : fills]
        for lane, order in zip(news["lane"].tolist(), news["order"].tolist(), strict=True):
            pair = by_strategy.get(lane // symbols)
            if pair is not None:
                strategy, context = pair
                if order >= 0:
                    self._guard(strategy, "on_fill", strategy.on_fill, context, order)
                self._guard(strategy, "on_position", strategy.on_position, context, self.symbols[lane % symbols])
        watched, self._watched = self._watched, []
        for number in watched:
            status, lane = int(self.book.orders[number]["status"]), int(self.book.orders[number]["lane"])
            if status < FIRST_FINAL_STATUS:
                self._watched.append(number)
            elif status != OrderStatus.FILLED and lane // symbols in by_strategy:
                strategy, context = by_strategy[lane // symbols]
                self._guard(strategy, "on_order", strategy.on_order, context, number)

    # ---- isolation -----------------------------------------------------------------------------------------------
    def _guard(self, strategy: CallbackStrategy, where: str, call: Callable[..., None], *arguments: Any) -> None:
        """Call a rare callback of a strategy that has not been set aside."""
        if any(f.strategy == self.strategies.index(strategy) for f in self.failures):
            return
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001  (a strategy may raise anything)
            self._set_aside(strategy, where, error)

    def _set_aside(self, strategy: CallbackStrategy, where: str, error: Exception) -> None:
        """Note a failure. Raises ``error`` itself when it is the run's own, or when no strategy is left."""
        if is_ours(error):
            raise error
        number = self.strategies.index(strategy)
        mine = next(context for one, context in self._contexts if one is strategy)
        ts = int(self.panel.ts[self._rows[0] + mine.index]) if self._rows[1] else None
        self.failures.append(Failure(number, where, ts, error))
        if len(self.failures) == len(self.strategies):
            raise error
        self._leaving.append(mine)
        # a new list: who walks over the old one goes on undisturbed
        self._contexts = [pair for pair in self._contexts if pair[0] is not strategy]
        self._wake = 0

    def _close_down(self, row: int) -> None:
        """Cancel what failed strategies have ordered and close what they hold, as far as their symbols trade now."""
        open_still = []
        for context in self._leaving:
            context.index = row - self._rows[0]
            self.row = row
            context.refresh()
            if context.withdraw(self.panel.valid[row].tolist()):
                open_still.append(context)
        self._leaving = open_still
        if open_still:
            self._wake = 0
