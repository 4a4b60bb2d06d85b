"""The one evaluator: runs sorted nodes over blocks of slices with carried state. One slice a block is streaming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.errors import ReportBug, StrategyError
from consilience.core.jit import JIT_ENABLED
from consilience.core.time import DAY, HOUR, MICROSECOND, MINUTE
from consilience.features.bar import PRICE_FIELDS
from consilience.features.block import FeatureBlock
from consilience.features.catalog import feature as find_feature
from consilience.features.clock import Clock, load_dense_nb, load_masked_nb, pack_nb, scatter_carried_nb, scatter_nb
from consilience.features.expression import ALIGN, CONSTANT, INPUT, Node, lift, on_base
from consilience.features.feature import Floats, Ints
from consilience.features.plan import Plan, Series, Step
from consilience.features.timeframe import COLUMNS, Columns, Times

_ELEMENTS_A_BLOCK = 1 << 14  # the inputs and outputs of one call stay in the second-level cache together


def block_for(symbols: int, threads: int = 1) -> int:
    """Slices a block that keep a node's values in cache: 4096 for few symbols, 1 for very many.

    symbols: those of one thread. Several threads get twice as many slices: they wait for each other at the end of a
    push and for the interpreter before each call, which costs more than the larger block does.
    """
    return max(1, min(4096, (1 + (threads > 1)) * _ELEMENTS_A_BLOCK // max(1, symbols)))


def plain(array: Any, kind: type) -> Any:
    """``array`` itself when a kernel takes it as it is, else a plain copy (one array type means one compilation)."""
    if array.dtype == kind and array.flags.carray:
        return array
    return np.array(array, kind, order="C", copy=True)


def _owner(array: Any) -> Any:
    """The array that holds the memory of a view."""
    return array if array.base is None else _owner(array.base)


class Memory(NamedTuple):
    """Bytes a symbol. state: what a node remembers. history: the rings that are looked back on, the block included.
    block: the values of the slices at hand, masks and places included; it goes with the slices a block."""

    state: float
    history: float
    block: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.state + self.history + self.block


class Evaluator:
    """Values of ``outputs`` over blocks of slices of ``symbols`` symbols.

    The same history in any partition into blocks gives the same bits. Memory is bounded by the longest look back and
    the block, not by the history. Evaluators share nothing: two may run in two threads.

    slots: names of external series, in the order of ``FeatureBlock.slots``. block: most slices a push (it grows when a
    push is larger). groups: int64 [S] keys for the group features by name, negative for "in none".
    Raises StrategyError for an unknown slot or group key.
    """

    _whole = True  # all calls of a block run at once

    def __init__(
        self,
        outputs: Sequence[Node],
        symbols: int,
        *,
        slots: Sequence[str] = (),
        block: int = 4096,
        groups: Mapping[str, Ints] | None = None,
    ) -> None:
        if symbols < 1 or block < 1:
            raise StrategyError("an evaluator needs at least one symbol and one slice a block")
        self.symbols = symbols
        self._outputs = tuple(lift(o, "an output") for o in outputs)
        self._slots = tuple(slots)
        self._groups = dict(groups or {})
        self._seen = {o.uid: on_base(o) for o in self._outputs}
        self._rows = 0
        self._dense = True
        self._build(block)

    def _build(self, block: int) -> None:
        self.block = block
        self._plan = self._make_plan(block)
        if self._whole:
            self._plan.pair_up()
        self._where = {uid: (self._plan.series_of(n, max(n.timeframe, 0)), n.output) for uid, n in self._seen.items()}
        self._carried = {id(series): before for series, before in self._plan.carrying}
        self._views: dict[tuple[int, int], Floats] = {}
        self._scattered: dict[int, Floats] = {}
        self._current: set[int] = set()
        # a clock field that nothing reads costs nothing
        self._prices = [(PRICE_FIELDS.index(n), a) for n, a in self._plan.sources.items() if n in PRICE_FIELDS]
        self._others = [(n, a) for n, a in self._plan.sources.items() if n not in PRICE_FIELDS]

    def _make_plan(self, block: int) -> Plan:
        return Plan(list(self._seen.values()), self.symbols, block, self._slots, self._groups)

    # ---- running -------------------------------------------------------------------------------------------------
    def push(self, block: FeatureBlock) -> None:
        """Take the next slices in. Values of the previous push are overwritten."""
        rows = block.ts.shape[0]
        self.fit(rows)
        self._rows = rows
        if JIT_ENABLED:
            self._push(block, rows)
        else:
            with np.errstate(all="ignore"):  # the plain form computes on NumPy scalars, which warn
                self._push(block, rows)

    def fit(self, rows: int) -> None:
        """Grow the blocks to ``rows`` slices where they are smaller."""
        if rows > self.block:
            state = self.state()
            self._build(rows)
            self.restore(state)

    def _push(self, block: FeatureBlock, rows: int) -> None:
        self._begin(block, rows)
        for kernel, args in self._plan.base if self._dense else self._plan.masked:
            kernel(*args)
        self._end(rows)

    def _begin(self, block: FeatureBlock, rows: int) -> None:
        """Load the block's columns and run the higher timeframes."""
        plan = self._plan
        clock = plan.clock
        dense = block.dense or bool(block.valid.all())
        self._dense = dense
        if dense:
            clock.begin_dense(rows)
        else:
            pack_nb(plain(block.valid, np.bool_), plan.place(rows), clock.cursor)
            clock.begin_masked(int(clock.cursor[1, self.symbols]))
            plan.aligned_cursor[1, self.symbols] = rows
            self._current.clear()
            for series, before in plan.carrying:
                before[:] = series.memory[0]
        self._load(block, dense)
        for length in plan.frames:
            self._run_frame(length, block, dense)

    def _end(self, rows: int) -> None:
        if self._dense:
            self._plan.clock.end_dense(rows)
        else:
            self._plan.clock.end_masked()

    def _load(self, block: FeatureBlock, dense: bool) -> None:
        count = self._rows * self.symbols
        for index, target in self._prices:
            column = block.bars[index]
            if column is None:
                raise StrategyError(f"the block brings no quotes, but bar.{PRICE_FIELDS[index]} is read")
            self._load_one(column, target, count, dense)
        for name, target in self._others:
            self._load_one(self._column(name, block), target, count, dense)

    def _load_one(self, column: Any, target: Floats, count: int, dense: bool) -> None:
        source = plain(column, np.float64)
        if dense:
            load_dense_nb(source.reshape(-1), target.reshape(-1), count)
        else:
            load_masked_nb(source, target, self._plan.place(self._rows), 0)

    def _column(self, name: str, block: FeatureBlock) -> Any:
        if name.startswith("slot:"):
            if block.slots is None:
                raise StrategyError(f"the block brings no external series, but '{name[5:]}' is read")
            return block.slots[self._slots.index(name[5:])]
        if name == "session":
            return block.session
        if name == "minute_of_session" and block.session_open is not None:
            return (block.ts[:, None] - block.session_open) // MINUTE
        if name == "time":
            return np.broadcast_to((block.ts // MICROSECOND)[:, None], block.valid.shape)
        minutes = (block.ts % DAY) // (HOUR if name == "hour" else MINUTE)
        return np.broadcast_to(minutes[:, None], block.valid.shape)

    def _run_frame(self, length: int, block: FeatureBlock, dense: bool) -> None:
        if block.duration_ns > length:
            raise StrategyError(f"bar.at: a timeframe of {length} ns is shorter than the bars, {block.duration_ns} ns")
        plan = self._plan
        frame = plan.frames[length]
        session = plain(block.session, np.int64)
        opens = block.session_open
        times = Times(
            plain(block.ts, np.int64),
            session,
            session if opens is None else plain(opens, np.int64),
            plan.place(self._rows),
        )
        bars = Columns(*(plan.sources[name] for name in COLUMNS))
        if frame.build(bars, times, opens is not None, dense):
            for kernel, args in plan.frame_steps[length]:
                kernel(*args)
        frame.clock.end_masked()

    # ---- reading -------------------------------------------------------------------------------------------------
    def value(self, node: Node) -> Floats:
        """Values of an output in the last push: float64 [B, S], C-contiguous, NaN where masked or not known.

        The array is overwritten by the next push; do not write to it.
        """
        try:
            series, output = self._where[node.uid]
        except (KeyError, AttributeError):
            raise ReportBug(f"{node!r} is not an output of this evaluator") from None
        if self._dense:
            key = (node.uid, self._rows)
            view = self._views.get(key)
            if view is None:
                if len(self._views) > 4096:
                    self._views.clear()
                view = self._views[key] = series.out[output, : self._rows]
            return view
        aligned = self._scattered.get(node.uid)
        if aligned is None:
            aligned = self._scattered[node.uid] = np.full((self.block, self.symbols), np.nan)
        aligned = aligned[: self._rows]
        if node.uid not in self._current:
            self._current.add(node.uid)
            self._scatter(series, output, aligned)
        return aligned

    def _scatter(self, series: Series, output: int, aligned: Floats) -> None:
        if series.node.op == CONSTANT:
            aligned[:] = series.out[0, : self._rows]
            return
        before = self._carried.get(id(series))
        place = self._plan.place(self._rows)
        if before is None:
            scatter_nb(series.out[output], aligned, place)
        else:
            scatter_carried_nb(series.out[output], aligned, place, before)

    def price_fields(self) -> tuple[str, ...]:
        """Names of the price columns that are read; the others of a block may hold anything."""
        return tuple(PRICE_FIELDS[index] for index, _ in self._prices)

    def warm_up(self, node: Node, bar_ns: int = 0) -> int:
        """Index of the first bar that can have a value, counted in valid bars from the first.

        A higher timeframe counts its own bars; with ``bar_ns``, the length of a slice's bar, they are turned to slices
        (a bound: the first bucket may be shorter).
        """
        return bars_before(node, bar_ns, {})

    def plan_steps(self) -> tuple[Step, ...]:
        """The kernel calls of a block without masked slices, in order."""
        return tuple(self._plan.base)

    def memory(self) -> Memory:
        """Bytes for each symbol, as allocated."""
        plan = self._plan
        clocks = self._clocks()
        state = sum(s.memory.nbytes for s in plan.series.values()) + sum(b.nbytes for _, b in plan.carrying)
        state += sum(f.building.parts.nbytes + f.building.when.nbytes for f in plan.frames.values())
        history = sum(ring.nbytes for clock in clocks for ring, _ in clock.rings)
        owners = {id(a): a for a in (_owner(x) for x in self._buffers())}
        block = sum(a.nbytes for a in owners.values()) + sum(clock.cursor.nbytes for clock in clocks)
        return Memory(*(size / self.symbols for size in (state, history, block)))

    def _buffers(self) -> Iterator[npt.NDArray[np.generic]]:
        """Everything whose size goes with the block."""
        plan = self._plan
        yield from (series.out for series in plan.series.values())
        yield from plan.sources.values()
        yield from plan.row_buffers
        yield from self._scattered.values()
        yield plan.place(self.block)
        yield plan.aligned_cursor
        for frame in plan.frames.values():
            yield from frame.columns
            yield frame.closed

    # ---- snapshots -----------------------------------------------------------------------------------------------
    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything that later values depend on, as arrays of its own."""
        plan = self._plan
        found: dict[str, npt.NDArray[np.generic]] = {"graph": np.frombuffer(self._text().encode(), np.uint8).copy()}
        for n, (key, series) in enumerate(plan.series.items()):
            if series.memory.size:
                found[f"memory/{n}"] = series.memory.copy()
            for output, rings in enumerate(series.rings):
                if rings:
                    past = plan.clock_of(key).past(rings[max(rings)], series.lookback[output])
                    found[f"history/{n}/{output}"] = past
        for length, frame in plan.frames.items():
            found[f"building/{length}/parts"] = frame.building.parts.copy()
            found[f"building/{length}/when"] = frame.building.when.copy()
        return found

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Go on from ``state``. Raises ReportBug when it belongs to another graph or number of symbols."""
        if bytes(state["graph"]).decode() != self._text():
            raise ReportBug("this snapshot belongs to another graph")
        plan = self._plan
        for clock in self._clocks():
            clock.restart()
        for n, series in enumerate(plan.series.values()):
            if series.memory.size:
                series.memory[:] = state[f"memory/{n}"]
            for output, rings in enumerate(series.rings):
                for size, ring in rings.items():
                    past = state[f"history/{n}/{output}"][-size:]
                    ring[size - len(past) :] = past
        for length, frame in plan.frames.items():
            frame.building.parts[:] = state[f"building/{length}/parts"]
            frame.building.when[:] = state[f"building/{length}/when"]

    def _clocks(self) -> list[Clock]:
        return [self._plan.clock, *(f.clock for f in self._plan.frames.values())]

    def _text(self) -> str:
        return self.text(self.symbols, self._outputs)

    @staticmethod
    def text(symbols: int, outputs: Sequence[Node]) -> str:
        """What a snapshot of these outputs is known by."""
        return f"{symbols} symbols: " + "; ".join(repr(o) for o in outputs)


def bars_before(node: Node, bar_ns: int, known: dict[int, int]) -> int:
    """See ``Evaluator.warm_up``; ``known`` remembers nodes by uid."""
    if node.uid not in known:
        before = max([bars_before(i, bar_ns, known) for i in node.inputs], default=0)
        if node.op == ALIGN and bar_ns > 0:
            before = (before + 1) * -(-node.inputs[0].timeframe // bar_ns) - 1
        elif node.op not in (INPUT, CONSTANT, ALIGN):
            before += find_feature(node.op).bars_before(node.params)[node.output]
        known[node.uid] = before
    return known[node.uid]
