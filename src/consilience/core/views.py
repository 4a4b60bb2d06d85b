"""Read-only views that the engine passes between stages, and what a venue can do."""

from __future__ import annotations

import msgspec

from consilience.core.codes import OrderType, TimeInForce


class PositionView(msgspec.Struct, frozen=True):
    """One position. lots are signed; cost is the signed open cost in ledger units of the base currency."""

    strategy: str
    symbol: str
    lots: int
    cost_units: int
    realised_units: int
    mark_ticks: int
    last_trade_ns: int


class AccountView(msgspec.Struct, frozen=True):
    """The account at one instant, in ledger units of the base currency.

    halted_level: above 0 no order may open. The risk engine is to set it; until then only tests do.
    """

    ts_ns: int
    cash_units: int
    equity_units: int
    gross_units: int
    halted_level: int
    positions: tuple[PositionView, ...] = ()


class CapabilityProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue accepts; a backtest refuses what the venue would refuse, with the same reason."""

    name: str
    order_types: frozenset[OrderType] = frozenset(OrderType)
    times_in_force: frozenset[TimeInForce] = frozenset(TimeInForce)
    short_selling: bool = True
    brackets: bool = True
    post_only: bool = True
    reduce_only: bool = True
    fractional: bool = True


SIMULATED_VENUE = CapabilityProfile(name="simulated")
