"""One run of the engine: strategies over slices, by whichever driver fits. All drivers share the compiled step.

- compiled: declarative strategies only; no Python in the loop.
- callbacks: Python after each slice; the compiled step runs only when an order waits, or when it is asked about money.
- step: one slice at a time, as paper and live do.

In each of them strategies decide in the order in which they were given, and symbols in theirs (``engine.callbacks``).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import numpy as np

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError, HaltTrading, ReportBug
from consilience.core.panel import Ints, Panel
from consilience.core.reason_text import REASON_TEXT
from consilience.core.schemas import STRATEGY_DTYPE
from consilience.core.units import ledger_exponent
from consilience.core.views import AccountView, PositionView
from consilience.engine.book import MOST_REQUESTS, REQUEST_FIELDS, Book, Columns, Market, market_of, new_book
from consilience.engine.callbacks import (
    FAULT,
    ORDERS,
    REQUESTS,
    CallbackDriver,
    Lanes,
    overrides,
)
from consilience.engine.capital import capital_shares
from consilience.engine.columns import ColumnMaker, Graph
from consilience.engine.context import EngineContext
from consilience.engine.desk import Desk, desk_of
from consilience.engine.failures import Failure
from consilience.engine.growth import Growth
from consilience.engine.hearings import Recorder
from consilience.engine.intent import Intent
from consilience.engine.loop import run_block_nb
from consilience.engine.membership import Membership
from consilience.engine.output import RunOutput as RunOutput
from consilience.engine.output import desk_output
from consilience.engine.row_by_row import RowByRow
from consilience.engine.settings import (
    Settings,
    cash_units,
    config_record,
    outlook_of,
    strategy_record,
    venue_records,
)
from consilience.features.blocked import Pool
from consilience.strategies.base import CallbackStrategy, Strategy, labels_of

Progress = Callable[[int], None]

_REQUEST = struct.Struct(f"={len(REQUEST_FIELDS)}q")


class Session(CallbackDriver):
    """State of one run. Feed it panels in time order with ``run`` or one slice at a time with ``step``.

    panel: tells the instruments, currencies and kind of data; it need not be the one that is run.
    first_decision: slices before this one only warm up the features. pool: threads for the features of many symbols.
    """

    def __init__(
        self,
        panel: Panel,
        strategies: Sequence[Strategy],
        settings: Settings,
        *,
        first_decision: int = 0,
        block: int | None = None,
        pool: Pool | None = None,
    ) -> None:
        if not strategies:
            raise ConfigError("a run needs at least one strategy")
        self.strategies = tuple(strategies)
        self.symbols = panel.symbols
        self.settings = settings
        self.graph = self._new_graph(panel)
        outlook = outlook_of(settings, self.symbols)
        self.maker = ColumnMaker(self.graph, len(self.symbols), block=block, pool=pool, outlook=outlook)
        self.labels = labels_of(strategies)
        self.capital = capital_shares(settings, self.labels)
        self._cash = cash_units(settings, panel.currencies[0])
        self.book = self._new_book(panel, first_decision)
        symbols = self.book.symbols
        self.members = Membership(settings.universe, panel)
        full = settings.full_risk or bool(self.graph.fused)
        self._rows_alone = RowByRow(
            self.members, desk_of(settings, panel, len(strategies), self._cash) if full else None
        )
        self._by_row = full or self.members.by_row
        self.tick_value = [float(v) for v in symbols["tick_value"]]
        self.lot_size = [float(v) for v in symbols["lot_size"]]
        self.exponent = ledger_exponent(panel.currencies[0])
        self.numbers = self.book.account.view(np.int64).data
        self.lane_numbers = self.book.lanes.view(np.int64).data
        self._request_bytes = self.book.requests.data.cast("B")
        self.marks, self.ts = list[Ints](), list[Ints]()
        self.slices = 0
        self.failures = [Failure(k, self.graph.stage_of(k), None, e) for k, e in self.graph.failed.items()]
        self._recorders = [Recorder(k, heard, len(self.symbols)) for k, heard in self.maker.fused.items()]
        self._heard_records = 0
        self._growth = Growth()
        self._stamped = {"fills": 0, "records": 0}  # rows that have their times
        self._contexts = self._contexts_of(strategies)
        self._leaving: list[EngineContext] = []
        self._led = self.strategies.index(self._contexts[0][0]) if self._contexts else len(strategies)
        self.book.config["later_lanes"] = (len(strategies) - self._led) * len(self.symbols)
        # each slice may then bring orders that no callback has sent
        self._mixed = self._by_row or settings.universe.screens or any(e is not None for e in self.graph.entries)
        self._listens = any(overrides(s, "on_fill", "on_order", "on_position") for s, _ in self._contexts)
        self._watched, self._seen_fills = list[int](), 0
        self._started = False
        self.market: Market = market_of(panel)
        self.kinds: bytes | None = None  # kind of each event, in event-by-event runs
        self._block_columns: Columns | None = None
        self._marks = np.zeros((3, 0), np.int64)
        self.panel = panel
        self._rows = (0, 0)
        self._done = 0  # market row up to which the venue step has run
        self.row = 0  # market row at hand, set by who asks
        self._wake = 0  # market row that the venue must see next: at once, or that of a corporate action, or never

    def _new_graph(self, panel: Panel) -> Graph:
        sizing = self.settings.sizing
        return Graph(
            self.strategies,
            panel.duration_ns,
            feeds=panel.feeds,
            full_risk=self.settings.full_risk,
            kelly=sizing is not None and sizing.method == "kelly",
            quotes=panel.is_bid_ask or panel.events or any(feed.startswith("flow.") for feed in panel.feeds),
        )

    def _new_book(self, panel: Panel, first_decision: int) -> Book:
        settings, count = self.settings, len(self.strategies)
        rows = [
            strategy_record(s, e, settings, count - k, self.capital[k])
            for k, (s, e) in enumerate(zip(self.strategies, self.graph.entries, strict=True))
        ]
        config = config_record(settings, panel, count)
        config["first_decision"] = first_decision
        config["has_fused"] = int(bool(self.graph.fused))
        return new_book(
            venue_records(settings, panel),
            np.array(rows, STRATEGY_DTYPE),
            config,
            cash_units=self._cash,
            slices=panel.shape[0],
        )

    @property
    def desk(self) -> Desk | None:
        """What full decisions work with; None in a run without them."""
        return self._rows_alone.desk

    def _contexts_of(self, strategies: Sequence[Strategy]) -> list[tuple[CallbackStrategy, EngineContext]]:
        return [
            (s, EngineContext(self, k))
            for k, s in enumerate(strategies)
            if isinstance(s, CallbackStrategy) and k not in self.graph.failed
        ]

    # ---- drivers -------------------------------------------------------------------------------------------------
    def run(
        self,
        panel: Panel,
        session_open: Ints | None = None,
        *,
        progress: Progress | None = None,
        blocks: Sequence[int] | None = None,
    ) -> None:
        """Run every slice of ``panel``. ``blocks`` gives the block lengths (for tests); any partition is equal."""
        self._begin(panel)
        total = panel.shape[0]
        start, turn = 0, 0
        while start < total:
            length = self.maker.block if blocks is None else blocks[turn % len(blocks)]
            stop = min(start + length, total)
            self._load_block(panel, start, stop, session_open)
            self._drive(panel, start, stop)
            start, turn = stop, turn + 1
            if progress is not None:
                progress(stop)
        self._end()

    def _load_block(self, panel: Panel, start: int, stop: int, session_open: Ints | None) -> None:
        """Features, universe and decision columns of market rows ``start`` to ``stop``."""
        self.maker.push(panel, start, stop, session_open)
        self.members.push(panel, start, stop, session_open)
        self._block_columns = self.maker.columns(stop - start)
        desk, halts = self._rows_alone.desk, int(self.book.account["halts"][0])
        if desk is not None:
            self._rows_alone.desk = self.maker.for_desk(desk, halts, panel, start, stop)
        self._rows = (start, stop)

    def _drive(self, panel: Panel, start: int, stop: int) -> None:
        """Venue step and decisions of the block at hand."""
        if self._contexts or self._leaving:
            self._run_callbacks(panel, start, stop)
        else:
            self.book.config["later_lanes"] = 0  # no callback comes before any of them
            self._advance(stop)
        self._hear(start)

    def _hear(self, start: int) -> None:
        """Note what the sources said at the decisions of the block that began at market row ``start``."""
        if not self._recorders:
            return
        first, count = self._heard_records, int(self.book.account[0]["records"])
        for recorder in self._recorders:
            recorder.push(self.book.records[first:count], first, self.slices + start)
        self._heard_records = count

    def step(self, panel: Panel, session_open: Ints | None = None) -> None:
        """Run the one slice that ``panel`` holds: the live form."""
        if panel.shape[0] != 1:
            raise ReportBug(f"a step takes one slice, not {panel.shape[0]}")
        self.run(panel, session_open, blocks=(1,))
        self._growth.prepare(self.book)

    def stop(self) -> None:
        """Tell the callback strategies that it is over."""
        for strategy, context in self._contexts:
            self._guard(strategy, "on_stop", strategy.on_stop, context)

    # ---- one panel -----------------------------------------------------------------------------------------------
    def _begin(self, panel: Panel) -> None:
        self.panel = panel
        self.market = market_of(panel, self.members.begin(panel))
        kept = 1 if len(self.book.lanes) == 1 else 3
        self._marks = np.empty((kept, panel.shape[0]), np.int64)
        self.book.config["first_slice"] = self.slices
        self.book.config["dense"] = int(panel.dense)
        self.book.account["actions"] = 0
        self._done, self.row, self._wake = 0, 0, 0
        if not self._started:
            self._started = True
            for strategy, context in self._contexts:
                self._guard(strategy, "on_start", strategy.on_start, context)

    def _end(self) -> None:
        rows = self.panel.shape[0]
        self.ts.append(self.panel.ts)
        self.marks.append(self._marks)
        self._stamp(rows)
        self.slices += rows

    def _stamp(self, rows: int) -> None:
        """Put close times on the fills and records of this panel; the kernels know slice numbers only."""
        for name, array in (("fills", self.book.fills), ("records", self.book.records)):
            used = int(self.book.account[0][name])
            new = array[self._stamped[name] : used]
            new["ts"] = self.panel.ts[new["row"] - self.slices]
            self._stamped[name] = used
        if rows == 0:
            raise ReportBug("a panel without slices was run")

    def _advance(self, stop: int) -> None:
        """Run the compiled step up to market row ``stop``; waiting requests join after the row at hand."""
        columns = self._block_columns
        if columns is None:
            raise ReportBug("the step ran before any block was evaluated")
        numbers = self.numbers
        advance = self._rows_alone.run if self._by_row else run_block_nb
        while self._done < stop or numbers[REQUESTS]:
            window = (self._done, stop, self._rows[0], self.row + 1)
            self._done = advance(self.market, self.book, columns, self._marks, window)
            if numbers[FAULT]:
                reason = REASON_TEXT[Reason(numbers[FAULT])]
                raise HaltTrading(f"the run stopped at slice {self.slices + self._done - 1}: {reason}")
            if self._done < stop or numbers[REQUESTS]:
                self.book = self._growth.with_room(self.book)

    def _decide_lanes(self, row: int, lanes: Lanes) -> None:
        """The decisions of some lanes in market row ``row``, after what was asked so far."""
        self.row = row
        self.flush()
        columns = self._block_columns
        if columns is None:
            raise ReportBug("lanes were to decide before any block was evaluated")
        self.book = self._growth.with_room(self.book)
        self._rows_alone.decide(self.market, self.book, columns, (row, row - self._rows[0]), lanes)

    # ---- what contexts ask ---------------------------------------------------------------------------------------
    def now_ns(self) -> int:
        """Close time of the slice at hand."""
        return int(self.panel.ts[self.row])

    def flush(self) -> None:
        """Bring venue and marks up to the slice at hand, and waiting requests into the book."""
        if self._done <= self.row or self.numbers[REQUESTS]:
            self._advance(self.row + 1)

    def request(self, fields: tuple[int, ...]) -> int:
        """Note an order (``book.REQUEST_FIELDS``) for when this slice is over; returns the number it will have."""
        numbers = self.numbers
        if numbers[REQUESTS] == MOST_REQUESTS:
            self.flush()
        count = numbers[REQUESTS]
        _REQUEST.pack_into(self._request_bytes, count * _REQUEST.size, *fields)
        numbers[REQUESTS] = count + 1
        self._wake = 0
        number: int = numbers[ORDERS] + count
        if self.settings.full_risk and self._block_columns is not None:
            self.flush()  # answered at once: what it uses up is gone for the next order
        if self._listens:
            self._watched.extend(range(number, max(numbers[ORDERS], number + 1)))
        return number

    def decide(self, lane: int, intent: Intent) -> None:
        """The declarative decision of one lane in the slice at hand."""
        self.flush()
        self.book = self._growth.with_room(self.book)
        before = self.numbers[ORDERS]
        at = (self.row, self.row - self._rows[0])
        self._rows_alone.decide_one(self.market, self.book, at, lane, intent)
        self._wake = 0
        if self._listens:
            self._watched.extend(range(before, self.numbers[ORDERS]))

    def priority(self, strategy: int) -> int:
        """Queue priority of a strategy's orders."""
        return int(self.book.strategies[strategy]["priority"])

    def price_factor(self, column: int) -> float:
        """Forward-adjustment factor of a symbol in the slice at hand."""
        return 1.0 if self.panel.factor is None else float(self.panel.factor[self.row, column])

    def equity(self) -> float:
        """Equity at the last marks, base currency."""
        return float(int(self.book.account["equity"][0]) / 10**self.exponent)

    def position_view(self, lane: int) -> PositionView:
        """One lane as a view."""
        record = self.book.lanes[lane]
        column = lane % len(self.symbols)
        last = int(record["last_trade_row"])
        return PositionView(
            strategy=self.strategies[lane // len(self.symbols)].strategy_name(),
            symbol=self.symbols[column],
            lots=int(record["lots"]),
            cost_units=int(record["cost"]),
            realised_units=int(record["realised"]),
            mark_ticks=int(record["mark"]),
            last_trade_ns=self.time_of(last) if last >= 0 else 0,
        )

    def time_of(self, slice_number: int) -> int:
        """Close time of a slice that was run."""
        if slice_number >= self.slices:
            return int(self.panel.ts[slice_number - self.slices])
        first = self.slices
        for part in reversed(self.ts):  # what is asked for was mostly not long ago
            first -= len(part)
            if slice_number >= first:
                return int(part[slice_number - first])
        raise ReportBug(f"slice {slice_number} was never run")

    def account_view(self) -> AccountView:
        """The account with its open positions."""
        account = self.book.account[0]
        held = [lane for lane in range(len(self.book.lanes)) if self.book.lanes[lane]["lots"] != 0]
        return AccountView(
            ts_ns=self.now_ns(),
            cash_units=int(account["cash"]),
            equity_units=int(account["equity"]),
            gross_units=int(account["gross"]),
            halted_level=int(account["halt_level"]),
            positions=tuple(self.position_view(lane) for lane in held),
        )

    # ---- results -------------------------------------------------------------------------------------------------
    def output(self) -> RunOutput:
        """What the run left, as arrays of their used length."""
        account = self.book.account[0]
        return RunOutput(
            ts=np.concatenate(self.ts) if len(self.ts) != 1 else self.ts[0],
            marks=np.concatenate(self.marks, axis=1) if len(self.marks) != 1 else self.marks[0],
            fills=self.book.fills[: account["fills"]],
            orders=self.book.orders[: account["orders"]],
            records=self.book.records[: account["records"]],
            lanes=self.book.lanes,
            account=self.book.account,
            cash_start=self._cash,
            exponent=self.exponent,
            hearings=tuple(recorder.hearing() for recorder in self._recorders),
            surveys=tuple(recorder.survey() for recorder in self._recorders),
            refused_voices=sum(heard.refused for heard in self.maker.fused.values()),
            **desk_output(self.desk, int(account["halts"])),
        )
