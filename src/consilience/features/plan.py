"""From output nodes to buffers and an ordered list of kernel calls, made once for each evaluator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from consilience.core.errors import StrategyError, nearest
from consilience.features.bar import PRICE_FIELDS, TIME_FIELDS
from consilience.features.catalog import feature as find_feature
from consilience.features.clock import Clock, append_nb, gather_nb, ring_rows, scatter_nb
from consilience.features.expression import ALIGN, CONSTANT, INPUT, Node
from consilience.features.feature import Feature, Floats, Ints, Kind
from consilience.features.generate import kernel_of, pair_kernel_of
from consilience.features.timeframe import COLUMNS, Frame, align_nb

CallKey = tuple[object, ...]
Step = tuple[Callable[..., Any], tuple[Any, ...]]


class Series:
    """Where one call's outputs of the current block live: ``out`` float64 [outputs, block, S], compact."""

    def __init__(self, node: Node, outputs: int, block: int, symbols: int, room: Floats | None = None) -> None:
        self.node = node
        self.out = np.full((outputs, block, symbols), np.nan) if room is None else room
        self.memory = np.zeros((0, symbols))  # state [K, S]
        self.lookback = [0] * outputs
        self.rings: list[dict[int, Floats]] = [{} for _ in range(outputs)]  # by their rows

    def flat(self, output: int) -> Floats:
        """One output as a flat array."""
        flat: Floats = self.out[output].reshape(-1)
        return flat


def sorted_nodes(outputs: Sequence[Node]) -> list[Node]:
    """All nodes below ``outputs``, inputs before users, in an order that depends on the expressions alone."""
    order: dict[int, Node] = {}
    stack: list[tuple[Node, bool]] = [(node, False) for node in reversed(outputs)]
    while stack:
        node, ready = stack.pop()
        if node.uid in order:
            continue
        if ready:
            order[node.uid] = node
        else:
            stack.append((node, True))
            stack.extend((i, False) for i in reversed(node.inputs))
    return list(order.values())


def group_keys(feature: Feature, node: Node, groups: Mapping[str, Ints], symbols: int) -> tuple[Ints, ...]:
    """The int64 [S] keys that a group feature reads, none for another. Raises StrategyError where they are missing."""
    if feature.kind is not Kind.GROUP:
        return ()
    name = str(node.params[0])
    if name not in groups:
        near = nearest(name, groups)
        raise StrategyError(f"there is no group key '{name}'" + (f"; did you mean '{near}'?" if near else ""))
    keys = np.ascontiguousarray(groups[name], np.int64)
    if keys.shape != (symbols,):
        raise StrategyError(f"group key '{name}' has {keys.size} entries for {symbols} symbols")
    return (keys,)


def over_symbols(node: Node) -> bool:
    """Whether the call reads all symbols of a slice."""
    return find_feature(node.op).kind in (Kind.CROSS, Kind.GROUP)


