"""The order in which waiting orders meet the venue: sells first, then priority, then instrument, then age."""

from __future__ import annotations

from consilience.core.jit import njit_bare, njit_inline
from consilience.core.panel import Ints

_NUMBER_BITS, _SYMBOL_BITS, _PRIORITY_BITS = 27, 20, 14
NUMBER_MASK = (1 << _NUMBER_BITS) - 1
_TOP_PRIORITY = (1 << _PRIORITY_BITS) // 2


@njit_inline
def queue_key_nb(side: int, priority: int, symbol: int, number: int) -> int:
    """One integer that sorts orders; the order's number is its low bits (``NUMBER_MASK``)."""
    buy = 1 if side > 0 else 0
    rank = _TOP_PRIORITY - min(max(priority, -_TOP_PRIORITY + 1), _TOP_PRIORITY - 1)
    return (((buy << (_PRIORITY_BITS + 1)) | rank) << (_SYMBOL_BITS + _NUMBER_BITS)) | (symbol << _NUMBER_BITS) | number


@njit_bare
def _sift_nb(keys: Ints, start: int, count: int) -> None:
    root = start
    while True:
        child = 2 * root + 1
        if child >= count:
            return
        if child + 1 < count and keys[child] < keys[child + 1]:
            child += 1
        if keys[root] >= keys[child]:
            return
        keys[root], keys[child] = keys[child], keys[root]
        root = child


@njit_bare
def sort_keys_nb(keys: Ints, count: int) -> None:
    """Sort the first ``count`` keys ascending, in place: insertion for a few, a heap for many."""
    if count <= 24:
        for i in range(1, count):
            key = keys[i]
            j = i - 1
            while j >= 0 and keys[j] > key:
                keys[j + 1] = keys[j]
                j -= 1
            keys[j + 1] = key
        return
    for start in range(count // 2 - 1, -1, -1):
        _sift_nb(keys, start, count)
    for end in range(count - 1, 0, -1):
        keys[0], keys[end] = keys[end], keys[0]
        _sift_nb(keys, 0, end)
