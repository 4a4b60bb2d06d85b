"""One clock's place in its buffers, and the kernels that move values between the two spaces.

*Aligned* space is [B, S], one row for each slice. *Compact* space packs the valid bars of a symbol: its bars of the
current block are rows 0..m[s]-1, so a step never sees a masked slice. When no slice of the block is masked the two are
the same memory layout. A *ring* [size, S] keeps what is looked back on, the block included; size is a power of two. Bar
k of the block is row ``(w[s] + k) & (size - 1)``. A row before the first is counted from the end, as Python and Numba
do with negative places, so a step reads ``[i - lag, s]`` and knows nothing of rings. All rings of a clock share w[s],
which counts to the largest of their sizes. A series has a second ring only where a step reads it beside others.

Symbols that miss slices fall behind the others, and a row of many symbols is then read from many rows; with each slice
a few symbols are moved up to the head again: all once in CATCH_UP slices, less often where that would be more than
MOVES rows a slice. So no slice costs more than another.

The cursor, int64 [2, S + 2], tells kernels where they are:
    [0, s] w[s]    [0, S] w when it is the same for all symbols, else -1    [0, S+1] 1 to run symbols inside,
                                                                                     2 where one row may be masked
    [1, s] m[s]    [1, S] largest m[s]                                      [1, S+1] 1 when m[s] is the same for all
The per-symbol entries are kept only where the shared ones do not tell (-1, 0).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from consilience.core.jit import njit
from consilience.features.arithmetic import LARGEST, NAN
from consilience.features.feature import Floats, Ints

CATCH_UP, MOVES = 16, 12
MANY_SYMBOLS = 8  # from here on symbols run side by side


@njit
def load_dense_nb(source: Floats, target: Floats, count: int) -> None:
    """Copy ``count`` values of flat arrays; what is not a usable number becomes NaN."""
    for j in range(count):
        value = source[j]
        target[j] = value if abs(value) <= LARGEST else NAN


@njit
def load_part_nb(source: Floats, target: Floats, first: int, rows: int) -> None:
    """``load_dense_nb`` of the columns from ``first`` on that ``target`` has."""
    for t in range(rows):
        row = source[t, first:]
        for s in range(target.shape[1]):
            value = row[s]
            target[t, s] = value if abs(value) <= LARGEST else NAN


@njit
def show_part_nb(source: Floats, target: Floats, first: int, rows: int) -> None:
    """Copy ``source`` to the columns of ``target`` from ``first`` on."""
    for t in range(rows):
        row = target[t, first:]
        for s in range(source.shape[1]):
            row[s] = source[t, s]


@njit
def load_masked_nb(source: Floats, target: Floats, place: Ints, first: int) -> None:
    """Copy aligned ``source`` from column ``first`` on to compact ``target``; what is no usable number becomes NaN."""
    for t in range(place.shape[0]):
        for s in range(place.shape[1]):
            k = place[t, s]
            if k >= 0:
                value = source[t, first + s]
                target[k, s] = value if abs(value) <= LARGEST else NAN


@njit
def pack_nb(valid: npt.NDArray[np.bool_], place: Ints, cursor: Ints) -> None:
    """Compact row of each aligned bar, -1 where masked; counts go to the cursor."""
    symbols = valid.shape[1]
    for s in range(symbols):
        cursor[1, s] = 0
    for t in range(valid.shape[0]):
        for s in range(symbols):
            if valid[t, s]:
                place[t, s] = cursor[1, s]
                cursor[1, s] += 1
            else:
                place[t, s] = -1
    most = 0
    for s in range(symbols):
        most = max(most, cursor[1, s])
    cursor[1, symbols] = most


@njit
def scatter_nb(compact: Floats, aligned: Floats, place: Ints) -> None:
    """Compact to aligned, NaN where masked."""
    for t in range(place.shape[0]):
        for s in range(place.shape[1]):
            k = place[t, s]
            aligned[t, s] = compact[k, s] if k >= 0 else NAN


@njit
def scatter_carried_nb(compact: Floats, aligned: Floats, place: Ints, before: Floats) -> None:
    """Compact to aligned, the previous value where masked (``before``, float64 [S], ahead of the block)."""
    for t in range(place.shape[0]):
        for s in range(place.shape[1]):
            k = place[t, s]
            if k >= 0:
                aligned[t, s] = compact[k, s]
            else:
                aligned[t, s] = aligned[t - 1, s] if t > 0 else before[s]


@njit
def gather_nb(aligned: Floats, compact: Floats, place: Ints) -> None:
    """Aligned to compact."""
    for t in range(place.shape[0]):
        for s in range(place.shape[1]):
            k = place[t, s]
            if k >= 0:
                compact[k, s] = aligned[t, s]


@njit
def append_nb(compact: Floats, ring: Floats, mask: int, cursor: Ints) -> None:
    """Write the block's values into a ring of ``mask`` + 1 rows (both flat)."""
    symbols = cursor.shape[1] - 2
    start = cursor[0, symbols]
    if start >= 0 and cursor[1, symbols + 1]:
        row = start & mask
        rows = cursor[1, symbols]
        before = min(rows, mask + 1 - row) * symbols  # what lies ahead of the ring's end
        offset = row * symbols
        for j in range(before):
            ring[offset + j] = compact[j]
        for j in range(before, rows * symbols):
            ring[j - before] = compact[j]
        return
    for s in range(symbols):
        first = start if start >= 0 else cursor[0, s]
        for k in range(cursor[1, s]):
            ring[((first + k) & mask) * symbols + s] = compact[k * symbols + s]


