"""Expressions: immutable nodes that say what to compute. Equal expressions are one object, computed once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NoReturn

from consilience.core.errors import StrategyError, nearest
from consilience.core.time import Timeframe
from consilience.features.catalog import feature as find_feature
from consilience.features.feature import Feature, Kind

ANY_TIMEFRAME = -1  # a constant fits every timeframe
BASE_TIMEFRAME = 0
INPUT, CONSTANT, ALIGN = "input", "constant", "align"

Operand = Any  # Node | float | int | bool, checked by ``lift``


class _Operators:
    """Arithmetic, comparison and logic that build nodes instead of computing."""

    __slots__ = ()
    __iter__: Any = None  # indexing means lag, not iteration

    def __add__(self, other: Operand) -> Node:
        return _apply("add", self, other)

    def __radd__(self, other: Operand) -> Node:
        return _apply("add", other, self)

    def __sub__(self, other: Operand) -> Node:
        return _apply("subtract", self, other)

    def __rsub__(self, other: Operand) -> Node:
        return _apply("subtract", other, self)

    def __mul__(self, other: Operand) -> Node:
        return _apply("multiply", self, other)

    def __rmul__(self, other: Operand) -> Node:
        return _apply("multiply", other, self)

    def __truediv__(self, other: Operand) -> Node:
        return _apply("divide", self, other)

    def __rtruediv__(self, other: Operand) -> Node:
        return _apply("divide", other, self)

    def __neg__(self) -> Node:
        return _apply("negative", self)

    def __abs__(self) -> Node:
        return _apply("absolute", self)

    def __lt__(self, other: Operand) -> Node:
        return _apply("less", self, other)

    def __le__(self, other: Operand) -> Node:
        return _apply("less_equal", self, other)

    def __gt__(self, other: Operand) -> Node:
        return _apply("greater", self, other)

    def __ge__(self, other: Operand) -> Node:
        return _apply("greater_equal", self, other)

    def __eq__(self, other: object) -> Node:  # type: ignore[override]
        return _apply("equal", self, other)

    def __ne__(self, other: object) -> Node:  # type: ignore[override]
        return _apply("not_equal", self, other)

    def __and__(self, other: Operand) -> Node:
        return _apply("both", self, other)

    def __rand__(self, other: Operand) -> Node:
        return _apply("both", other, self)

    def __or__(self, other: Operand) -> Node:
        return _apply("either", self, other)

    def __ror__(self, other: Operand) -> Node:
        return _apply("either", other, self)

    def __invert__(self) -> Node:
        return _apply("invert", self)

    def __bool__(self) -> NoReturn:
        raise StrategyError(
            "an expression has no truth value while a strategy is being defined; "
            "use & | ~ instead of and, or, not, and ta.where(...) instead of if"
        )

    __hash__ = object.__hash__


class Node(_Operators):
    """One expression: ``op`` of ``inputs`` with ``params``, on the bars of ``timeframe``.

    op: a feature's name, or 'input', 'constant', 'align'. output: which of the feature's outputs.
    timeframe: 0 for the slices themselves, else the bar length in ns; -1 for a constant.
    uid: hash of the expression's text, the same in every process.
    Comparisons (also ``==``) build nodes of 1.0 and 0.0; two nodes are the same expression when ``a is b``.
    ``x[n]`` and ``x.lag(n)`` are the value n valid bars ago.
    """

    __slots__ = ("inputs", "op", "output", "params", "timeframe", "uid")

    op: str
    inputs: tuple[Node, ...]
    params: tuple[object, ...]
    output: int
    timeframe: int
    uid: int

    def lag(self, bars: Any = 1) -> Node:
        """The value ``bars`` valid bars ago, NaN before that many bars."""
        return self if bars == 0 and bars is not False else call("lag", (self,), (bars,))

    def __getitem__(self, bars: Any) -> Node:
        if not isinstance(bars, int) or isinstance(bars, bool):
            raise StrategyError(f"x[n] is the value n bars ago, with a whole number n; got {bars!r}")
        if bars < 0:
            raise StrategyError(f"x[{bars}] would look into the future; use x[{-bars}] for the past")
        return self.lag(bars)

    def __repr__(self) -> str:
        if self.op == INPUT:
            name = str(self.params[0])
        elif self.op == CONSTANT:
            return repr(self.params[0])
        elif self.op == ALIGN:
            return repr(self.inputs[0])
        else:
            feature = find_feature(self.op)
            parts = [repr(i) for i in self.inputs] + [str(p) for p in self.params]
            name = f"{self.op}({', '.join(parts)})"
            if len(feature.outputs) > 1:
                name += f".{feature.outputs[self.output]}"
            return name
        return name if self.timeframe <= 0 else f"{name}@{Timeframe(self.timeframe)}"


class Outputs(_Operators):
    """The named outputs of one call, as ``ta.macd(bar.close).signal``; also unpacks in catalog order."""

    __slots__ = ("_nodes", "_what")

    def __init__(self, what: Feature, nodes: tuple[Node, ...]) -> None:
        self._what = what
        self._nodes = nodes

    def __getattr__(self, name: str) -> Node:
        names = self._what.outputs
        if name in names:
            return self._nodes[names.index(name)]
        if name.startswith("__"):
            raise AttributeError(name)
        near = nearest(name, names)
        hint = f"; did you mean .{near}?" if near else f"; it has {', '.join('.' + n for n in names)}"
        raise StrategyError(f"ta.{self._what.name} has no output '{name}'{hint}")

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes)

    def __repr__(self) -> str:
        return f"<outputs {', '.join(self._what.outputs)} of {self._what.name}>"


_INTERNED = 1 << 16  # expressions kept; one that was forgotten and is built again still counts as the same


def make_node(op: str, inputs: tuple[Node, ...], params: tuple[object, ...], output: int, timeframe: int) -> Node:
    """The one node of this expression, made when it is new."""
    # the kind of a number matters (1 == 1.0 == True) and -0.0 differs from 0.0
    exact = tuple(p.hex() if isinstance(p, float) else (type(p).__name__, p) for p in params)
    uids = tuple(i.uid for i in inputs)
    return _interned((op, uids, exact, output, timeframe), _Parts(inputs, params))


class _Parts:
    """What a new node holds; all alike, because the key beside it tells expressions apart."""

    __slots__ = ("inputs", "params")

    def __init__(self, inputs: tuple[Node, ...], params: tuple[object, ...]) -> None:
        self.inputs, self.params = inputs, params

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Parts)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=_INTERNED)
def _interned(key: tuple[str, tuple[int, ...], tuple[object, ...], int, int], parts: _Parts) -> Node:
    node = object.__new__(Node)
    node.inputs, node.params = parts.inputs, parts.params
    node.op, _, _, node.output, node.timeframe = key
    node.uid = int.from_bytes(blake2b(repr(key).encode(), digest_size=12).digest(), "big")
    return node


def constant(value: float) -> Node:
    """A node of one number. Raises StrategyError for NaN and infinities."""
    number = float(value)
    if not math.isfinite(number):
        raise StrategyError(f"{value!r} is not a number that an expression can hold")
    return make_node(CONSTANT, (), (number,), 0, ANY_TIMEFRAME)


def source(name: str, timeframe: int = BASE_TIMEFRAME) -> Node:
    """A column that the evaluator is given: a bar field, a time field or 'slot:<name>'."""
    return make_node(INPUT, (), (name,), 0, timeframe)


def lift(value: Operand, what: str = "an expression") -> Node:
    """``value`` as a node. Raises StrategyError for anything that is neither a node nor a number."""
    if isinstance(value, Node):
        return value
    if isinstance(value, (int, float)):
        return constant(value)
    if isinstance(value, Outputs):
        names = ", ".join("." + n for n in value._what.outputs)
        raise StrategyError(f"ta.{value._what.name} has several outputs; choose one of {names}")
    raise StrategyError(f"{what} must be an expression or a number, not {type(value).__name__}")


def on_base(node: Node) -> Node:
    """``node`` as seen on every slice: the last closed bar's value when it lives on a higher timeframe."""
    return make_node(ALIGN, (node,), (), 0, BASE_TIMEFRAME) if node.timeframe > 0 else node


