"""From a panel and strategies to decision columns, block by block: the feature side of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from consilience.core.errors import ReportBug, StrategyError
from consilience.core.panel import Floats, Ints, Panel
from consilience.engine.book import Columns
from consilience.engine.desk import NO_BLOCK, Desk
from consilience.engine.failures import is_ours
from consilience.engine.fused import ROWS, Fused, FusedColumns, FusedGraph
from consilience.engine.growth import with_room
from consilience.engine.inputs import require_inputs, slots_of
from consilience.engine.risk_inputs import INPUTS, SINCE_OPEN, risk_inputs, session_minutes
from consilience.engine.violation_log import most_violations
from consilience.features.bar import bar
from consilience.features.block import FeatureBlock
from consilience.features.blocked import FEWEST_A_BLOCK, BlockedEvaluator, Pool
from consilience.features.evaluator import Evaluator
from consilience.features.expression import Node, lift
from consilience.market.float_bars import FloatBarMaker
from consilience.market.slots import SlotMaker
from consilience.signals.fusion.profile import FusionProfile
from consilience.signals.fusion.stage import Outlook, no_outlook
from consilience.strategies.base import CallbackStrategy, Strategy
from consilience.strategies.entry import COLUMNS, Entry

_ABSENT = np.zeros((0, 0), np.float64)
_ONE_SYMBOL_BLOCK = 16384  # fewer, longer blocks: with one symbol the calls cost more than the cache saves


class Graph:
    """What every strategy of a run wants computed: entries as columns, features of callback strategies by name.

    bar_ns: length of the run's bars, 0 where it is not known: a timeframe below it is a fault of its strategy.
    full_risk: whether the inputs of the full rule set are wanted too. kelly: whether fused
    signals keep their record. quotes: whether the run has quotes.
    feeds: external feeds of the run; a slot that none of them fills is a fault of its strategy, unless ``open_slots``:
    then it stays NaN. slots: names of the series that are read.
    A strategy whose ``define`` or ``declare`` raises wants nothing and stands in ``failed``; when all do, the first
    one's exception is raised.
    """

    # many parameters: what a run has, each with a default
    def __init__(
        self,
        strategies: Sequence[Strategy],
        bar_ns: int = 0,
        *,
        feeds: Sequence[str] = (),
        open_slots: bool = False,
        full_risk: bool = False,
        kelly: bool = False,
        quotes: bool = True,
    ) -> None:
        self._quotes = quotes
        self.kelly = kelly
        self.inputs = risk_inputs(bar) if full_risk else ()
        self.entries: list[Entry | None] = [None] * len(strategies)
        self.columns: list[dict[str, Node]] = [{} for _ in strategies]
        self.declared: list[dict[str, Node]] = [{} for _ in strategies]
        self.fused: dict[int, FusedGraph] = {}
        self.failed: dict[int, Exception] = {}
        self._strategies = tuple(strategies)
        self._bar_ns, self._feeds, self._open_slots = bar_ns, tuple(feeds), open_slots
        for k, strategy in enumerate(strategies):
            try:
                self._take(k, strategy)
            except Exception as error:
                if is_ours(error):
                    raise
                self.failed[k] = error
        if len(self.failed) == len(self._strategies) > 0:
            raise self.failed[0]

    def _take(self, k: int, strategy: Strategy) -> None:
        if isinstance(strategy, CallbackStrategy):
            named = {name: lift(node, name) for name, node in strategy.declare(bar).items()}
            self._require_inputs(named.values())
            self.declared[k] = named
            return
        entry: object = strategy.define(bar)
        if not isinstance(entry, Entry):
            name = strategy.strategy_name()
            raise StrategyError(f"{name}.define must return an Entry, not {type(entry).__name__}")
        if isinstance(strategy, Fused):
            graph = strategy.graph(bar, quotes=self._quotes)
            self._require_inputs(graph.nodes().values(), open_slots=True)
            self.entries[k], self.fused[k] = entry, graph
            return
        columns = {name: lift(value, name) for name, value in entry.columns().items()}
        self._require_inputs(columns.values())
        self.entries[k], self.columns[k] = entry, columns

    def fusion_of(self, strategy: int) -> FusionProfile:
        """The profile of a fused strategy."""
        fused = self._strategies[strategy]
        if not isinstance(fused, Fused):
            raise ReportBug(f"strategy {strategy} is not fused")
        return fused.fusion

    def stage_of(self, strategy: int) -> str:
        """The method that says what a strategy wants."""
        return "declare" if isinstance(self._strategies[strategy], CallbackStrategy) else "define"

    def outputs(self) -> list[Node]:
        """Every node that someone reads, each once."""
        heard = (graph.nodes() for graph in self.fused.values())
        nodes = [n for group in (*self.columns, *self.declared, *heard) for n in group.values()]
        return list({n.uid: n for n in (*nodes, *self.inputs)}.values())

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the external series that the nodes read, in the order in which they are met."""
        return slots_of(self.outputs())

    def _require_inputs(self, nodes: Iterable[Node], *, open_slots: bool = False) -> None:
        require_inputs(nodes, self._bar_ns, self._feeds, open_slots=open_slots or self._open_slots)


