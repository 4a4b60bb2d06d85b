"""The decisions of one slice in full: circuit breaker, full risk rules, fused strategies in their turn."""

from __future__ import annotations

from consilience.core.jit import njit_bare
from consilience.engine.book import Book, Columns, Market
from consilience.engine.decide import weigh_lane_nb
from consilience.engine.desk import Desk
from consilience.engine.guard import decide_entry_full_nb
from consilience.engine.members import admit_nb, leave_universe_nb
from consilience.engine.reading import interest_nb, read_intent_nb, speaks_nb
from consilience.engine.staged import decide_fused_nb
from consilience.engine.venue import load_symbol_nb
from consilience.engine.watch import watch_nb


@njit_bare
def full_turn_nb(
    market: Market, book: Book, columns: Columns, desk: Desk, at: tuple[int, int], lanes: tuple[int, int]
) -> None:
    """The decisions of lanes ``lanes[0]`` to ``lanes[1]`` in market row ``at[0]``, which is column row ``at[1]``.

    Lanes from 0 on are the slice's first: the risk state and who left the universe go before them.
    """
    config, symbols = book.config[0], len(book.symbols)
    row, j = at
    config["now"] = market.ts[row]
    if lanes[0] == 0 and config["full_risk"] == 1:
        watch_nb(market, book, desk, row, j)
    if row < config["first_decision"] - config["first_slice"]:
        return
    if lanes[0] == 0 and config["has_universe"] == 1:
        leave_universe_nb(market, book, row)
    for lane in range(lanes[0], lanes[1]):
        if config["has_fused"] == 1 and lane % symbols == 0:
            decide_fused_nb(market, book, desk, at, lane // symbols)
        if speaks_nb(columns, j, lane, interest_nb(book, lane)):
            config["slice"] = config["first_slice"] + row
            load_symbol_nb(market, book, row, book.lanes[lane]["symbol"])
            admit_nb(market, book, row, book.lanes[lane]["symbol"])
            intent = read_intent_nb(book, columns, j, lane)
            side = weigh_lane_nb(book, lane, intent)
            if side != 0:
                decide_entry_full_nb(book, desk, j, lane, side, intent)
