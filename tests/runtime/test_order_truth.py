"""What an order is known to be: reports in any order, doubled, late and wrong; calls that fail or time out."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.codes import OrderStatus as S
from consilience.core.codes import Reason
from consilience.core.errors import ConfigError, RefuseOrder, RetryLater, TimedOut
from consilience.core.events import Command, OrderReport
from consilience.core.orders import OrderRequest, VenueOrder
from consilience.core.ports import Broker
from consilience.runtime import sender as sending
from consilience.runtime.entries import Doubt, Intents
from consilience.runtime.journal import MemoryStore
from consilience.runtime.sender import Sender
from consilience.runtime.tracker import OrderTracker, Verdict
from tests.engine.markets import SETTINGS, market, strategy
from tests.runtime.desk import Ticking, desk, run

ORDER = OrderRequest(client_order_id="a", symbol="X", strategy="s", side=1, type=0, time_in_force=0, lots=10)


def told(status, lots=0, execution="", ticks=100, order="a"):
    return OrderReport(
        ts_event=1, ts_known=1, client_order_id=order, venue_order_id="", status=int(status), execution_id=execution,
        fill_lots=lots, fill_ticks=ticks,
    )  # fmt: skip


def fill(lots, execution, ticks=100):
    return told(S.PARTIALLY_FILLED, lots, execution, ticks)


# reports in their order, verdicts, status and lots filled at the end
TABLE = [
    ([told(S.ACCEPTED), fill(4, "1"), fill(6, "2")], ["news"] * 3, S.FILLED, 10),
    ([fill(4, "1"), fill(4, "1")], ["news", "duplicate"], S.PARTIALLY_FILLED, 4),
    ([fill(4, "1"), told(S.ACCEPTED)], ["news", "stale"], S.PARTIALLY_FILLED, 4),
    ([told(S.CANCELLED), fill(4, "1")], ["news", "news"], S.CANCELLED, 4),
    ([fill(10, "1"), told(S.CANCELLED)], ["news", "stale"], S.FILLED, 10),
    ([told(S.FILLED), fill(10, "1")], ["stale", "news"], S.FILLED, 10),
    ([told(S.CANCELLED), told(S.CANCELLED)], ["news", "duplicate"], S.CANCELLED, 0),
    ([fill(10, "1"), fill(1, "2")], ["news", "more than was ordered"], S.FILLED, 11),
    ([fill(-3, "1")], ["negative fill"], S.SUBMITTED, 0),
    ([fill(3, "1", ticks=0)], ["fill without a price"], S.SUBMITTED, 0),
    ([fill(3, "")], ["fill without an execution id"], S.SUBMITTED, 0),
    ([told(S.ACCEPTED, order="b")], ["foreign"], S.SUBMITTED, 0),
    ([told(S.REJECTED, 4, "1")], ["news"], S.REJECTED, 4),
]


@pytest.mark.parametrize(("reports", "verdicts", "status", "filled"), TABLE)
def test_reports(reports, verdicts, status, filled):
    tracker = OrderTracker()
    assert tracker.sent(ORDER) and not tracker.sent(ORDER)
    assert [tracker.report(r) for r in reports] == verdicts
    assert (tracker.orders["a"].status, tracker.orders["a"].filled) == (status, filled)


def test_a_doubt_is_no_rejection():
    tracker = OrderTracker()
    tracker.sent(ORDER)
    tracker.doubted("a")
    assert tracker.orders["a"].status == S.UNKNOWN and tracker.orders["a"].is_open
    assert tracker.report(fill(10, "1")) is Verdict.NEWS and tracker.orders["a"].status == S.FILLED
    tracker.doubted("a")
    assert tracker.orders["a"].status == S.FILLED


@given(st.permutations([fill(k, str(k)) for k in (1, 2, 3, 4)] * 2 + [told(S.ACCEPTED), told(S.PENDING_CANCEL)]))
def test_the_lots_do_not_depend_on_the_order_of_the_reports(reports):
    tracker = OrderTracker()
    tracker.sent(ORDER)
    for report in reports:
        tracker.report(report)
    assert (tracker.orders["a"].filled, tracker.orders["a"].status) == (10, S.FILLED)


class Line:
    """A broker whose calls end as planned: an error, or True where the order came before it."""

    def __init__(self, *plan):
        self.plan, self.held, self.submits = list(plan), False, 0

    async def submit(self, order):
        self.submits += 1
        came, error = self.plan.pop(0)
        self.held = self.held or came
        if error is not None:
            raise error

    async def order(self, client_id):
        status = int(S.ACCEPTED)
        return VenueOrder(
            client_order_id=client_id, venue_order_id="7", symbol="X", side=1, lots=10, filled=0, status=status
        ) if self.held else None  # fmt: skip


LOST, LATE, DONE = (False, TimedOut("no answer")), (True, TimedOut("no answer")), (True, None)
DOWN, NO = (False, RetryLater("down")), (False, RefuseOrder("too small", int(Reason.BELOW_MINIMUM)))
# calls, whether the order is still wanted, submits, what was told
CALLS = [
    ([DONE], True, 1, []),
    ([LATE], True, 1, ["doubt", S.ACCEPTED]),  # it came: never sent again
    ([LOST, DONE], True, 2, ["doubt"]),
    ([LOST], False, 1, ["doubt", S.REJECTED]),
    ([DOWN, DOWN, DONE], True, 3, []),
    ([NO], True, 1, [S.REJECTED]),
]


@pytest.mark.parametrize(("plan", "wanted", "submits", "expected"), CALLS)
def test_calls(plan, wanted, submits, expected, monkeypatch):
    monkeypatch.setattr(sending, "FIRST_WAIT_S", 0.0)
    line, heard = Line(*plan), []

    async def tell(entry):
        heard.append("doubt" if isinstance(entry, Doubt) else entry.status)

    asyncio.run(Sender(cast("Broker", line), Ticking(), tell, lambda _: wanted).send(Intents(submits=(ORDER,))))
    assert (line.submits, heard, line.plan) == (submits, expected, [])


@pytest.mark.parametrize("arguments", [{"level": "three"}, {"level": True}, {"level": None}])
def test_a_wrong_command_is_refused_and_the_session_goes_on(arguments):
    panel = market("daily", 20)

    async def main(store):
        shell, _ = desk(panel, [strategy("macd_cross")], SETTINGS, store)
        await shell.recover((), "one")
        command = Command(ts_event=1, ts_known=1, name="halt", actor="ann", arguments={"words": "why", **arguments})
        with pytest.raises(ConfigError, match="is no number"):
            await shell.command(command)
        await shell.journal.settle()

    store = MemoryStore()
    asyncio.run(main(store))
    shell, _, found = run(panel, [strategy("macd_cross")], SETTINGS, store.records)
    assert found.records == 2 and shell.slices == 20
