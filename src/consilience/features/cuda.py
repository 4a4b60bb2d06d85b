"""The evaluator on an NVIDIA GPU: the same step functions as device functions, one thread for each symbol and set."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from consilience.core.errors import ReportBug, StrategyError
from consilience.core.jit import cuda, generated_module
from consilience.core.time import MICROSECOND
from consilience.features.bar import PRICE_FIELDS
from consilience.features.block import FeatureBlock
from consilience.features.catalog import feature as find_feature
from consilience.features.evaluator import bars_before
from consilience.features.expression import CONSTANT, INPUT, Node, lift
from consilience.features.feature import Feature, Floats, Kind
from consilience.features.plan import sorted_nodes

THREADS = 128  # a block of threads
GroupKey = tuple[str, tuple[int, ...]]

_HEAD = '''"""Generated from {module}.{step} for CUDA; do not edit."""

from consilience.core.jit import cuda as _door
from {module} import {step} as _plain

cuda = _door()
step = cuda.jit(device=True)(_plain)


@cuda.jit
def {name}_cuda({inputs}, back, out, first, memory, counts, whole, real):
    symbols = counts.shape[0]
    at = cuda.grid(1)
    if at >= symbols * whole.shape[0]:
        return
    p = at // symbols
    s = at - p * symbols
'''

_SHARED = '''"""What the CUDA evaluator needs beside steps; generated so that it is made where there is a GPU only."""

from consilience.core.jit import cuda as _door
from consilience.features.arithmetic import LARGEST, NAN

cuda = _door()


@cuda.jit
def load_cuda(source, valid, target, first):
    s = cuda.grid(1)
    if s >= source.shape[1]:
        return
    k = first
    for t in range(source.shape[0]):
        if valid[t, s]:
            value = source[t, s]
            target[0, 0, k, s] = value if abs(value) <= LARGEST else NAN
            k += 1


@cuda.jit
def keep_cuda(values, lookback, counts):
    symbols = counts.shape[0]
    at = cuda.grid(1)
    if at >= symbols * values.shape[0] * values.shape[1]:
        return
    call = at // symbols
    s = at - call * symbols
    p = call // values.shape[1]
    n = call - p * values.shape[1]
    for k in range(lookback):
        values[p, n, k, s] = values[p, n, counts[s] + k, s]


@cuda.jit
def show_cuda(values, p, n, first, valid, out):
    s = cuda.grid(1)
    if s >= out.shape[1]:
        return
    k = first
    for t in range(valid.shape[0]):
        if valid[t, s]:
            out[t, s] = values[p, n, k, s]
            k += 1
        else:
            out[t, s] = NAN
'''


def source_of(feature: Feature) -> str:
    """Text of the feature's CUDA module: the loop over one symbol's bars, with the state in registers."""
    inputs = [f"x{n}" for n in range(len(feature.spec.inputs))]
    outs, state = len(feature.outputs), len(feature.initial)
    text = _HEAD.format(
        module=feature.step.__module__, step=feature.step.__name__, name=feature.name, inputs=", ".join(inputs)
    )
    if feature.kind is Kind.ELEMENTWISE:
        values = ", ".join(f"{x}[back + k, s]" for x in inputs)
        return text + f"    for k in range(counts[s]):\n        out[p, 0, first + k, s] = step({values})\n"
    params = [f"p{n}" for n in range(len(feature.spec.params))]
    lines = [
        f"    {name} = {'whole' if param.choices or isinstance(param.default, int) else 'real'}[p, {n}]"
        for n, (name, param) in enumerate(zip(params, feature.spec.params, strict=True))
    ]
    arguments = ", ".join([*(["state"] if state else []), "back + k", "s", *inputs, *params])
    if state:
        lines.append("    state = (" + ", ".join(f"memory[p, {n}, s]" for n in range(state)) + ",)")
    lines += ["    for k in range(counts[s]):", f"        {'state, ' if state else ''}found = step({arguments})"]
    lines += [f"        out[p, {n}, first + k, s] = found" + (f"[{n}]" if outs > 1 else "") for n in range(outs)]
    lines += [f"    memory[p, {n}, s] = state[{n}]" for n in range(state)]
    return text + "\n".join(lines) + "\n"


@cache
def kernel_of(feature: Feature) -> Any:
    """The CUDA kernel of a feature; Numba compiles it at its first launch."""
    return getattr(generated_module(f"{feature.name}_cuda", source_of(feature)), f"{feature.name}_cuda")


class _Values:
    """Where calls of one feature over the same inputs live: float64 [sets, outputs, lookback + block, S] on the GPU."""

    def __init__(self, sets: Sequence[Node], outputs: int) -> None:
        self.sets = {node.params: n for n, node in enumerate(sets)}
        self.outputs, self.lookback = outputs, 0
        self.device: Any = None
        self.launch: tuple[Any, ...] = ()

    def place(self, node: Node) -> tuple[int, int]:
        """Set and output of a node."""
        return self.sets[node.params], node.output


class CudaEvaluator:
    """Values of ``outputs`` over blocks of slices, computed on a GPU; ``value`` brings an output to the host.

    Calls of one feature over the same inputs are one launch, a thread for each symbol and each set of parameters: a
    sweep of parameters fills the GPU as many symbols do. Masked slices are packed away as on the CPU. Only steps and
    elementwise features of the slices' bars: no higher timeframe, nothing over all symbols, no carried values.
    The GPU may fuse a product and a sum, so that results can differ from the CPU's in the last bits.
    Raises ConfigError where there is no GPU, StrategyError for a feature that runs on the CPU alone.
    """

    def __init__(self, outputs: Sequence[Node], symbols: int, *, block: int = 64) -> None:
        if symbols < 1 or block < 1:
            raise StrategyError("an evaluator needs at least one symbol and one slice a block")
        self._cuda = cuda()
        self._shared = generated_module("shared_cuda", _SHARED)
        self.symbols, self.block, self._rows = symbols, block, 0
        self._outputs = {o.uid: o for o in (lift(o, "an output") for o in outputs)}
        self._nodes = sorted_nodes(list(self._outputs.values()))
        for node in self._nodes:
            _refuse(node)
        self._values: dict[GroupKey, _Values] = {}
        for node in self._nodes:
            self._register(node)
        self._lookbacks()
        self._place()

    # ---- building ------------------------------------------------------------------------------------------------
    @staticmethod
    def _key(node: Node) -> GroupKey:
        return (node.op, tuple(i.uid for i in node.inputs) if node.inputs else (node.uid,))

    def _register(self, node: Node) -> None:
        key = self._key(node)
        if key not in self._values:
            sets = {n.params: n for n in self._nodes if self._key(n) == key}
            count = 1 if node.op in (INPUT, CONSTANT) else len(find_feature(node.op).outputs)
            self._values[key] = _Values(list(sets.values()), count)

    def _lookbacks(self) -> None:
        for node in self._nodes:
            if node.op not in (INPUT, CONSTANT):
                rows = find_feature(node.op).rows_back(node.params)
                for i in node.inputs:
                    source = self._values[self._key(i)]
                    source.lookback = max(source.lookback, rows)

    def _place(self) -> None:
        """Memory on the GPU, and the launches in order."""
        done: set[GroupKey] = set()
        self._launches: list[_Values] = []
        self._columns: list[tuple[str, _Values]] = []
        for node in self._nodes:
            key = self._key(node)
            if key in done:
                continue
            done.add(key)
            values = self._values[key]
            room = (len(values.sets), values.outputs, values.lookback + self.block, self.symbols)
            start = np.full(room, node.params[0] if node.op == CONSTANT else np.nan, np.float64)
            values.device = self._cuda.to_device(start)
            if node.op == INPUT:
                self._columns.append((str(node.params[0]), values))
            elif node.op != CONSTANT:
                values.launch = self._arguments(node, values)
                self._launches.append(values)
        self._counts = self._cuda.to_device(np.zeros(self.symbols, np.int64))

    def _arguments(self, node: Node, values: _Values) -> tuple[Any, ...]:
        """Kernel, inputs, rows back, and what a launch needs of state and parameters."""
        feature = find_feature(node.op)
        back = max(feature.rows_back(params) for params in values.sets)
        inputs = []
        for i in node.inputs:
            source = self._values[self._key(i)]
            p, n = source.place(i)
            inputs.append(source.device[p, n, source.lookback - back :])
        encoded = [feature.encoded(params) or (0,) for params in values.sets]
        whole = self._cuda.to_device(np.array([[int(v) for v in e] for e in encoded], np.int64))
        real = self._cuda.to_device(np.array(encoded, np.float64))
        initial = np.array(feature.initial or (0.0,), np.float64)
        memory = np.broadcast_to(initial[None, :, None], (len(encoded), len(initial), self.symbols))
        state = self._cuda.to_device(np.ascontiguousarray(memory))
        return kernel_of(feature), inputs, back, state, whole, real

    # ---- running -------------------------------------------------------------------------------------------------
    def push(self, block: FeatureBlock) -> None:
        """Take the next slices in. Values of the previous push are overwritten."""
        rows = block.ts.shape[0]
        if rows > self.block:
            raise StrategyError(f"a push of {rows} slices to a CUDA evaluator of {self.block}; give block={rows}")
        for values in self._values.values():
            self._run(self._shared.keep_cuda, len(values.sets) * values.outputs, values.device, values.lookback)
        self._rows = rows
        self._valid = self._cuda.to_device(np.ascontiguousarray(block.valid))
        counts = np.count_nonzero(block.valid, axis=0).astype(np.int64)
        for name, values in self._columns:
            column = _column(block, name)
            source = self._cuda.to_device(np.ascontiguousarray(column, np.float64))
            self._shared.load_cuda[self._grid(1)](source, self._valid, values.device, values.lookback)
        self._counts = self._cuda.to_device(counts)
        for values in self._launches:
            kernel, inputs, back, memory, whole, real = values.launch
            self._run(
                kernel, len(values.sets), *inputs, back, values.device, values.lookback, memory, then=(whole, real)
            )

    def _run(self, kernel: Any, copies: int, *given: Any, then: tuple[Any, ...] = ()) -> None:
        kernel[self._grid(copies)](*given, self._counts, *then)

    def _grid(self, copies: int) -> tuple[int, int]:
        threads = min(THREADS, copies * self.symbols)
        return -(-copies * self.symbols // threads), threads

    def price_fields(self) -> tuple[str, ...]:
        """See ``Evaluator.price_fields``."""
        return tuple(name for name, _ in self._columns if name in PRICE_FIELDS)

    def value(self, node: Node) -> Floats:
        """Values of an output in the last push: float64 [B, S], NaN where masked or not known; the caller's own."""
        if node.uid not in self._outputs:
            raise ReportBug(f"{node!r} is not an output of this evaluator")
        values = self._values[self._key(node)]
        out = self._cuda.to_device(np.full((self._rows, self.symbols), np.nan))
        p, n = values.place(node)
        self._shared.show_cuda[self._grid(1)](values.device, p, n, values.lookback, self._valid, out)
        found: Floats = out.copy_to_host()
        return found