class ColumnMaker:
    """Evaluates a graph over the slices of panels and lays the results out as decision columns [B, L].

    pool: computes blocks of symbols side by side where there are many; the values do not depend on it. outlook: what
    fusion is told beside its profile.
    """

    # many parameters: what a run has, each with a default
    def __init__(
        self,
        graph: Graph,
        symbols: int,
        *,
        groups: Mapping[str, Ints] | None = None,
        block: int | None = None,
        pool: Pool | None = None,
        outlook: Outlook | None = None,
    ) -> None:
        self.graph = graph
        self._symbols = symbols
        self.block = block or (_ONE_SYMBOL_BLOCK if symbols == 1 else max(64, min(4096, (1 << 18) // symbols)))
        outputs = graph.outputs()
        self._evaluator: Evaluator | BlockedEvaluator | None = None
        if outputs and symbols >= 2 * FEWEST_A_BLOCK:
            self._evaluator = BlockedEvaluator(
                outputs, symbols, pool=pool, slots=graph.slots, block=self.block, groups=groups
            )
        elif outputs:
            self._evaluator = Evaluator(outputs, symbols, slots=graph.slots, block=self.block, groups=groups)
        self._bars = FloatBarMaker(symbols, self._evaluator.price_fields() if self._evaluator else ())
        self._slots = SlotMaker(graph.slots, symbols) if graph.slots else None
        self._room: dict[str, Floats] = {}
        told = no_outlook(symbols) if outlook is None else outlook
        self.fused = {
            k: FusedColumns(heard, graph.fusion_of(k), told, kelly=graph.kelly) for k, heard in graph.fused.items()
        }
        self._risk = np.full((INPUTS, self.block, symbols), np.nan) if graph.inputs else NO_BLOCK
        self._fused = np.full((ROWS, self.block, symbols * len(graph.columns)), np.nan) if self.fused else NO_BLOCK

    def push(self, panel: Panel, start: int, stop: int, session_open: Ints | None) -> None:
        """Evaluate slices ``start`` to ``stop`` of ``panel``; its rows must follow those of the last push."""
        if self._evaluator is None:
            return
        self._evaluator.push(
            FeatureBlock(
                ts=panel.ts[start:stop],
                bars=self._bars.make(panel, start, stop),
                valid=panel.valid[start:stop],
                session=panel.session[start:stop],
                session_open=None if session_open is None else session_open[start:stop],
                duration_ns=panel.duration_ns,
                slots=None if self._slots is None else self._slots.push(panel, start, stop),
                dense=panel.dense,
            )
        )

    def price_fields(self) -> frozenset[str]:
        """Columns of the market that some feature reads."""
        return frozenset(self._evaluator.price_fields() if self._evaluator else ())

    def value(self, node: Node) -> Floats:
        """Aligned [B, S] values of a node in the last push."""
        if self._evaluator is None:
            raise StrategyError("nothing was declared")
        return self._evaluator.value(node)

    def memory(self) -> float:
        """Bytes a symbol that the features hold: state, look backs and the values of a block."""
        return self._evaluator.memory().total if self._evaluator else 0.0

    def warm_up(self) -> int:
        """Bars before every output can have a value."""
        if self._evaluator is None:
            return 0
        return max((self._evaluator.warm_up(node) for node in self.graph.outputs()), default=0)

    def columns(self, rows: int) -> Columns:
        """Decision columns of the last push, which had ``rows`` slices. Overwritten by the next call."""
        if len(self.graph.columns) == 1 and not self.fused:
            only = self.graph.columns[0]
            found = {name: self.value(node) for name, node in only.items()}
            if "long" not in found:
                found["long"] = self._buffer("long", rows, 0.0)
            return Columns(*(found.get(name, _ABSENT) for name in COLUMNS))
        wanted = [name for name in COLUMNS if name == "long" or any(name in c for c in self.graph.columns)]
        return Columns(*(self._stack(name, rows) if name in wanted else _ABSENT for name in COLUMNS))

    def for_desk(self, desk: Desk, halts: int, panel: Panel, start: int, stop: int) -> Desk:
        """The desk with what risk must know and what fusion made of the last push, slices ``start`` to ``stop``.

        halts: rows of the log of halts that are used.
        """
        rows, flags = stop - start, None if panel.flags is None else panel.flags[start:stop]
        for k, heard in self.fused.items():
            heard.make(self.value, flags, rows, self._fused[:, :, k * self._symbols : (k + 1) * self._symbols])
        for k, node in enumerate(self.graph.inputs):
            self._risk[k, :rows] = self.value(node)[:rows]
        if self.graph.inputs:
            session_minutes(panel, start, stop, self._risk[SINCE_OPEN:, :rows])
        return desk._replace(
            inputs=self._risk,
            fused=self._fused,
            halts=with_room(desk.halts, halts, rows),
            violations=with_room(desk.violations, int(desk.risk[0]["violations"]), most_violations(rows)),
        )

    def _buffer(self, name: str, rows: int, fill: float) -> Floats:
        lanes = self._symbols * len(self.graph.columns)
        buffer = self._room.get(name)
        if buffer is None or buffer.shape[0] < rows:
            buffer = self._room[name] = np.full((max(rows, self.block), lanes), fill)
        return buffer[:rows]

    def _stack(self, name: str, rows: int) -> Floats:
        buffer = self._buffer(name, rows, np.nan)
        for k, columns in enumerate(self.graph.columns):
            if name in columns:
                buffer[:, k * self._symbols : (k + 1) * self._symbols] = self.value(columns[name])
        return buffer