class Plan:
    """Buffers and kernel calls of one graph.

    sources: name -> buffer [block, S] of the columns to load. frames: higher timeframes in use.
    base, masked: calls for a block without and with masked slices. frame_steps: calls of each timeframe.
    """

    def __init__(
        self, outputs: Sequence[Node], symbols: int, block: int, slots: Sequence[str], groups: Mapping[str, Ints]
    ) -> None:
        self.symbols, self.block = symbols, block
        self._slots, self._groups = tuple(slots), groups
        self.nodes = self._order(sorted_nodes(outputs))
        self._place = np.zeros((block, symbols), np.int64)
        self.series: dict[CallKey, Series] = {}
        self.sources: dict[str, Floats] = {}
        self.frames: dict[int, Frame] = {}
        self.base: list[Step] = []
        self.masked: list[Step] = []
        self.frame_steps: dict[int, list[Step]] = {}
        self.carrying: list[tuple[Series, Floats]] = []  # `last` nodes and their values ahead of the block
        self._recursive: dict[int, Feature] = {}  # by the identity of their kernels
        self.row_buffers: list[Floats] = []  # aligned rows over all symbols, for blocks with masked slices
        self.aligned_cursor = np.zeros((2, symbols + 2), np.int64)
        self._rings: dict[tuple[CallKey, int], dict[int, int]] = {}  # rows -> longest look back
        self._ring_of: dict[CallKey, int] = {}
        self._find_rings()
        self.clock = Clock(symbols)
        for frame in sorted({n.timeframe for n in self.nodes if n.timeframe > 0}):
            self.frames[frame] = Frame(frame, symbols, block)
            self.frame_steps[frame] = []
        if self.frames:
            for name in COLUMNS:
                self._source_buffer(name)
        for node in self.nodes:
            self._add(node)

    def pair_up(self) -> None:
        """Run neighbouring calls of one recursive feature in one loop, where there is one symbol: half the waiting."""
        if self.symbols == 1:
            self.base, self.masked = self._paired(self.base), self._paired(self.masked)

    def _paired(self, steps: list[Step]) -> list[Step]:
        found: list[Step] = []
        for kernel, args in steps:
            feature = self._recursive.get(id(kernel))
            if feature is not None and found and found[-1][0] is kernel:
                before = found[-1][1]
                inputs = args[0] if isinstance(args[0], tuple) else (args[0],)
                if not any(np.may_share_memory(x, before[1]) for x in inputs):
                    found[-1] = (pair_kernel_of(feature), (before, args))
                    continue
            found.append((kernel, args))
        return found

    def _order(self, nodes: list[Node]) -> list[Node]:
        """The order to run in: sorted by how many rows over all symbols a node waits for, those rows last."""
        level: dict[int, int] = {}
        for node in nodes:
            waits = max([(level[i.uid] + 1) // 2 for i in node.inputs], default=0)
            level[node.uid] = 2 * waits + (node.op not in (INPUT, CONSTANT, ALIGN) and over_symbols(node))
        return sorted(nodes, key=lambda node: level[node.uid])

    # ---- lookups -------------------------------------------------------------------------------------------------
    @staticmethod
    def key_of(node: Node, timeframe: int) -> CallKey:
        """Nodes that are outputs of one call share this; a constant has a buffer on each clock that reads it."""
        return (node.op, tuple(i.uid for i in node.inputs), node.uid if not node.inputs else node.params, timeframe)

    def series_of(self, node: Node, timeframe: int | None = None) -> Series:
        """The buffers of ``node`` on the clock of ``timeframe`` (its own when None)."""
        return self.series[self.key_of(node, node.timeframe if timeframe is None else timeframe)]

    def _rings_of(self, node: Node, user: Node) -> dict[int, int]:
        return self._rings.setdefault((self.key_of(node, self._clock_of(node, user)), node.output), {})

    def clock_of(self, key: CallKey) -> Clock:
        """The clock that a call ticks with."""
        timeframe = key[-1]
        return self.frames[timeframe].clock if isinstance(timeframe, int) and timeframe > 0 else self.clock

    def _find_rings(self) -> None:
        """Give each call that looks back the rings it reads: one number of rows for all its inputs.

        Longest look backs first, so that the shorter ones find a ring that is long enough.
        """
        wanted: dict[CallKey, tuple[int, Node]] = {}
        for node in self.nodes:
            rows = 0 if node.op in (INPUT, CONSTANT, ALIGN) else find_feature(node.op).rows_back(node.params)
            if rows:
                wanted.setdefault(self.key_of(node, node.timeframe), (rows, node))
        for key, (rows, node) in sorted(wanted.items(), key=lambda item: -item[1][0]):
            least = ring_rows(rows, self.block + (node.timeframe > 0))
            read = [
                self._rings.setdefault((self.key_of(i, self._clock_of(i, node)), i.output), {}) for i in node.inputs
            ]
            sizes = {least, *(size for rings in read for size in rings if size > least)}
            size = min(sizes, key=lambda n: (n * sum(n not in rings for rings in read), n))
            self._ring_of[key] = size
            for rings in read:
                rings[size] = max(rows, rings.get(size, 0))

    @staticmethod
    def _clock_of(node: Node, user: Node) -> int:
        """Timeframe of the buffer that ``user`` reads ``node`` from."""
        return max(user.timeframe, 0) if node.op == CONSTANT or node.timeframe < 0 else node.timeframe

    # ---- building ------------------------------------------------------------------------------------------------
    def _add(self, node: Node) -> None:
        if node.timeframe >= 0:
            self._add_on(node, node.timeframe)
            return
        # expressions of constants alone run on every clock that reads them
        for frame in (0, *self.frames):
            self._add_on(node, frame)

    def _add_on(self, node: Node, timeframe: int) -> None:
        key = self.key_of(node, timeframe)
        if key in self.series:
            return
        rows = self.block + (1 if timeframe else 0)
        count = 1 if node.op in (INPUT, CONSTANT, ALIGN) else len(find_feature(node.op).outputs)
        series = Series(node, count, rows, self.symbols, self._room_for(key, count, timeframe))
        self.series[key] = series
        if node.op == CONSTANT:
            value: Any = node.params[0]
            series.out[:] = value
        elif node.op == INPUT:
            self._add_input(node, series, timeframe)
        elif node.op == ALIGN:
            self._add_align(node, series)
        else:
            self._add_call(node, series, timeframe)
        clock = self.clock_of(key)
        for output in range(count):
            for size, lookback in self._rings.get((key, output), {}).items():
                ring = series.rings[output][size] = clock.add_ring(size, lookback)
                series.lookback[output] = max(lookback, series.lookback[output])
                self._emit(timeframe, append_nb, (series.flat(output), ring.reshape(-1), size - 1, clock.cursor))

    def _room_for(self, key: CallKey, outputs: int, timeframe: int) -> Floats | None:  # noqa: ARG002  (a hook)
        """Where the call's outputs shall live; None for memory of its own."""
        return None

    def _emit(self, timeframe: int, kernel: Callable[..., Any], args: tuple[Any, ...]) -> None:
        if timeframe:
            self.frame_steps[timeframe].append((kernel, args))
        else:
            self.base.append((kernel, args))
            self.masked.append((kernel, args))

    def _source_buffer(self, name: str) -> Floats:
        if name not in self.sources:
            self.sources[name] = np.full((self.block, self.symbols), np.nan)
        return self.sources[name]

    def _add_input(self, node: Node, series: Series, timeframe: int) -> None:
        name = str(node.params[0])
        if timeframe:
            series.out = getattr(self.frames[timeframe].columns, name)[None]
            return
        known = [*PRICE_FIELDS, *TIME_FIELDS, *(f"slot:{s}" for s in self._slots)]
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean '{near.removeprefix('slot:')}'?" if near else ""
            raise StrategyError(f"there is no external series '{name.removeprefix('slot:')}'{hint}")
        series.out = self._source_buffer(name)[None]

    def _add_align(self, node: Node, series: Series) -> None:
        inner = node.inputs[0]
        frame = self.frames[inner.timeframe]
        values = self.series_of(inner).out[inner.output]
        series.memory = np.full((1, self.symbols), np.nan)
        self._emit(0, align_nb, (values, series.out, series.memory, frame.closed, self.clock.cursor))

    def _add_call(self, node: Node, series: Series, timeframe: int) -> None:
        feature = find_feature(node.op)
        inputs = [
            (self.series_of(i, self._clock_of(i, node) if i.timeframe >= 0 else timeframe), i.output)
            for i in node.inputs
        ]
        kernel = kernel_of(feature)
        if feature.kind is Kind.ELEMENTWISE:
            flats = tuple(series_in.flat(output) for series_in, output in inputs)
            self._emit(timeframe, kernel, (*flats, series.flat(0), self.clock_of(self.key_of(node, timeframe)).cursor))
        elif feature.kind is Kind.STEP:
            self._add_step(feature, node, series, inputs, timeframe)
        else:
            self._add_row(feature, node, series, inputs[0])

    def _add_step(
        self, feature: Feature, node: Node, series: Series, inputs: list[tuple[Series, int]], timeframe: int
    ) -> None:
        key = self.key_of(node, timeframe)
        size = self._ring_of.get(key, 0)
        arrays = [source.rings[output][size] if size else source.out[output] for source, output in inputs]
        series.memory = np.repeat(np.array(feature.initial, np.float64)[:, None], self.symbols, axis=1)
        params = (max(0, size - 1), *feature.encoded(node.params))
        if feature.initial:
            self._recursive[id(kernel_of(feature))] = feature
        x = arrays[0] if len(arrays) == 1 else tuple(arrays)
        self._emit(timeframe, kernel_of(feature), (x, series.out, series.memory, self.clock_of(key).cursor, params))
        if feature.carries and not timeframe:
            self.carrying.append((series, np.full(self.symbols, np.nan)))

    def _add_row(self, feature: Feature, node: Node, series: Series, given: tuple[Series, int]) -> None:
        kernel = kernel_of(feature)
        extra = group_keys(feature, node, self._groups, self.symbols)
        source, output = given
        compact = source.out[output]
        self.base.append((kernel, (compact, *extra, series.out, self.clock.cursor)))
        aligned = np.full((self.block, self.symbols), np.nan)
        result = np.full((1, self.block, self.symbols), np.nan)
        self.row_buffers += [aligned, result]

        def masked() -> None:
            rows = int(self.aligned_cursor[1, self.symbols])
            place = self.place(rows)
            scatter_nb(compact, aligned[:rows], place)
            kernel(aligned, *extra, result, self.aligned_cursor)
            gather_nb(result[0, :rows], series.out[0], place)

        self.masked.append((masked, ()))

    def place(self, rows: int) -> Ints:
        """Compact row of each aligned bar of the block, int64 [rows, S]."""
        return self._place[:rows]
