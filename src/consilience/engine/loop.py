"""The compiled loop: slices through venue step and decisions without Python in between."""

from __future__ import annotations

from consilience.core.jit import njit
from consilience.engine.book import Book, Columns, Market
from consilience.engine.decide import decide_lane_nb
from consilience.engine.venue import venue_row_nb


@njit
def has_room_nb(book: Book) -> bool:
    """Whether one more slice, with every lane acting, fits into the arrays."""
    account = book.account[0]
    lanes = len(book.lanes)
    return (
        account["orders"] + 6 * lanes + 16 <= len(book.orders)
        and account["alive"] + 6 * lanes + 16 <= len(book.alive)
        and account["fills"] + account["alive"] + 6 * lanes + 16 <= len(book.fills)
        and account["records"] + 2 * lanes + 16 <= len(book.records)
    )


@njit
def run_block_nb(market: Market, book: Book, columns: Columns, start: int, stop: int, first: int) -> int:
    """Run rows ``start`` to ``stop``; column row 0 is market row ``first``. Returns the row reached (room ran out)."""
    config = book.config[0]
    lanes = len(book.lanes)
    for row in range(start, stop):
        if not has_room_nb(book):
            return row
        venue_row_nb(market, book, row)
        if config["first_slice"] + row < config["first_decision"]:
            continue
        for lane in range(lanes):
            decide_lane_nb(market, book, columns, row, row - first, lane)
    return stop
