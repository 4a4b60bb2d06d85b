"""How many examples and cases a test gets: all of them compiled, fewer as plain Python.

The compiled run is the check. The run with ``NUMBA_DISABLE_JIT=1`` shows which lines are reached and that the plain
form keeps the same law; it is many times slower, under coverage more so.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
# not from core.jit: that imports Numba, which tests of the house law do without
PLAIN = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def examples(compiled: int) -> int:
    """The number of examples in this run of a property that gets ``compiled`` of them in the compiled run."""
    return max(1, compiled // 4) if PLAIN else compiled


def cases(compiled: Iterable[T], every: int) -> list[T]:
    """The cases of a test in this run: all of ``compiled``, or every so many of them as plain Python."""
    return list(compiled)[:: every if PLAIN else 1]
