"""What a catalogued feature is: one step function with its declared facts."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from consilience.core.spec import ParamSpec, Spec

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Number = float | int

BAR_FIELDS = (
    *("open", "high", "low", "close", "volume", "session", "typical"),
    *("bid", "ask", "bid_size", "ask_size", "trade_size", "aggressor", "time"),
)


class Kind(enum.Enum):
    """How a feature meets the array of symbols and bars."""

    STEP = "step"  # one symbol's valid bars in order, with carried state
    ELEMENTWISE = "elementwise"  # one value from values of the same bar, no state
    CROSS = "cross"  # all valid symbols of one slice
    GROUP = "group"  # the valid symbols of one slice that share a key
    COMPOSED = "composed"  # an expression of other features; it computes nothing of its own


class NanRule(enum.Enum):
    """What a NaN in any input does; the contract tests check what is declared."""

    RESTART = "NaN in gives NaN out and restarts the warm-up"
    POINT = "NaN in gives NaN out for that bar alone"
    OWN = "see the feature's text"


@dataclass(frozen=True, eq=False)
class Feature:
    """A step function and what the house must know to run it.

    step: plain Python that Numba can compile. Its form depends on ``kind``:
        STEP         ``step(state, i, s, *inputs, *params) -> (state, value)``; ``state`` is a tuple of floats, inputs
                     are float64 [rows, S] read at ``[i, s]`` and, up to ``lookback`` rows earlier, ``[i - lag, s]``.
                     Without ``initial`` there is no state: ``step(i, s, *inputs, *params) -> value``.
                     Several outputs: ``value`` is a tuple in the order of ``spec.outputs``.
        ELEMENTWISE  ``step(*values) -> value``
        CROSS        ``step(row, out)`` over one slice, float64 [S], NaN where masked; fills ``out``
        GROUP        ``step(row, keys, out)`` with int64 [S] keys, negative for "in no group"
        COMPOSED     ``step(ta, *inputs, *params) -> expression``, or a tuple of them in the order of ``spec.outputs``;
                     ``ta`` is the namespace of all features, and where the inputs are columns of a bar it gets the
                     bar. Warm-up and equality of blocks follow from its parts: of the fields below only ``sparse``
                     is its own.
    initial: state before the first bar and after a restart.
    lookback: given the parameters, how many earlier rows the step reads; None when it reads only the current bar.
    warm_up: given the parameters, bars before the first value, one number for all outputs or one for each.
    check: given the parameters, one line that says what is wrong with their combination, or None.
    nan: what NaN in does. carries: a masked slice shows the last value instead of NaN.
    sparse: a value waits for an event, such as the first pivot, and may be NaN after the warm-up too.
    scale, shift: what inputs times 2 (prices and volume) and prices plus a constant do to every output:
        a power (0 unchanged, 1 scales along) or None when nothing is promised; ``shift`` True when shifted along,
        False when unchanged, None when nothing is promised. Contract tests check them.
    allocates: a STEP that makes arrays of its own; its kernel counts references, which costs time on each bar.
    """

    spec: Spec
    step: Callable[..., Any]
    kind: Kind = Kind.STEP
    initial: tuple[float, ...] = ()
    lookback: Callable[..., int] | None = None
    warm_up: Callable[..., int | tuple[int, ...]] | None = None
    check: Callable[..., str | None] | None = None
    nan: NanRule = NanRule.RESTART
    carries: bool = False
    sparse: bool = False
    scale: int | None = None
    shift: bool | None = None
    allocates: bool = False

    @property
    def name(self) -> str:
        """Catalog name, also the name in ``ta``."""
        return self.spec.name

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.spec.outputs

    @property
    def takes_bar(self) -> bool:
        """Whether it reads columns of a bar, so that ``ta.<name>(bar, ...)`` is its call."""
        return bool(self.spec.inputs) and all(name in BAR_FIELDS for name in self.spec.inputs)

    def encoded(self, params: tuple[object, ...]) -> tuple[Number, ...]:
        """Parameters as the step gets them: a choice becomes its position; a group's key is no number."""
        if self.kind is Kind.GROUP:
            return ()
        return tuple(_encode(p, v) for p, v in zip(self.spec.params, params, strict=True))

    def rows_back(self, params: tuple[object, ...]) -> int:
        """Earlier rows the step reads, 0 when only the current one."""
        return 0 if self.lookback is None else max(1, self.lookback(*self.encoded(params)))

    def bars_before(self, params: tuple[object, ...]) -> tuple[int, ...]:
        """Warm-up bars of each output."""
        bars = 0 if self.warm_up is None else self.warm_up(*self.encoded(params))
        return bars if isinstance(bars, tuple) else (bars,) * len(self.outputs)


def _encode(param: ParamSpec, value: object) -> Number:
    if param.choices:
        return param.choices.index(str(value))
    if isinstance(param.default, int):
        return int(value)  # type: ignore[call-overload, no-any-return]
    return float(value)  # type: ignore[arg-type]


def period(default: int, low: int = 1, high: int = 10_000, name: str = "period", text: str = "") -> ParamSpec:
    """A length in bars."""
    return ParamSpec(name, default, low=low, high=high, unit="bars", text=text)