@njit
def advance_nb(cursor: Ints, mask: int) -> None:
    """Move each symbol's place by its bars of the block."""
    for s in range(cursor.shape[1] - 2):
        cursor[0, s] = (cursor[0, s] + cursor[1, s]) & mask


@njit
def catch_up_nb(ring: Floats, lookback: int, cursor: Ints, head: int, chunk: tuple[int, int]) -> None:
    """Move the look back of the symbols ``chunk[0]`` to ``chunk[1]`` that are elsewhere to end before row ``head``."""
    mask = ring.shape[0] - 1
    past = np.empty(lookback)
    for s in range(chunk[0], chunk[1]):
        place = cursor[0, s]
        if place == head:
            continue
        for k in range(lookback):
            past[k] = ring[(place - 1 - k) & mask, s]
        for k in range(lookback):
            ring[(head - 1 - k) & mask, s] = past[k]


def ring_rows(lookback: int, block: int) -> int:
    """Rows of a ring that looks ``lookback`` rows back from each row of a block: the next power of two."""
    return 1 << (lookback + block - 1).bit_length()


class Clock:
    """Rows written, for all rings that tick together."""

    def __init__(self, symbols: int) -> None:
        self.symbols = symbols
        self.cursor = np.zeros((2, symbols + 2), np.int64)
        self.many = symbols >= MANY_SYMBOLS
        self._mask = 0  # of the largest ring
        self._shared = 0  # w when it is the same for all symbols, else -1
        self._head = 0  # w of a symbol that misses no slice
        self._catch_up = CATCH_UP
        self._next = 0  # symbol to move up next
        self._since = 0  # symbols looked at since the last block with masked slices
        self.rings: list[tuple[Floats, int]] = []  # (ring, look back)

    def add_ring(self, size: int, lookback: int) -> Floats:
        """A new ring of ``size`` rows, a power of two, empty (NaN)."""
        self._catch_up = max(self._catch_up, lookback // MOVES)
        self._mask = max(self._mask, size - 1)
        ring = np.full((size, self.symbols), np.nan)
        self.rings.append((ring, lookback))
        return ring

    def begin_dense(self, rows: int) -> None:
        """Get ready for ``rows`` bars of every symbol."""
        cursor, symbols = self.cursor, self.symbols
        shared = self._shared
        if shared < 0:
            cursor[1, :symbols] = rows
        cursor[0, symbols] = shared
        cursor[0, symbols + 1] = self.many and shared >= 0
        cursor[1, symbols] = rows
        cursor[1, symbols + 1] = 1

    def end_dense(self, rows: int) -> None:
        """The block is done."""
        if self._shared >= 0:
            self._shared = (self._shared + rows) & self._mask
            return
        self._advance(rows)
        if self._since >= self.symbols:
            self._shared = self._head

    def begin_masked(self, most: int) -> None:
        """Get ready for the counts that the cursor already holds, at most ``most`` for one symbol."""
        self._spread()
        self.cursor[0, self.symbols :] = -1, 2 if self.many and most == 1 else 0
        self.cursor[1, self.symbols :] = most, 0

    def end_masked(self) -> None:
        """The block is done."""
        self._advance(int(self.cursor[1, self.symbols]))
        self._since = 0

    def _advance(self, most: int) -> None:
        advance_nb(self.cursor, self._mask)
        self._head = (self._head + most) & self._mask
        first = self._next
        stop = min(self.symbols, first + -(-self.symbols * most // self._catch_up))
        for ring, lookback in self.rings:
            catch_up_nb(ring, lookback, self.cursor, self._head, (first, stop))
        self.cursor[0, first:stop] = self._head
        self._since += stop - first
        self._next = stop % self.symbols

    def past(self, ring: Floats, lookback: int) -> Floats:
        """The last ``lookback`` rows of each symbol, oldest first."""
        symbols = np.arange(self.symbols)
        ends = self.cursor[0, : self.symbols] if self._shared < 0 else np.full(self.symbols, self._shared)
        found = np.empty((lookback, self.symbols))
        for k in range(lookback):
            found[k] = ring[(ends - lookback + k) & (len(ring) - 1), symbols]
        return found

    def restart(self) -> None:
        """Every symbol's next row is row 0; the past of a ring is then its last rows."""
        self._shared = self._head = self._next = self._since = 0

    def _spread(self) -> None:
        if self._shared >= 0:
            self.cursor[0, : self.symbols] = self._head = self._shared
            self._shared = -1
