"""Slices one by one, for runs whose decisions need more than the loop has.

The selection of a universe that follows the trades looks at each slice's own fills; fused decisions and the full risk
rules have kernels of their own, which a run without them need not compile.
"""

from __future__ import annotations

from consilience.core.panel import Ints
from consilience.engine.book import Book, Columns, Market
from consilience.engine.desk import Desk
from consilience.engine.free_orders import decide_one_nb
from consilience.engine.intent import Intent
from consilience.engine.loop import decide_turn_nb, run_block_nb
from consilience.engine.membership import Membership

_LATER = 2**62


class RowByRow:
    """The driver. desk: of a run whose decisions are full ones; None for the plain kernels."""

    def __init__(self, members: Membership, desk: Desk | None) -> None:
        self._members, self.desk = members, desk

    def run(self, market: Market, book: Book, columns: Columns, marks: Ints, rows: tuple[int, int, int, int]) -> int:
        """``run_block_nb`` for one row: requests and venue step, then the selection, then the decisions."""
        row, stop, first, split = rows
        config = book.config[0]
        if split == row and not self._submit(market, book, (row - 1, row - 1 - first)):
            return row
        decides_from = int(config["first_decision"])
        config["first_decision"] = _LATER
        # what was asked in the row before is added on its own: the row's codes are known by then
        reached = run_block_nb(
            market, book, columns, marks, (row, min(row + 1, stop), first, split if split == row else -1)
        )
        config["first_decision"] = decides_from
        if reached > row and int(book.account[0]["fault"]) == 0:
            self._members.choose(market, book, row)
            self.decide(market, book, columns, (row, row - first), (0, len(book.lanes) - int(config["later_lanes"])))
        return int(reached)

    def _submit(self, market: Market, book: Book, at: tuple[int, int]) -> bool:
        """Add what callbacks asked for, under the full rules; False when the book needs more room first."""
        if self.desk is None or not book.config[0]["full_risk"] or not book.account[0]["requests"]:
            return True
        from consilience.engine.free_full import submit_all_full_nb

        return bool(submit_all_full_nb(market, book, self.desk, at))

    def decide_one(self, market: Market, book: Book, at: tuple[int, int], lane: int, intent: Intent) -> None:
        """The decision of one lane on what a callback says of it."""
        if self.desk is not None and book.config[0]["full_risk"]:
            from consilience.engine.free_full import decide_one_full_nb

            decide_one_full_nb(market, book, self.desk, at, lane, intent)
        else:
            decide_one_nb(market, book, at[0], lane, intent)

    def decide(self, market: Market, book: Book, columns: Columns, at: tuple[int, int], lanes: tuple[int, int]) -> None:
        """The decisions of some lanes alone, see ``loop.decide_turn_nb``."""
        if self.desk is not None:
            # imported here: its kernels are made when a run first needs them
            from consilience.engine.full import full_turn_nb

            full_turn_nb(market, book, columns, self.desk, at, lanes)
        else:
            decide_turn_nb(market, book, columns, at, lanes)
