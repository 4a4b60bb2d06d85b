"""How many examples a property gets: all of them compiled, a quarter as plain Python.

The compiled run is the check. The run with ``NUMBA_DISABLE_JIT=1`` shows which lines are reached and that the plain
form keeps the same law; it is many times slower, under coverage more so.
"""

from __future__ import annotations

import os

# not from core.jit: that imports Numba, which tests of the house law do without
PLAIN = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def examples(compiled: int) -> int:
    """The number of examples in this run of a property that gets ``compiled`` of them in the compiled run."""
    return max(1, compiled // 4) if PLAIN else compiled
