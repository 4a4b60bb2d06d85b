"""A trading desk for tables: bars as rows of prices, orders by slice, fills and order states as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from consilience.core.codes import OrderStatus, Reason
from consilience.core.instruments import Instrument
from consilience.core.panel import Panel, PriceColumns, base_fx
from consilience.core.schemas import ACTION_DTYPE
from consilience.engine.session import RunOutput, Session
from consilience.engine.settings import Physics, Settings
from consilience.strategies import CallbackStrategy, Context, Entry, Strategy
from consilience.strategies.base import Param

DAY = 86_400_000_000_000
FREE = Physics(fee="none", slippage="none", participation=0.0, limit_needs_through=True)
X = Instrument(symbol="X")
Y = Instrument(symbol="Y")

Bars = Sequence[Sequence[float] | None]
Plan = Mapping[int, Callable[[Context], Any]]


class Script(CallbackStrategy):
    """Does ``plan[slice]`` after that slice, and notes what it is told."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = dict(plan)
        self.told: list[tuple[str, Any]] = []
        self.turn = -1
        self.last = -1

    def on_bar(self, context: Context, symbol: str) -> None:
        """Counts slices by their time; acts once in each."""
        if context.now_ns != self.last:
            self.last = context.now_ns
            act = self.plan.get(round(context.now_ns / DAY) - 1)
            if act is not None:
                act(context)

    def on_fill(self, context: Context, order_id: int) -> None:
        self.told.append(("fill", order_id))

    def on_order(self, context: Context, order_id: int) -> None:
        self.told.append(("order", order_id))


class Columns(Strategy):
    """A declarative strategy with a ready Entry: signals by slice number."""

    name = Param("x", choices=("x",))

    def __init__(self, make: Callable[[Any], Entry]) -> None:
        super().__init__()
        self.make = make

    def define(self, bar: Any) -> Entry:
        return self.make(bar)


def panel(
    bars: Mapping[Instrument, Bars],
    *,
    asks: Mapping[Instrument, Bars] | None = None,
    actions: Sequence[tuple[int, int, int, int, int, int]] = (),
    sessions: Sequence[int] | None = None,
    factor: Any = None,
    fx: Sequence[int] | None = None,
) -> Panel:
    """Bars (open, high, low, close[, volume]) in prices; None masks. asks: the same for the ask side.

    actions: (row, symbol, kind, numerator, denominator, dividend). fx: units of EUR in 1/100 USD, by slice.
    """
    instruments = tuple(bars)
    rows = len(next(iter(bars.values())))
    valid = np.array([[b is not None for b in series] for series in bars.values()]).T.copy()

    def columns(given: Mapping[Instrument, Bars]) -> tuple[PriceColumns, Any]:
        cube = np.ones((5, rows, len(instruments)), np.int64)
        for s, (instrument, series) in enumerate(given.items()):
            for t, bar in enumerate(series):
                if bar is not None:
                    prices = [instrument.price_to_ticks(str(p)) for p in bar[:4]]
                    cube[:, t, s] = (*prices, bar[4] if len(bar) > 4 else 1_000_000)
        return PriceColumns(*(np.ascontiguousarray(c) for c in cube[:4])), np.ascontiguousarray(cube[4])

    bid, size = columns(bars)
    ask, ask_size = (bid, size) if asks is None else columns(asks)
    ts = np.arange(1, rows + 1, dtype=np.int64) * DAY
    numbers = np.arange(rows) if sessions is None else np.array(sessions, np.int64)
    currencies = ("USD",) if fx is None else ("USD", "EUR")
    fx_num, fx_den = base_fx(rows)
    if fx is not None:
        fx_num = np.column_stack([np.ones(rows, np.int64), np.array(fx, np.int64)])
        fx_den = np.array([1, 100], np.int64)
    made = np.zeros(len(actions), ACTION_DTYPE)
    for k, (row, symbol, kind, numerator, denominator, dividend) in enumerate(actions):
        made[k] = (row, ts[row] - 1, symbol, kind, numerator, denominator, dividend)
    column = None if factor is None else np.array(factor, np.float64).reshape(rows, -1)
    return Panel(
        instruments=instruments,
        ts=ts,
        ts_known=ts,
        bid=bid,
        ask=ask,
        bid_size=size,
        ask_size=ask_size,
        volume=size.astype(np.float64),
        valid=valid,
        session=np.repeat(numbers[:, None], len(instruments), axis=1),
        currencies=currencies,
        fx_num=fx_num,
        fx_den=fx_den,
        duration_ns=DAY,
        factor=column,
        split_factor=column,
        actions=made,
    )


def run(market: Panel, *strategies: Strategy, physics: Physics = FREE, **settings: Any) -> tuple[Session, RunOutput]:
    """Run it all; ``settings`` over a cash account of 100,000 that records everything."""
    session = Session(
        market, strategies, Settings(physics=physics, **{"cash": 100_000.0, "record": "full", **settings})
    )
    session.run(market)
    session.stop()
    return session, session.output()


def trade(
    bars: Bars, plan: Plan, *, physics: Physics = FREE, market: Panel | None = None, **settings: Any
) -> RunOutput:
    """One scripted strategy on one symbol."""
    return run(panel({X: bars}) if market is None else market, Script(plan), physics=physics, **settings)[1]


def fills(output: RunOutput) -> list[tuple[int, str, int, float, str]]:
    """(slice, side, lots, price at a cent a tick, reason) of every fill."""
    side = {1: "buy", -1: "sell", 0: "note"}
    return [
        (int(f["row"]), side[int(f["side"])], int(f["lots"]), int(f["ticks"]) / 100, Reason(int(f["reason"])).name)
        for f in output.fills
    ]


def short(output: RunOutput) -> list[tuple[int, int, float]]:
    """(slice, signed lots, price) of every fill that traded."""
    return [(int(f["row"]), int(f["side"] * f["lots"]), int(f["ticks"]) / 100) for f in output.fills if f["side"] != 0]


def states(output: RunOutput) -> list[str]:
    """Final state of every order: its status, with the reason where it did not fill whole."""
    names = []
    for order in output.orders:
        status = OrderStatus(int(order["status"]))
        reason = "" if status in (OrderStatus.FILLED, OrderStatus.ACCEPTED) else " " + Reason(int(order["reason"])).name
        names.append(status.name + reason)
    return names


def with_physics(**changes: Any) -> Physics:
    """The frictionless desk with some friction."""
    given = {name: getattr(FREE, name) for name in FREE.__struct_fields__}
    return Physics(**{**given, **changes})


def masked(market: Panel, *cells: tuple[int, int]) -> Panel:
    """The same panel with some (slice, symbol) masked."""
    valid = market.valid.copy()
    for cell in cells:
        valid[cell] = False
    return replace(market, valid=valid)
