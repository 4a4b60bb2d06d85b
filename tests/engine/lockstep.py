"""A live session and the simulated venue side by side, with nothing in between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from consilience.core.panel import Panel
from consilience.engine.external import Report
from consilience.engine.live import LiveSession
from consilience.engine.orders import Draft
from consilience.engine.output import RunOutput
from consilience.engine.settings import Settings
from consilience.engine.simulated_venue import ITSELF, SimulatedVenue, VenueEvent
from consilience.strategies.base import Strategy

# what a venue outside notes of an order for itself
THEIRS = ("session", "water", "flags", "eligible_row", "bars_left", "done_fills")


class Lockstep:
    """One slice after the other through both sides; numbers are translated on the way."""

    def __init__(self, panel: Panel, strategies: Sequence[Strategy], settings: Settings) -> None:
        self.live = LiveSession(panel, strategies, settings)
        self.venue = SimulatedVenue(panel, settings, len(strategies))
        self.theirs: dict[int, int] = {}
        self.ours: dict[int, int] = {}

    def step(self, one: Panel) -> None:
        """One slice."""
        self.live.open_slice(one)
        self.tell(self.venue.show(one))
        self.live.close_slice()
        changes = self.live.changes()
        for number in changes.ended:
            self.tell(self.venue.cancel(self.theirs[number]))
        for number in changes.amended:
            order = self.live.book.orders[number]
            assert self.venue.amend(self.theirs[number], *(int(order[n]) for n in ("lots", "limit", "stop")))
        for number in changes.new:
            self.send(number)

    def tell(self, events: Sequence[VenueEvent]) -> None:
        """Report what happened at the venue."""
        for e in events:
            number = self.ours[e.number]
            self.live.report(Report(number, e.status, e.reason, e.lots, e.ticks, e.slippage, e.maker, e.at_open, e.fee))

    def send(self, number: int) -> None:
        """Place one of our orders at the venue."""
        order = self.live.book.orders[number]
        group, parent = int(order["group"]), int(order["parent"])
        placed = self.venue.place(
            Draft(
                lane=int(order["lane"]),
                side=int(order["side"]),
                type=int(order["type"]),
                time_in_force=int(order["time_in_force"]),
                role=int(order["role"]),
                flags=int(order["flags"]),
                reason=int(order["reason"]),
                priority=int(order["priority"]),
                lots=int(order["lots"]),
                limit=int(order["limit"]),
                stop=int(order["stop"]),
                trail=int(order["trail"]),
                bars_left=-1,
                parent=self.theirs[parent] if parent >= 0 else -1,
                group=ITSELF if group == number else self.theirs.get(group, -1),
                decided_ticks=int(order["decided_ticks"]),
            )
        )
        self.theirs[number], self.ours[placed] = placed, number


def through_venue(panel: Panel, strategies: Sequence[Strategy], settings: Settings) -> RunOutput:
    """One run against the simulated venue."""
    both = Lockstep(panel, strategies, settings)
    for row in range(panel.shape[0]):
        both.step(panel.rows(row, row + 1))
    return both.live.output()


def same_but_venue(one: RunOutput, other: RunOutput) -> None:
    """Fail where two runs differ in anything but the venue's own notes on orders."""
    for name in ("fills", "records", "lanes", "curves", "ts"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert len(one.orders) == len(other.orders)
    for name in one.orders.dtype.names or ():
        if name not in THEIRS:
            np.testing.assert_array_equal(one.orders[name], other.orders[name], err_msg=f"orders: {name}")