class CudaStages:
    """A ``CudaEvaluator`` that a sweep takes for a ``StagedEvaluator``: all stages are computed at ``begin``."""

    dense = False  # values are read one output at a time

    def __init__(self, stages: Sequence[Sequence[Node]], symbols: int, *, block: int) -> None:
        nodes = {n.uid: n for wanted in stages for n in wanted}
        self._evaluator = CudaEvaluator(list(nodes.values()), symbols, block=block)
        self.value = self._evaluator.value
        self.begin = self._evaluator.push
        self.price_fields = self._evaluator.price_fields

    def warm_up_of(self, node: Node, known: dict[int, int]) -> int:
        """See ``StagedEvaluator``."""
        return bars_before(node, 0, known)

    def row(self, _: Node) -> int:
        """No output lies in a table on the host."""
        return -1

    def run_stage(self, number: int) -> None:
        """Done at ``begin``."""

    def end(self) -> None:
        """Nothing is left to do."""


def _column(block: FeatureBlock, name: str) -> Any:
    """A column of the block by the name of its source."""
    if name == "session":
        return block.session
    if name == "time":
        return np.broadcast_to((block.ts // MICROSECOND)[:, None], block.valid.shape)
    return block.bars[PRICE_FIELDS.index(name)]


def _refuse(node: Node) -> None:
    """Raises StrategyError for what a GPU thread of one symbol cannot know."""
    if node.timeframe > 0:
        raise StrategyError("bar.at runs on the CPU alone; leave --device cuda out")
    if node.op == CONSTANT:
        return
    if node.op == INPUT:
        if node.params[0] not in (*PRICE_FIELDS, "session", "time"):
            raise StrategyError(f"'{node.params[0]}' runs on the CPU alone; leave --device cuda out")
        return
    feature = find_feature(node.op)
    if feature.kind not in (Kind.STEP, Kind.ELEMENTWISE) or feature.carries:
        raise StrategyError(f"ta.{feature.name} runs on the CPU alone; leave --device cuda out")
