"""A toy venue in unbounded Python integers and fractions: what the engine writes, told by other arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from consilience.core.codes import OrderRole, Reason
from consilience.core.schemas import ACCOUNT_DTYPE, ACTION_DTYPE, FILL_DTYPE, LANE_DTYPE
from consilience.portfolio.books import BookTerms

SPLIT, DIVIDEND = 0, 1


@dataclass
class ToyLane:
    """One position: cost and profit as the trader's notebook has them."""

    lots: int = 0
    cost: int = 0
    realised: int = 0
    fees: int = 0
    dividends: int = 0


@dataclass
class ToyVenue:
    """Fills and actions at ``rows`` slices; ``fx`` is [T][C] numerators over ``fx_den`` [C]; one unit a tick a lot."""

    currencies: tuple[str, ...]
    currency: list[int]
    fx: list[list[int]]
    fx_den: list[int]
    capital: int
    strategies: int = 2
    cash: int = 0
    fills: list[dict[str, int]] = field(default_factory=list)
    actions: list[tuple[int, ...]] = field(default_factory=list)
    lanes: list[ToyLane] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cash = self.capital
        self.lanes = [ToyLane() for _ in range(self.strategies * len(self.currency))]

    def rate(self, row: int, symbol: int) -> Fraction:
        column = self.currency[symbol]
        return Fraction(self.fx[row][column], self.fx_den[column])

    def convert(self, row: int, symbol: int, amount: int) -> int:
        return round(amount * self.rate(row, symbol))

    def fill(self, row: int, lane: int, side: int, lots: int, ticks: int, fee: int = 0, **more: int) -> None:
        symbol = lane % len(self.currency)
        value = self.convert(row, symbol, ticks * lots)
        book = self.lanes[lane]
        before = book.cost
        if book.lots * side >= 0:
            book.cost += side * value
        elif lots <= abs(book.lots):
            book.cost -= round(Fraction(before * lots, abs(book.lots)))
        else:
            book.cost = side * round(Fraction(value * (lots - abs(book.lots)), lots))
        book.lots += side * lots
        self.write(row, lane, side, lots, ticks, (ticks * lots, value, fee, book.cost - before), more)

    def write(
        self,
        row: int,
        lane: int,
        side: int,
        lots: int,
        ticks: int,
        money: tuple[int, int, int, int],
        more: dict[str, int],
    ) -> None:
        notional, value, fee, cost_change = money
        symbol = lane % len(self.currency)
        column = self.currency[symbol]
        fee_base = self.convert(row, symbol, fee)
        realised = cost_change - side * value
        cash = -side * value - fee_base
        book = self.lanes[lane]
        book.realised += realised
        book.fees += fee_base
        self.cash += cash
        line = {
            "row": row,
            "ts": (row + 1) * 1000,
            "order": len(self.fills),
            "lane": lane,
            "symbol": symbol,
            "side": side,
            "lots": lots,
            "ticks": ticks,
            "notional": notional,
            "fee": fee,
            "fx_num": self.fx[row][column],
            "fx_den": self.fx_den[column],
            "cash": cash,
            "fee_base": fee_base,
            "realised": realised,
            "position": book.lots,
            "role": int(OrderRole.ENTRY),
            "reason": int(Reason.STRATEGY_ORDER),
        }
        line.update(more)
        self.fills.append(line)

    def note(self, row: int, lane: int, ticks: int, money: tuple[int, int, int], reason: Reason) -> None:
        """What an action did: (instrument units, base cash, realised)."""
        symbol = lane % len(self.currency)
        column = self.currency[symbol]
        self.fills.append(
            {
                "row": row,
                "ts": (row + 1) * 1000,
                "order": -1,
                "lane": lane,
                "symbol": symbol,
                "ticks": ticks,
                "notional": money[0],
                "fx_num": self.fx[row][column],
                "fx_den": self.fx_den[column],
                "cash": money[1],
                "realised": money[2],
                "position": self.lanes[lane].lots,
                "role": int(OrderRole.FREE),
                "reason": int(reason),
            }
        )

    def split(self, row: int, symbol: int, numerator: int, denominator: int, ticks: int) -> None:
        self.actions.append((row, (row + 1) * 1000, symbol, SPLIT, numerator, denominator, 0))
        for lane in range(symbol, len(self.lanes), len(self.currency)):
            book = self.lanes[lane]
            if book.lots == 0:
                continue
            exact = Fraction(book.lots * numerator, denominator)
            book.lots = int(exact)  # toward zero
            rest = exact - book.lots
            gone = round(book.cost * rest / exact)
            book.cost -= gone
            self.note(row, lane, ticks, (0, 0, 0), Reason.SPLIT)
            if rest:
                notional = round(abs(rest) * ticks)
                cash = self.convert(row, symbol, notional) * (1 if rest > 0 else -1)
                book.realised += cash - gone
                self.cash += cash
                self.note(row, lane, ticks, (notional, cash, cash - gone), Reason.CASH_IN_LIEU)

    def dividend(self, row: int, symbol: int, units: int) -> None:
        self.actions.append((row, (row + 1) * 1000, symbol, DIVIDEND, 1, 1, units))
        for lane in range(symbol, len(self.lanes), len(self.currency)):
            if self.lanes[lane].lots == 0:
                continue
            native = self.lanes[lane].lots * units
            paid = self.convert(row, symbol, native)
            self.lanes[lane].dividends += paid
            self.cash += paid
            self.note(row, lane, 1, (native, paid, 0), Reason.DIVIDEND)

    def fill_records(self) -> np.ndarray:
        result = np.zeros(len(self.fills), FILL_DTYPE)
        for i, line in enumerate(self.fills):
            for name, value in line.items():
                result[i][name] = value
        return result

    def action_records(self) -> np.ndarray:
        return np.array(self.actions, ACTION_DTYPE)

    def lane_records(self) -> np.ndarray:
        result = np.zeros(len(self.lanes), LANE_DTYPE)
        for i, lane in enumerate(self.lanes):
            result[i]["lots"], result[i]["cost"], result[i]["realised"] = lane.lots, lane.cost, lane.realised
            result[i]["fees"], result[i]["dividends"] = lane.fees, lane.dividends
        return result

    def account_record(self) -> np.ndarray:
        result = np.zeros(1, ACCOUNT_DTYPE)
        result[0]["cash"] = self.cash
        result[0]["fills"] = len(self.fills)
        result[0]["actions"] = len(self.actions)
        result[0]["realised"] = sum(lane.realised for lane in self.lanes)
        result[0]["fees"] = sum(lane.fees for lane in self.lanes)
        result[0]["dividends"] = sum(lane.dividends for lane in self.lanes)
        result[0]["slippage"] = sum(f.get("slippage_base", 0) for f in self.fills)
        return result

    def terms(self) -> BookTerms:
        return BookTerms(
            capital=self.capital,
            currencies=self.currencies,
            currency=np.array(self.currency, np.int64),
            notional_num=np.ones(len(self.currency), np.int64),
            notional_den=np.ones(len(self.currency), np.int64),
            fx_num=np.array(self.fx, np.int64).reshape(len(self.fx), len(self.currencies)),
            fx_den=np.array(self.fx_den, np.int64),
            symbols=tuple(f"S{i}" for i in range(len(self.currency))),
        )


def dollars(rows: int, symbols: int = 1, capital: int = 1_000_000, strategies: int = 1) -> ToyVenue:
    """A venue with the base currency alone."""
    return ToyVenue(("USD",), [0] * symbols, [[1]] * rows, [1], capital, strategies)
