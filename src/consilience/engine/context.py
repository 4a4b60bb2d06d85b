"""The engine's Context: a thin face over the book for callback strategies. It calls compiled code only when asked."""

from __future__ import annotations

import math

import numpy as np

from consilience.core.codes import FIRST_FINAL_STATUS, OrderFlag, OrderRole, OrderStatus, OrderType, Reason
from consilience.core.errors import NotFound, StrategyError
from consilience.core.panel import Floats
from consilience.core.schemas import LANE_DTYPE
from consilience.core.views import AccountView, PositionView
from consilience.engine.free_orders import cancel_nb
from consilience.engine.host import Host
from consilience.engine.intent import Intent
from consilience.strategies.entry import TIMES_IN_FORCE

NAN = math.nan
LANE_WIDTH, LOTS = len(LANE_DTYPE.names or ()), (LANE_DTYPE.names or ()).index("lots")
CANCELLED, BY_STRATEGY = int(OrderStatus.CANCELLED), int(Reason.CANCELLED_BY_STRATEGY)
MARKET, LIMIT, STOP = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.STOP)
STOP_LIMIT, TRAILING = int(OrderType.STOP_LIMIT), int(OrderType.TRAILING_STOP)
REDUCE_ONLY, POST_ONLY = int(OrderFlag.REDUCE_ONLY), int(OrderFlag.POST_ONLY)
TRAIL_PERCENT = int(OrderFlag.TRAIL_PERCENT)
LIVES = {name: int(code) for name, code in TIMES_IN_FORCE.items()}
GTC = LIVES["gtc"]


