"""Instruments: what is traded, on which grid, in which currency, by which hours."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum

import msgspec

from consilience.core.errors import DataError
from consilience.core.units import from_steps, ledger_exponent, notional_fraction, to_steps


class InstrumentKind(IntEnum):
    """Asset class as far as the engine must know it."""

    EQUITY = 0
    CRYPTO_SPOT = 1
    CRYPTO_PERPETUAL = 2
    FUTURE = 3
    FX_PAIR = 4
    OPTION = 5
    INDEX = 6


class TickBand(msgspec.Struct, frozen=True):
    """From ``floor_price`` up, order prices are multiples of ``tick`` (itself a multiple of the increment)."""

    floor_price: Decimal
    tick: Decimal


class OptionTerms(msgspec.Struct, frozen=True):
    """Terms of an option: ``right`` is 'C' or 'P', ``style`` 'american' or 'european'."""

    underlying: str
    strike: Decimal
    expiry_ns: int
    right: str
    style: str = "american"


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One tradable (or, for INDEX, readable) thing.

    price_increment: the data's price grid; every price is a whole number of it ("ticks").
    tick_schedule: tick of ORDER prices by price band, ascending; empty means the increment everywhere.
    lot: smallest quantity step, in shares, coins or contracts. minimum_lots: smallest order.
    multiplier: value of one unit per one point of price (1 for shares, 50 for an E-mini).
    currency: of the price and of profit. base_currency: what is bought, for crypto and FX.
    session: calendar code (``XNYS``, ``24/7``, ``24/5``); sessions and annualisation follow it.
    margin_ppm: initial margin in parts per million of notional; 1,000,000 is full payment.
    fee_class: name that a fee table may use. expiry_ns: last trading time of a future, 0 where that is not known.
    rolls: a continuous future, which leaves each contract before it expires.
    """

    symbol: str
    kind: InstrumentKind = InstrumentKind.EQUITY
    price_increment: Decimal = Decimal("0.01")
    tick_schedule: tuple[TickBand, ...] = ()
    lot: Decimal = Decimal(1)
    minimum_lots: int = 1
    multiplier: Decimal = Decimal(1)
    currency: str = "USD"
    base_currency: str = ""
    session: str = "XNYS"
    margin_ppm: int = 1_000_000
    shortable: bool = True
    fee_class: str = ""
    expiry_ns: int = 0
    rolls: bool = False
    option: OptionTerms | None = None

    def __post_init__(self) -> None:
        for name in ("price_increment", "lot", "multiplier"):
            if getattr(self, name) <= 0:
                raise DataError(f"{self.symbol}: {name} must be positive")
        floors = [band.floor_price for band in self.tick_schedule]
        if floors != sorted(floors) or len(set(floors)) != len(floors):
            raise DataError(f"{self.symbol}: tick_schedule must have ascending floor prices")
        if len(self.tick_schedule) > MAX_TICK_BANDS:
            raise DataError(f"{self.symbol}: tick_schedule has more than {MAX_TICK_BANDS} bands")
        for band in self.tick_schedule:
            to_steps(band.tick, self.price_increment)

    @property
    def cash_exponent(self) -> int:
        """Ledger exponent of the instrument's currency."""
        return ledger_exponent(self.currency)

    def notional_fraction(self) -> tuple[int, int]:
        """(num, den): ledger units = ticks * lots * num / den."""
        return notional_fraction(self.price_increment, self.lot, self.multiplier, self.cash_exponent)

    def price_to_ticks(self, price: Decimal | str | float) -> int:
        """Ticks of a price. Raises DataError when it is off the data grid."""
        return to_steps(price, self.price_increment)

    def ticks_to_price(self, ticks: int) -> Decimal:
        """Exact price of ``ticks``."""
        return from_steps(ticks, self.price_increment)

    def quantity_to_lots(self, quantity: Decimal | str | float) -> int:
        """Lots of a quantity. Raises DataError when it is off the lot."""
        return to_steps(quantity, self.lot)

    def lots_to_quantity(self, lots: int) -> Decimal:
        """Exact quantity of ``lots``."""
        return from_steps(lots, self.lot)

    def order_tick_bands(self) -> list[tuple[int, int]]:
        """Tick schedule in ticks: (first tick of the band, step of order prices), at least one band."""
        if not self.tick_schedule:
            return [(0, 1)]
        return [
            (self.price_to_ticks(band.floor_price), to_steps(band.tick, self.price_increment))
            for band in self.tick_schedule
        ]


MAX_TICK_BANDS = 4
