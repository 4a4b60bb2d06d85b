"""Longer arrays for a book that fills up, written ahead of need: no slice pays for copying all that went before.

Where slices come one by one, an array that is half full gets its successor, and each slice copies twice the rows that
it added; when the room is used up, what is left to copy is little. Orders that were alive when they were copied may
have changed since, so they are copied again at the end. Fills, records and orders that have ended stay as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from consilience.engine.book import Book

Rows = npt.NDArray[Any]
KEPT = ("orders", "fills", "records")


def _wanted(book: Book) -> dict[str, tuple[int, int]]:
    """Of each array that grows: used rows, and what one more slice may need, at least what ``lacks_room_nb`` asks."""
    account = book.account[0]
    need = 8 * len(book.lanes) + int(account["requests"]) + 64
    alive = int(account["alive"])
    return {
        "orders": (int(account["orders"]), need),
        "alive": (alive, need),
        "keys": (alive, need),
        "fills": (int(account["fills"]), need + alive),
        "records": (int(account["records"]), need),
    }


def with_room(log: Rows, used: int, more: int) -> Rows:
    """The log, ``used`` rows of it, with room for ``more``; itself where it has it."""
    if used + more <= len(log):
        return log
    grown = np.zeros(max(2 * len(log), used + more), log.dtype)
    grown[:used] = log[:used]
    return grown


class _Successor:
    """A longer array with the first ``copied`` rows of the one in use; ``again`` are those that may have changed."""

    def __init__(self, array: Rows, used: int, more: int) -> None:
        self.array = np.zeros((max(4 * len(array), used + 4 * more), *array.shape[1:]), array.dtype)
        self.copied = 0
        self.again: list[npt.NDArray[np.int64]] = []

    def copy(self, old: Rows, stop: int, alive: npt.NDArray[np.int64] | None) -> None:
        """Copy rows up to ``stop``. alive: numbers of the rows that may change later."""
        first = self.copied
        if stop <= first:
            return
        self.array[first:stop] = old[first:stop]
        if alive is not None:
            self.again.append(alive[(alive >= first) & (alive < stop)].copy())
        self.copied = stop

    def finish(self, old: Rows, used: int) -> Rows:
        """All used rows as they are now."""
        for rows in self.again:
            self.array[rows] = old[rows]
        self.array[self.copied : used] = old[self.copied : used]
        return self.array


class Growth:
    """Makes room in the book of one run."""

    def __init__(self) -> None:
        self._next: dict[str, _Successor] = {}

    def prepare(self, book: Book) -> None:
        """Copy some rows ahead; between two slices, when the last one is done and its times are stamped."""
        alive = book.alive[: int(book.account[0]["alive"])]
        for name, (used, more) in _wanted(book).items():
            array = getattr(book, name)
            last = len(array) - more  # more rows than these, and the array is too short
            if name not in KEPT or 2 * used <= last:
                continue
            if name not in self._next:
                self._next[name] = _Successor(array, used, more)
            self._next[name].copy(array, min(used, 2 * used - last), alive if name == "orders" else None)

    def touched(self, number: int) -> None:
        """An order that had ended was changed all the same: what a venue outside reports may come late."""
        if "orders" in self._next:
            self._next["orders"].again.append(np.array([number]))

    def with_room(self, book: Book) -> Book:
        """The same book with room for one more slice in which every lane acts; arrays grow fourfold.

        Account, lanes and requests never move: views of them stay good.
        """
        changes: dict[str, Any] = {}
        for name, (used, more) in _wanted(book).items():
            array = getattr(book, name)
            if used + more <= len(array):
                continue
            successor = self._next.pop(name, None)
            if successor is None or used + more > len(successor.array):
                successor = _Successor(array, used, more)
            changes[name] = successor.finish(array, used)
        return book._replace(**changes) if changes else book
