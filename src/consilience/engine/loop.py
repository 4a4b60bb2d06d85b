"""The compiled loop: slices through venue step and decisions without Python in between."""

from __future__ import annotations

from consilience.core.jit import njit_bare, njit_part
from consilience.core.panel import Ints
from consilience.engine.book import Book, Columns, Market, lacks_room_nb
from consilience.engine.decide import decide_lane_nb
from consilience.engine.free_orders import submit_all_nb
from consilience.engine.lone_lane import fetch_rows_nb, mark_row_nb, run_alone_nb
from consilience.engine.members import admit_nb, leave_universe_nb
from consilience.engine.reading import interest_nb, read_intent_nb, speaks_nb
from consilience.engine.venue import load_symbol_nb, mark_lanes_nb, venue_row_nb


@njit_part
def decide_lanes_nb(market: Market, book: Book, columns: Columns, at: tuple[int, int], lanes: tuple[int, int]) -> None:
    """Decisions of lanes ``lanes[0]`` to ``lanes[1]`` in market row ``at[0]``, which is column row ``at[1]``.

    Most lanes are silent or repeat themselves, and are left at once.
    """
    config = book.config[0]
    row, j = at
    for lane in range(lanes[0], lanes[1]):
        if speaks_nb(columns, j, lane, interest_nb(book, lane)):
            config["slice"] = config["first_slice"] + row
            load_symbol_nb(market, book, row, book.lanes[lane]["symbol"])
            admit_nb(market, book, row, book.lanes[lane]["symbol"])
            decide_lane_nb(book, lane, read_intent_nb(book, columns, j, lane))


@njit_part
def decide_row_nb(market: Market, book: Book, columns: Columns, row: int, j: int) -> None:
    """The first decisions of one slice: those that no callback strategy comes before."""
    config = book.config[0]
    if config["has_universe"] == 1:
        leave_universe_nb(market, book, row)
    decide_lanes_nb(market, book, columns, (row, j), (0, len(book.lanes) - config["later_lanes"]))


# long kernel: the loop over slices; what it calls is merged into it, so each further storey would compile twice
@njit_bare
def run_block_nb(market: Market, book: Book, columns: Columns, marks: Ints, rows: tuple[int, int, int, int]) -> int:
    """Run market rows ``rows[0]`` to ``rows[1]``; column row 0 is market row ``rows[2]``.

    Waiting requests of callbacks are added as orders when row ``rows[3]`` is reached.
    marks: int64 [1 or 3, T], equity and perhaps cash and gross after each slice, base units.
    Returns the row reached: less than ``rows[1]``, or requests left, when the book needs more room or has a fault.
    """
    config, account = book.config[0], book.account[0]
    actions = len(market.actions)
    first_decision = config["first_decision"] - config["first_slice"]
    row, stop, split = rows[0], rows[1], rows[3]
    if len(book.lanes) == 1:
        config["fetched"] = fetch_rows_nb(market, row, stop)
    while account["fault"] == 0:
        if row == split and account["requests"] > 0:
            if lacks_room_nb(book):
                return row
            submit_all_nb(market, book, row - 1)
        if row >= stop:
            break
        alone = len(book.lanes) == 1 and config["has_universe"] == 0
        if alone and account["alive"] == 0 and account["actions"] == actions and row >= first_decision:
            until = split if account["requests"] > 0 and split < stop else stop
            row = run_alone_nb(market, book, columns, marks, (row, until, rows[2]))
            if row == until:
                continue
        if lacks_room_nb(book):
            return row
        if account["alive"] > 0 or account["actions"] < actions:
            venue_row_nb(market, book, row)
        if account["open_lanes"] > 0:
            mark_lanes_nb(market, book, row)
        mark_row_nb(book, marks, row)
        if row >= first_decision:
            decide_row_nb(market, book, columns, row, row - rows[2])
        row += 1
    return row


@njit_bare
def decide_turn_nb(market: Market, book: Book, columns: Columns, at: tuple[int, int], lanes: tuple[int, int]) -> None:
    """The decisions of some lanes alone, in a slice whose venue step and marks are done (see ``decide_lanes_nb``).

    Lanes from 0 on are the slice's first: who left the universe goes before them.
    """
    config = book.config[0]
    if at[0] < config["first_decision"] - config["first_slice"]:
        return
    if lanes[0] == 0 and config["has_universe"] == 1:
        leave_universe_nb(market, book, at[0])
    decide_lanes_nb(market, book, columns, at, lanes)
