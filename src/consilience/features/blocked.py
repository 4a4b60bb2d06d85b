"""An evaluator in blocks of symbols, so that several cores share a slice and a block's values stay in their cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from consilience.core.errors import ReportBug, StrategyError
from consilience.features.bar import PRICE_FIELDS
from consilience.features.block import FeatureBlock
from consilience.features.catalog import feature as find_feature
from consilience.features.clock import gather_nb, load_masked_nb, load_part_nb, scatter_nb, show_part_nb
from consilience.features.evaluator import Evaluator, Memory, plain
from consilience.features.expression import Node, lift
from consilience.features.feature import Feature, Floats, Ints
from consilience.features.generate import kernel_of
from consilience.features.plan import Plan, Series, group_keys

MOST_A_BLOCK = 8192  # symbols: what Python does for a call is then less than a hundredth of the call
FEWEST_A_BLOCK = 256
_ELEMENTS = 1 << 15  # values of one call in one block: they stay in a core's cache until the next call reads them


class Pool(Protocol):
    """What runs blocks side by side: ``concurrent.futures.ThreadPoolExecutor`` does. Who makes it, ends it."""

    def map(self, work: Callable[[int], None], numbers: Iterable[int], /) -> Iterator[None]:
        """Call ``work`` for each number, perhaps at once; what it raised comes out of the iterator."""


class _PartPlan(Plan):
    """The plan of some symbols. Where a call reads all symbols its list of calls is cut, and others fill it in.

    barriers: for each such call its node, input [B, S] and output [B, S]. cuts: calls before each of them.
    """

    # many parameters: those of a plan
    def __init__(
        self, outputs: Sequence[Node], symbols: int, block: int, slots: Sequence[str], groups: Mapping[str, Ints]
    ) -> None:
        self.barriers: list[tuple[Node, Floats, Floats]] = []
        self.cuts: list[int] = []
        super().__init__(outputs, symbols, block, slots, groups)

    def _add_row(self, _: Feature, node: Node, series: Series, given: tuple[Series, int]) -> None:
        source, output = given
        self.barriers.append((node, source.out[output], series.out[0]))
        self.cuts.append(len(self.base))


class _Part(Evaluator):
    """The symbols from ``first`` on."""

    _whole = False

    def __init__(self, first: int, outputs: Sequence[Node], symbols: int, **options: Any) -> None:
        self.first, self.stop = first, first + symbols
        super().__init__(outputs, symbols, **options)

    def _make_plan(self, block: int) -> _PartPlan:
        self.plan = _PartPlan(list(self._seen.values()), self.symbols, block, self._slots, self._groups)
        return self.plan

    def columns(self, block: FeatureBlock) -> FeatureBlock:
        """The block with its columns of these symbols as views; prices are loaded from the whole."""
        first, stop = self.first, self.stop
        return block._replace(
            valid=block.valid[:, first:stop],
            session=block.session[:, first:stop],
            session_open=None if block.session_open is None else block.session_open[:, first:stop],
            slots=None if block.slots is None else block.slots[:, :, first:stop],
        )

    def begin(self, block: FeatureBlock) -> None:
        """Take the next slices in, of all symbols."""
        self._rows = block.ts.shape[0]
        self._begin(self.columns(block), self._rows)

    def _load_one(self, column: Any, target: Floats, count: int, dense: bool) -> None:
        if column.shape[1] == self.symbols:
            super()._load_one(column, target, count, dense)
        elif dense:
            load_part_nb(column, target, self.first, self._rows)
        else:
            load_masked_nb(column, target, self.plan.place(self._rows), self.first)

    def run(self, calls: tuple[int, int]) -> None:
        """The calls from ``calls[0]`` to ``calls[1]``."""
        for kernel, args in self.plan.base[calls[0] : calls[1]]:  # without barriers masked calls are the same
            kernel(*args)

    def end(self) -> None:
        """The block is done."""
        self._end(self._rows)

    def give(self, number: int, room: Floats) -> None:
        """Write a barrier's input, NaN where masked, to these symbols' columns of ``room``."""
        source = self.plan.barriers[number][1]
        aligned = source[: self._rows]
        if not self._dense:
            aligned = np.empty((self._rows, self.symbols))
            scatter_nb(source, aligned, self.plan.place(self._rows))
        show_part_nb(aligned, room, self.first, self._rows)

    def take(self, number: int, room: Floats) -> None:
        """Read a barrier's output."""
        target = self.plan.barriers[number][2]
        aligned = room[: self._rows, self.first : self.stop]
        if self._dense:
            target[: self._rows] = aligned
        else:
            gather_nb(np.ascontiguousarray(aligned), target, self.plan.place(self._rows))


