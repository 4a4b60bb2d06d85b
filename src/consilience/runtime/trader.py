"""The deterministic heart of a running session: entries in, intents out. It owns no task, no socket and no clock.

Whoever runs it writes each entry to the journal first and the intents before they leave. Feeding the same entries to a
new trader gives the same state and the same intents: that is recovery, and that is replay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from consilience.core.codes import OrderStatus, Reason
from consilience.core.errors import ConfigError, NotFound
from consilience.core.events import Command, OrderReport
from consilience.core.ids import client_order_id
from consilience.core.orders import OrderAmendment, OrderRequest
from consilience.engine.by_hand import cancel_entries, end_halt, halt
from consilience.engine.external import FEE_BY_MODEL, Report
from consilience.engine.live import LiveSession
from consilience.engine.watchlist import unwatch, watch
from consilience.runtime.entries import Doubt, Intents
from consilience.runtime.slices import Slice
from consilience.runtime.tracker import ALARMING, OrderTracker, Tracked, Verdict

COMMANDS = ("halt", "resume", "flatten", "cancel_entries", "watch", "unwatch")


class Trader:
    """One session with the orders it has at a venue. name: what client order ids are made from."""

    def __init__(self, session: LiveSession, name: str) -> None:
        self.session, self.name = session, name
        self.tracker = OrderTracker()
        self.alarms: Counter[str] = Counter()  # what a person should look at
        self.ids: list[str] = []  # client order ids by order number; empty for orders that never leave
        self.numbers: dict[str, int] = {}
        self._inside = False  # between a slice and its close

    # ---- entries -------------------------------------------------------------------------------------------------
    def slice(self, one: Slice) -> None:
        """Market data. The venue's reports on it may follow; ``close`` decides."""
        self.session.open_slice(one.panel, one.session_open)
        self._inside = True
        if len(one.panel.actions):
            self._note_lots(self.tracker.open_orders())  # a split changes them at the venue as here

    def close(self) -> Intents:
        """Decide on the slice at hand."""
        self._inside = False
        self.session.close_slice()
        return self._intents()

    def report(self, report: OrderReport) -> tuple[Verdict, Intents]:
        """What the venue said. Inside a slice what follows from it leaves with the slice's decisions.

        An order that turns out larger than was asked for is booked as it is, and halts trading.
        """
        verdict = self.tracker.report(report)
        if verdict in ALARMING:
            self.alarms[verdict] += 1
        if verdict in (Verdict.NEWS, Verdict.OVERFILLED):
            self._apply(report)
        if verdict is Verdict.OVERFILLED and self.session.book.account[0]["halt_level"] == 0:
            halt(self.session, 1, "consilience", f"order {report.client_order_id} was overfilled", report.ts_known)
        return verdict, Intents() if self._inside else self._intents()

    def doubt(self, doubt: Doubt) -> None:
        """A call to the venue ended without an answer."""
        if doubt.what == "submit":
            self.tracker.doubted(doubt.client_order_id)

    def command(self, command: Command) -> tuple[str, Intents]:
        """A person's act; the answer in words. Raises ConfigError or NotFound, and then nothing has changed."""
        words = str(command.arguments.get("words", ""))
        ts = command.ts_known
        if command.name == "halt":
            act = halt(self.session, int(_number(command, "level", 1)), command.actor, words, ts)
            answer = f"halted at level {act.level}"
        elif command.name == "flatten":
            halt(self.session, 3, command.actor, words, ts)
            answer = "halted; every position is being closed"
        elif command.name == "resume":
            answer = end_halt(self.session, command.actor, words, ts).text
        elif command.name == "cancel_entries":
            cancel_entries(self.session)
            answer = "waiting entries are being cancelled"
        elif command.name in ("watch", "unwatch"):
            symbol = str(command.arguments.get("symbol", ""))
            if command.name == "watch":
                watch(self.session, symbol, _number(command, "weight", 1.0))
            else:
                unwatch(self.session, symbol)
            answer = f"{symbol} is {'' if command.name == 'watch' else 'no longer '}watched"
        else:
            raise NotFound.named("command", command.name, COMMANDS)
        return answer, Intents() if self._inside else self._intents()

    # ---- what has to leave ---------------------------------------------------------------------------------------
    def _intents(self) -> Intents:
        changes = self.session.changes()
        count = int(self.session.book.account[0]["orders"])
        for number in range(len(self.ids), count):
            self.ids.append(self._id_of(number))
        cancels = tuple(self.ids[n] for n in changes.ended if self.tracker.orders[self.ids[n]].is_open)
        amends = tuple(self._amendment(n) for n in changes.amended)
        submits = tuple(self._request(n) for n in changes.new)
        for change in amends:
            self.tracker.amended(change)
        for request in submits:
            self.tracker.sent(request)
        return Intents(submits=submits, amends=amends, cancels=cancels)

    def _id_of(self, number: int) -> str:
        order = self.session.book.orders[number]
        strategy, symbol = self._whose(number)
        decided = self.session.time_of(int(order["created_row"]))
        client_id = client_order_id(self.name, strategy, symbol, decided, number)
        self.numbers[client_id] = number
        return client_id

    def _whose(self, number: int) -> tuple[str, str]:
        session = self.session
        strategy, symbol = divmod(int(session.book.orders[number]["lane"]), len(session.symbols))
        return session.labels[strategy], session.symbols[symbol]

    def _amendment(self, number: int) -> OrderAmendment:
        order = self.session.book.orders[number]
        return OrderAmendment(
            client_order_id=self.ids[number],
            lots=int(order["lots"]),
            limit=int(order["limit"]),
            stop=int(order["stop"]),
        )

    def _request(self, number: int) -> OrderRequest:
        order = self.session.book.orders[number]
        strategy, symbol = self._whose(number)
        parent, group = int(order["parent"]), int(order["group"])
        return OrderRequest(
            client_order_id=self.ids[number],
            symbol=symbol,
            strategy=strategy,
            side=int(order["side"]),
            type=int(order["type"]),
            time_in_force=int(order["time_in_force"]),
            lots=int(order["lots"]),
            limit=int(order["limit"]),
            stop=int(order["stop"]),
            trail=int(order["trail"]),
            role=int(order["role"]),
            flags=int(order["flags"]),
            reason=int(order["reason"]),
            priority=int(order["priority"]),
            parent=self.ids[parent] if parent >= 0 else "",
            group=self.ids[group] if group >= 0 else "",
            reference=int(order["decided_ticks"]),
        )

    def _apply(self, report: OrderReport) -> None:
        number = self.numbers[report.client_order_id]
        filled = report.fill_lots > 0
        status = self.tracker.orders[report.client_order_id].status if filled else report.status
        same_money = not report.fee_currency or report.fee_currency == self._currency(number)
        if filled and not same_money:
            self.alarms["fee in another currency"] += 1  # booked by the model; reconciliation shows the difference
        self.session.report(
            Report(
                number,
                int(status),
                report.reason if status in (OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED) else 0,
                max(report.fill_lots, 0),
                report.fill_ticks,
                report.slippage_units,
                report.maker,
                report.at_open,
                report.fee_units if same_money else FEE_BY_MODEL,
            ),
            report.ts_event,
        )
        orders = self.session.book.orders
        group = int(orders[number]["group"])
        # a filled entry gives its protective orders their lots, at the venue as here
        self._note_lots(
            tracked
            for tracked in self.tracker.open_orders()
            if orders[self.numbers[tracked.request.client_order_id]]["parent"] == number
            or (group >= 0 and orders[self.numbers[tracked.request.client_order_id]]["group"] == group)
        )

    def _note_lots(self, some: Iterable[Tracked]) -> None:
        for tracked in some:
            tracked.lots = int(self.session.book.orders[self.numbers[tracked.request.client_order_id]]["lots"])

    def _currency(self, number: int) -> str:
        return self.session.panel.instruments[int(self.session.book.orders[number]["symbol"])].currency

    # ---- reading -------------------------------------------------------------------------------------------------
    def positions(self) -> dict[tuple[str, str], int]:
        """Signed lots by (strategy, symbol), flat ones left out."""
        session, symbols = self.session, self.session.symbols
        return {
            (session.labels[k // len(symbols)], symbols[k % len(symbols)]): int(lots)
            for k, lots in enumerate(session.book.lanes["lots"])
            if lots
        }


def _number(command: Command, name: str, default: float) -> float:
    """A number among a command's arguments; the journal holds the command already. Raises ConfigError for others."""
    value = command.arguments.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError(f"{command.name}: {name}={value!r} is no number")
    return value


def refused(client_id: str, reason: int, ts: int, text: str = "") -> OrderReport:
    """The report of an order that the venue did not take."""
    if reason == Reason.NONE:
        raise ConfigError("an order is refused for a reason")
    return OrderReport(
        ts_event=ts, ts_known=ts, client_order_id=client_id, venue_order_id="", status=int(OrderStatus.REJECTED),
        reason=reason, text=text,
    )  # fmt: skip