def _common(feature: Feature, inputs: tuple[Node, ...]) -> tuple[tuple[Node, ...], int]:
    """Inputs on one timeframe: their own when it is the same for all, else the slices'."""
    frames = {i.timeframe for i in inputs} - {ANY_TIMEFRAME}
    on_slices = feature.carries or feature.kind in (Kind.CROSS, Kind.GROUP)
    if len(frames) == 1 and not on_slices:
        return inputs, frames.pop()
    if not frames:
        # a feature of constants alone still counts bars
        return inputs, ANY_TIMEFRAME if feature.kind is Kind.ELEMENTWISE else BASE_TIMEFRAME
    return tuple(on_base(i) for i in inputs), BASE_TIMEFRAME


def checked(feature: Feature, params: tuple[object, ...]) -> tuple[object, ...]:
    """The parameters of a call, each of its kind. Raises StrategyError for one out of range."""
    name = feature.name
    for spec, value in zip(feature.spec.params, params, strict=True):
        problem = spec.problem_with(value)
        if problem:
            raise StrategyError(f"ta.{name}: {problem}")
    typed = tuple(
        float(v) if isinstance(p.default, float) else v  # type: ignore[arg-type]
        for p, v in zip(feature.spec.params, params, strict=True)
    )
    problem = feature.check(*feature.encoded(typed)) if feature.check else None
    if problem:
        raise StrategyError(f"ta.{name}: {problem}")
    return typed


def call_all(name: str, inputs: tuple[Node, ...], params: tuple[object, ...]) -> tuple[Node, ...]:
    """Nodes of every output of a feature that computes. Raises StrategyError for parameters out of range."""
    feature = find_feature(name)
    typed = checked(feature, params)
    inputs, timeframe = _common(feature, inputs)
    return tuple(make_node(name, inputs, typed, n, timeframe) for n in range(len(feature.outputs)))


def call(name: str, inputs: tuple[Node, ...], params: tuple[object, ...] = ()) -> Node:
    """The node of a feature with one output."""
    return call_all(name, inputs, params)[0]


def _apply(name: str, *operands: Operand) -> Node:
    return call(name, tuple(lift(o, f"an operand of '{name}'") for o in operands))