def edges_of(symbols: int, most: int, pool: bool) -> list[int]:
    """Where blocks of at most ``most`` symbols begin, with the end of the last; an even number of them for a pool."""
    count = -(-symbols // most)
    if pool and symbols >= 2 * FEWEST_A_BLOCK:
        count += count % 2
    return [symbols * n // count for n in range(count + 1)]


class BlockedEvaluator:
    """What ``Evaluator`` is, in blocks of symbols: the same values bit for bit, and the same snapshots.

    Each block of symbols runs all its nodes before the next block begins; calls over all symbols of a slice (ranks,
    group means) wait for every block. pool: runs the blocks side by side, None for one after the other; kernels hold
    no lock. symbols_a_block: at most so many, None for what suits ``block``. The rest is as in ``Evaluator``.
    """

    # many parameters: those of an evaluator, and two of its own
    def __init__(
        self,
        outputs: Sequence[Node],
        symbols: int,
        *,
        pool: Pool | None = None,
        symbols_a_block: int | None = None,
        slots: Sequence[str] = (),
        block: int = 64,
        groups: Mapping[str, Ints] | None = None,
    ) -> None:
        most = max(FEWEST_A_BLOCK, min(MOST_A_BLOCK, _ELEMENTS // max(1, block)))
        most = most if symbols_a_block is None else symbols_a_block
        if symbols < 1 or block < 1 or most < 1:
            raise StrategyError("an evaluator needs at least one symbol, one slice a block and one symbol a block")
        self.symbols = symbols
        self._outputs = {o.uid: o for o in (lift(o, "an output") for o in outputs)}
        self._pool = pool
        self._groups = dict(groups or {})
        edges = edges_of(symbols, most, pool is not None)
        nodes = list(self._outputs.values())
        self.parts = tuple(
            _Part(first, nodes, stop - first, slots=slots, block=block) for first, stop in pairwise(edges)
        )
        self._text = self.parts[0].text(symbols, outputs)
        self._build()

    def _build(self) -> None:
        plan, symbols = self.parts[0].plan, self.symbols
        self.block = plan.block
        self._rows = 0
        self._shown: set[int] = set()  # outputs that are in their room
        self._room = {uid: np.full((self.block, symbols), np.nan) for uid in self._outputs}
        self._cursor = np.zeros((2, symbols + 2), np.int64)
        self._keys = [group_keys(find_feature(node.op), node, self._groups, symbols) for node, _, _ in plan.barriers]
        self._given = np.full((self.block if plan.barriers else 0, symbols), np.nan)
        self._found = self._given[None].copy()
        stops = sorted(set(plan.cuts))
        self._stretches = list(zip([0, *stops], [*stops, len(plan.base)], strict=True))

    def push(self, block: FeatureBlock) -> None:
        """Take the next slices in. Values of the previous push are overwritten."""
        rows = block.ts.shape[0]
        if rows > self.block:
            for part in self.parts:
                part.fit(rows)
            self._build()
        self._rows = rows
        self._cursor[1, self.symbols] = rows
        self._shown.clear()
        prices = {PRICE_FIELDS.index(name) for name in self.price_fields()}
        read = {name: plain(getattr(block.bars, name), np.float64) for name in map(PRICE_FIELDS.__getitem__, prices)}
        block = block._replace(bars=block.bars._replace(**read))
        for stretch, (start, _) in enumerate(self._stretches):
            if stretch:
                self._over_symbols(start)
            self._everywhere(partial(self._run, block, stretch))

    def _everywhere(self, work: Callable[[int], None]) -> None:
        if self._pool is None:
            for number in range(len(self.parts)):
                work(number)
            return
        others = self._pool.map(work, range(1, len(self.parts)))
        work(0)  # the caller would only wait
        for _ in others:
            pass

    def _run(self, block: FeatureBlock, stretch: int, number: int) -> None:
        part = self.parts[number]
        with np.errstate(all="ignore"):  # a thread has its own
            if stretch == 0:
                part.begin(block)
            part.run(self._stretches[stretch])
            if stretch + 1 == len(self._stretches):
                part.end()
                if self.block == 1:  # while the values are in this core's cache
                    for uid, node in self._outputs.items():
                        show_part_nb(part.value(node), self._room[uid], part.first, 1)

    def _over_symbols(self, cut: int) -> None:
        """Run the calls over all symbols that come after ``cut`` calls of every block."""
        plan = self.parts[0].plan
        for number, (node, _, _) in enumerate(plan.barriers):
            if plan.cuts[number] != cut:
                continue
            for part in self.parts:
                part.give(number, self._given)
            with np.errstate(all="ignore"):
                kernel_of(find_feature(node.op))(self._given, *self._keys[number], self._found, self._cursor)
            for part in self.parts:
                part.take(number, self._found[0])

    # ---- reading -------------------------------------------------------------------------------------------------
    def value(self, node: Node) -> Floats:
        """See ``Evaluator.value``."""
        try:
            room = self._room[node.uid]
        except (KeyError, AttributeError):
            raise ReportBug(f"{node!r} is not an output of this evaluator") from None
        if self.block > 1 and node.uid not in self._shown:
            self._shown.add(node.uid)
            for part in self.parts:
                show_part_nb(part.value(self._outputs[node.uid]), room, part.first, self._rows)
        return room[: self._rows]

    def price_fields(self) -> tuple[str, ...]:
        """See ``Evaluator.price_fields``."""
        return self.parts[0].price_fields()

    def warm_up(self, node: Node, bar_ns: int = 0) -> int:
        """See ``Evaluator.warm_up``."""
        return self.parts[0].warm_up(node, bar_ns)

    def memory(self) -> Memory:
        """Bytes for each symbol, as allocated, the values of all outputs included."""
        every = [(part.memory(), part.symbols) for part in self.parts]
        state, history, block = (sum(m[k] * s for m, s in every) / self.symbols for k in range(3))
        whole = sum(room.nbytes for room in self._room.values())
        whole += self._given.nbytes + self._found.nbytes + self._cursor.nbytes
        return Memory(state, history, block + whole / self.symbols)

    # ---- snapshots -----------------------------------------------------------------------------------------------
    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """As one ``Evaluator`` of all symbols gives it: snapshots do not know of blocks."""
        states = [part.state() for part in self.parts]
        found = {k: np.concatenate([s[k] for s in states], axis=-1) for k in states[0] if k != "graph"}
        return {"graph": np.frombuffer(self._text.encode(), np.uint8).copy(), **found}

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Go on from ``state``. Raises ReportBug when it belongs to another graph or number of symbols."""
        if bytes(state["graph"]).decode() != self._text:
            raise ReportBug("this snapshot belongs to another graph")
        for part in self.parts:
            mine = {k: a[..., part.first : part.stop] for k, a in state.items() if k != "graph"}
            part.restore({"graph": part.state()["graph"], **mine})