class EngineContext:
    """What one callback strategy sees and does (``strategies.context.Context``)."""

    def __init__(self, host: Host, strategy_index: int) -> None:
        self._host = host
        self._strategy = strategy_index
        self._first_lane = strategy_index * len(host.symbols)
        self._columns = {symbol: s for s, symbol in enumerate(host.symbols)}
        self._priority = host.priority(strategy_index)
        self._lanes = host.lane_numbers
        self._lots_at = [(self._first_lane + s) * LANE_WIDTH + LOTS for s in range(len(host.symbols))]
        self._held = dict.fromkeys(host.symbols, 0.0)
        self.symbols = host.symbols
        self.values: dict[str, dict[str, list[float]]] = {}
        self.index = 0  # row of the block whose slice is at hand
        self._start = 0  # market row of the block's first slice

    def load(self, start: int, values: dict[str, Floats]) -> None:
        """Take a block's declared features, [B, S] each; its first slice is market row ``start``."""
        self._start = start
        # a flat list of floats for each symbol: the collector does not look into those
        self.values = {
            name: dict(zip(self.symbols, np.ascontiguousarray(v.T).tolist(), strict=True)) for name, v in values.items()
        }

    def _now(self) -> Host:
        """The host, told which slice this strategy is in."""
        self._host.row = self._start + self.index
        return self._host

    @property
    def now_ns(self) -> int:
        """Close time of the slice at hand."""
        return self._now().now_ns()

    def value(self, name: str, symbol: str) -> float:
        """Declared feature of a symbol in this slice."""
        try:
            return self.values[name][symbol][self.index]
        except KeyError:
            raise self._unknown(name, symbol) from None

    def _unknown(self, name: str, symbol: str) -> NotFound:
        if symbol not in self._columns:
            return NotFound.named("symbol", symbol, self.symbols)
        return NotFound.named("declared feature", name, self.values)

    def _column(self, symbol: str) -> int:
        try:
            return self._columns[symbol]
        except KeyError:
            raise NotFound.named("symbol", symbol, self.symbols) from None

    def bid(self, symbol: str) -> float:
        """Bid at the end of the slice at hand, NaN when the symbol has none; on trade bars the close."""
        return self._now().price_of(self._column(symbol), buys=False)

    def ask(self, symbol: str) -> float:
        """Ask at the end of the slice at hand, NaN when the symbol has none; on trade bars the close."""
        return self._now().price_of(self._column(symbol), buys=True)

    def position(self, symbol: str) -> float:
        """Signed quantity."""
        try:
            return self._held[symbol]
        except KeyError:
            raise NotFound.named("symbol", symbol, self.symbols) from None

    def refresh(self) -> None:
        """Read the positions again: some lane was filled."""
        lanes = self._lanes
        for symbol, place, lot in zip(self.symbols, self._lots_at, self._host.lot_size, strict=True):
            self._held[symbol] = lanes[place] * lot

    def position_view(self, symbol: str) -> PositionView:
        """Position with cost and mark."""
        self._now().flush()
        return self._now().position_view(self._first_lane + self._column(symbol))

    def account(self) -> AccountView:
        """The account at the last marks."""
        self._now().flush()
        return self._now().account_view()

    def round_price(self, symbol: str, price: float, *, up: bool) -> float:
        """``price`` on the instrument's order grid, at or above it when ``up``, else at or below."""
        return self._host.round_price(self._column(symbol), price, up)

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
        if limit is None and stop is None and time_in_force == "gtc" and not reduce_only and not post_only:
            return self._send(symbol, 1, quantity, _AT_MARKET, _PLAIN)
        how = (time_in_force, _flags(reduce_only, post_only))
        return self._send(symbol, 1, quantity, _terms(limit, stop), how)

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
        if limit is None and stop is None and time_in_force == "gtc" and not reduce_only and not post_only:
            return self._send(symbol, -1, quantity, _AT_MARKET, _PLAIN)
        how = (time_in_force, _flags(reduce_only, post_only))
        return self._send(symbol, -1, quantity, _terms(limit, stop), how)

    def trailing_stop(
        self, symbol: str, quantity: float, *, distance: float | None = None, fraction: float | None = None
    ) -> int:
        """Reduce-only trailing stop against the present position."""
        if (distance is None) == (fraction is None):
            raise StrategyError("a trailing stop needs either distance= (price) or fraction= (of price)")
        column = self._column(symbol)
        side = -1 if self.position(symbol) >= 0 else 1
        flags = REDUCE_ONLY
        if fraction is not None:
            trail, flags = round(fraction * 1_000_000), REDUCE_ONLY | TRAIL_PERCENT
        else:
            trail = round((distance or 0.0) / self._host.tick_value[column])
        if trail <= 0:
            raise StrategyError("a trailing stop's distance must be at least one tick")
        return self._send(symbol, side, quantity, (TRAILING, None, None, trail), ("gtc", flags))

    def _send(
        self,
        symbol: str,
        side: int,
        quantity: float,
        terms: tuple[int, float | None, float | None, int],
        how: tuple[str, int],
    ) -> int:
        host = self._now()
        column = self._column(symbol)
        kind, limit, stop, trail = terms
        if how[0] not in LIVES:
            raise NotFound.named("time in force", how[0], LIVES)
        return host.request(
            (
                self._first_lane + column,
                side,
                kind,
                LIVES[how[0]],
                how[1],
                self._priority,
                host.whole_lots(column, quantity),
                0 if limit is None else host.grid_ticks(column, limit),
                0 if stop is None else host.grid_ticks(column, stop),
                trail,
            )
        )

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
        host = self._host
        lane = self._first_lane + self._column(symbol)
        record = host.book.strategies[self._strategy]
        record["has_stop_loss"] = int(stop_loss is not None)
        record["has_take_profit"] = int(take_profit is not None)
        adjust = host.price_factor(self._column(symbol))
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
        self._now().decide(lane, intent)

    def exit(self, symbol: str) -> None:
        """Close the position at the market."""
        self.decide(symbol, Intent(False, False, True, True, NAN, NAN, NAN, NAN, NAN, NAN, 1.0))

    def decide(self, symbol: str, intent: Intent) -> None:
        """The declarative decision on ``intent``, whose prices are forward-adjusted as expressions are."""
        self._now().decide(self._first_lane + self._column(symbol), intent)

    def order_target(self, symbol: str, quantity: float) -> int | None:
        """Order the difference to a signed quantity, whole lots toward zero."""
        column = self._column(symbol)
        lot = self._host.lot_size[column]
        wanted = math.trunc(quantity / lot + math.copysign(1e-9, quantity))
        difference = wanted - self._lanes[self._lots_at[column]]
        if difference == 0:
            return None
        send = self.buy if difference > 0 else self.sell
        return send(symbol, abs(difference) * lot)

    def order_target_percent(self, symbol: str, fraction: float) -> int | None:
        """Order the difference to a signed share of this strategy's equity at the last close."""
        quantity = self._units_worth(symbol, fraction)
        return None if math.isnan(quantity) else self.order_target(symbol, quantity)

    def quantity_for(self, symbol: str, fraction: float) -> float:
        """Whole lots worth at most a share of this strategy's equity at the last close."""
        quantity = self._units_worth(symbol, fraction)
        if math.isnan(quantity):
            return 0.0
        lot = self._host.lot_size[self._column(symbol)]
        return math.floor(abs(quantity) / lot + 1e-9) * lot

    def _units_worth(self, symbol: str, fraction: float) -> float:
        """Units worth a share of the strategy's equity, NaN where there is no price."""
        self._now().flush()
        value = self._now().value_of_one(self._column(symbol))
        equity = self._host.equity() * self._host.capital[self._strategy]
        return fraction * equity / value if value > 0.0 else NAN

    def cancel(self, order_id: int) -> None:
        """Cancel one order of this strategy."""
        self._now().flush()
        book = self._host.book
        orders = int(book.account[0]["orders"])
        if not 0 <= order_id < orders or int(book.orders[order_id]["lane"]) // len(self.symbols) != self._strategy:
            raise NotFound(f"there is no order {order_id} of this strategy")
        cancel_nb(book, order_id, CANCELLED, BY_STRATEGY)
        if order_id + 1 < orders and _turns_round(book.orders[order_id], book.orders[order_id + 1]):
            cancel_nb(book, order_id + 1, CANCELLED, BY_STRATEGY)

    def withdraw(self, valid: list[bool]) -> bool:
        """Cancel every order but exits and close every position whose symbol is ``valid``; whether any is left."""
        left = False
        for column, symbol in enumerate(self.symbols):
            lane = self._host.book.lanes[self._first_lane + column]
            if lane["working_exit"] >= 0:
                left = True
                continue
            self.cancel_all(symbol)
            if lane["lots"] != 0:
                left = True
                if valid[column]:
                    self.exit(symbol)
        return left

    def cancel_all(self, symbol: str | None = None) -> None:
        """Cancel this strategy's alive orders."""
        column = None if symbol is None else self._column(symbol)
        self._now().flush()
        book = self._host.book
        for number in book.alive[: int(book.account[0]["alive"])].tolist():
            order = book.orders[number]
            if order["lane"] // len(self.symbols) != self._strategy or order["status"] >= FIRST_FINAL_STATUS:
                continue
            if column is None or order["symbol"] == column:
                cancel_nb(book, number, CANCELLED, BY_STRATEGY)


_AT_MARKET = (MARKET, None, None, 0)
_PLAIN = ("gtc", 0)


def _turns_round(first: np.void, second: np.void) -> bool:
    """Whether two orders are the halves of one that turns a position round (``engine.free_full``)."""
    alike = all(first[name] == second[name] for name in ("lane", "side", "type", "created_row"))
    return bool(alike and first["role"] == OrderRole.REVERSAL and second["role"] == OrderRole.FREE)


def _flags(reduce_only: bool, post_only: bool) -> int:
    return (REDUCE_ONLY if reduce_only else 0) | (POST_ONLY if post_only else 0)


def _terms(limit: float | None, stop: float | None) -> tuple[int, float | None, float | None, int]:
    if limit is not None:
        return (LIMIT if stop is None else STOP_LIMIT), limit, stop, 0
    return (MARKET if stop is None else STOP), None, stop, 0
