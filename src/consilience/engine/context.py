"""The engine's Context: a thin face over the book for callback strategies. It calls compiled code only when asked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from consilience.core.codes import (
    FIRST_FINAL_STATUS,
    OrderFlag,
    OrderRole,
    OrderStatus,
    OrderType,
    Reason,
)
from consilience.core.errors import NotFound, StrategyError
from consilience.core.views import AccountView, PositionView
from consilience.engine.decide import Intent
from consilience.engine.free_orders import cancel_nb, decide_one_nb, submit_nb
from consilience.engine.orders import Draft
from consilience.strategies.entry import TIMES_IN_FORCE

if TYPE_CHECKING:
    from consilience.engine.session import Session

NAN = math.nan
CANCELLED, BY_STRATEGY = int(OrderStatus.CANCELLED), int(Reason.CANCELLED_BY_STRATEGY)


class EngineContext:
    """What one callback strategy sees and does (``strategies.context.Context``)."""

    def __init__(self, session: Session, strategy_index: int) -> None:
        self._session = session
        self._strategy = strategy_index
        self._first_lane = strategy_index * len(session.symbols)
        self._columns = {symbol: s for s, symbol in enumerate(session.symbols)}
        self.symbols = session.symbols
        self.values: dict[str, list[list[float]]] = {}
        self.index = 0  # row of the block whose slice is at hand

    @property
    def now_ns(self) -> int:
        """Close time of the slice at hand."""
        return self._session.now_ns()

    def value(self, name: str, symbol: str) -> float:
        """Declared feature of a symbol in this slice."""
        try:
            return self.values[name][self.index][self._columns[symbol]]
        except KeyError:
            raise self._unknown(name, symbol) from None

    def _unknown(self, name: str, symbol: str) -> NotFound:
        if symbol not in self._columns:
            return NotFound.named("symbol", symbol, self.symbols)
        return NotFound.named("declared feature", name, self.values)

    def _lane(self, symbol: str) -> int:
        try:
            return self._first_lane + self._columns[symbol]
        except KeyError:
            raise NotFound.named("symbol", symbol, self.symbols) from None

    def position(self, symbol: str) -> float:
        """Signed quantity."""
        session = self._session
        lots = session.lane_lots[self._lane(symbol)]
        return float(lots) * session.lot_size[self._columns[symbol]] if lots else 0.0

    def position_view(self, symbol: str) -> PositionView:
        """Position with cost and mark."""
        self._session.flush()
        return self._session.position_view(self._lane(symbol))

    def account(self) -> AccountView:
        """The account at the last marks."""
        self._session.flush()
        return self._session.account_view()

    def round_price(self, symbol: str, price: float, *, up: bool) -> float:
        """``price`` on the instrument's order grid, at or above it when ``up``, else at or below."""
        return self._session.round_price(self._columns[symbol], price, up)

    def buy(
        self,
        symbol: str,
        quantity: float,
        *,
        limit: float | None = None,
        stop: float | None = None,
        time_in_force: str = "gtc",
        reduce_only: bool = False,
        post_only: bool = False,
    ) -> int:
        """Order to buy; returns its id."""
        flags = self._flags(reduce_only, post_only)
        return self._send(symbol, 1, quantity, self._terms(limit, stop), (time_in_force, flags))

    def sell(
        self,
        symbol: str,
        quantity: float,
        *,
        limit: float | None = None,
        stop: float | None = None,
        time_in_force: str = "gtc",
        reduce_only: bool = False,
        post_only: bool = False,
    ) -> int:
        """Order to sell; returns its id."""
        flags = self._flags(reduce_only, post_only)
        return self._send(symbol, -1, quantity, self._terms(limit, stop), (time_in_force, flags))

    def trailing_stop(
        self, symbol: str, quantity: float, *, distance: float | None = None, fraction: float | None = None
    ) -> int:
        """Reduce-only trailing stop against the present position."""
        if (distance is None) == (fraction is None):
            raise StrategyError("a trailing stop needs either distance= (price) or fraction= (of price)")
        column = self._columns[symbol]
        side = -1 if self.position(symbol) >= 0 else 1
        flags = int(OrderFlag.REDUCE_ONLY)
        if fraction is not None:
            trail, flags = round(fraction * 1_000_000), flags | int(OrderFlag.TRAIL_PERCENT)
        else:
            trail = round((distance or 0.0) / self._session.tick_value[column])
        if trail <= 0:
            raise StrategyError("a trailing stop's distance must be at least one tick")
        terms = (int(OrderType.TRAILING_STOP), 0.0, 0.0, trail)
        return self._send(symbol, side, quantity, terms, ("gtc", flags))

    @staticmethod
    def _flags(reduce_only: bool, post_only: bool) -> int:
        return (int(OrderFlag.REDUCE_ONLY) if reduce_only else 0) | (int(OrderFlag.POST_ONLY) if post_only else 0)

    @staticmethod
    def _terms(limit: float | None, stop: float | None) -> tuple[int, float, float, int]:
        if limit is not None and stop is not None:
            return int(OrderType.STOP_LIMIT), limit, stop, 0
        if limit is not None:
            return int(OrderType.LIMIT), limit, 0.0, 0
        if stop is not None:
            return int(OrderType.STOP), 0.0, stop, 0
        return int(OrderType.MARKET), 0.0, 0.0, 0

    def _send(
        self, symbol: str, side: int, quantity: float, terms: tuple[int, float, float, int], how: tuple[str, int]
    ) -> int:
        session = self._session
        lane = self._lane(symbol)
        column = self._columns[symbol]
        kind, limit, stop, trail = terms
        if how[0] not in TIMES_IN_FORCE:
            raise NotFound.named("time in force", how[0], TIMES_IN_FORCE)
        draft = Draft(
            lane,
            side,
            kind,
            int(TIMES_IN_FORCE[how[0]]),
            int(OrderRole.FREE),
            how[1],
            int(Reason.STRATEGY_ORDER),
            session.priority(self._strategy),
            session.whole_lots(column, quantity),
            session.grid_ticks(column, limit) if limit else 0,
            session.grid_ticks(column, stop) if stop else 0,
            trail,
            -1,
            -1,
            -1,
            0,
        )
        row = session.flush_for_order()
        number = int(submit_nb(session.market, session.book, row, draft))
        session.watch(number)
        return number

    def enter(
        self,
        symbol: str,
        direction: int,
        *,
        quantity: float | None = None,
        stop_loss: float | None = None,
        take_profit: float | None = None,
        confidence: float = 1.0,
    ) -> None:
        """Entry with sizer, risk, protection and reversal, at the market."""
        session = self._session
        lane = self._lane(symbol)
        record = session.book.strategies[self._strategy]
        record["has_stop_loss"] = int(stop_loss is not None)
        record["has_take_profit"] = int(take_profit is not None)
        adjust = session.price_factor(self._columns[symbol])
        intent = Intent(
            direction > 0,
            direction < 0,
            False,
            False,
            NAN,
            NAN,
            NAN if stop_loss is None else stop_loss * adjust,
            NAN if take_profit is None else take_profit * adjust,
            NAN,
            NAN if quantity is None else quantity,
            confidence,
        )
        row = session.flush_for_order()
        decide_one_nb(session.market, session.book, row, lane, intent)

    def exit(self, symbol: str) -> None:
        """Close the position at the market."""
        self.decide(symbol, Intent(False, False, True, True, NAN, NAN, NAN, NAN, NAN, NAN, 1.0))

    def decide(self, symbol: str, intent: Intent) -> None:
        """The declarative decision on ``intent``, whose prices are forward-adjusted as expressions are."""
        session = self._session
        row = session.flush_for_order()
        decide_one_nb(session.market, session.book, row, self._lane(symbol), intent)

    def order_target(self, symbol: str, quantity: float) -> int | None:
        """Order the difference to a signed quantity, whole lots toward zero."""
        column = self._columns[symbol]
        lot = self._session.lot_size[column]
        wanted = math.trunc(quantity / lot + math.copysign(1e-9, quantity))
        difference = wanted - int(self._session.lane_lots[self._lane(symbol)])
        if difference == 0:
            return None
        send = self.buy if difference > 0 else self.sell
        return send(symbol, abs(difference) * lot)

    def order_target_percent(self, symbol: str, fraction: float) -> int | None:
        """Order the difference to a signed share of equity at the last close."""
        self._session.flush()
        value = self._session.value_of_one(self._columns[symbol])
        if not value > 0.0:
            return None
        return self.order_target(symbol, fraction * self._session.equity() / value)

    def cancel(self, order_id: int) -> None:
        """Cancel one order of this strategy."""
        book = self._session.book
        orders = int(book.account[0]["orders"])
        if not 0 <= order_id < orders or int(book.orders[order_id]["lane"]) // len(self.symbols) != self._strategy:
            raise NotFound(f"there is no order {order_id} of this strategy")
        self._session.flush_for_order()
        cancel_nb(self._session.book, order_id, CANCELLED, BY_STRATEGY)

    def cancel_all(self, symbol: str | None = None) -> None:
        """Cancel this strategy's alive orders."""
        self._session.flush_for_order()
        book = self._session.book
        for number in book.alive[: int(book.account[0]["alive"])].copy():
            order = book.orders[number]
            if order["lane"] // len(self.symbols) != self._strategy or order["status"] >= FIRST_FINAL_STATUS:
                continue
            if symbol is None or order["symbol"] == self._columns[symbol]:
                cancel_nb(book, int(number), CANCELLED, BY_STRATEGY)
