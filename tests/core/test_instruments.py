"""Instruments: grids, bands and their refusals."""

from decimal import Decimal

import msgspec
import pytest

from consilience.core.errors import DataError
from consilience.core.instruments import Instrument, InstrumentKind, OptionTerms, TickBand

D = Decimal


def test_a_share_on_a_finer_data_grid_than_its_order_tick() -> None:
    share = Instrument(symbol="AAPL", price_increment=D("0.0001"), tick_schedule=(TickBand(D(0), D("0.01")),))
    assert share.price_to_ticks("26.125") == 261_250
    assert share.ticks_to_price(261_250) == D("26.1250")
    assert share.order_tick_bands() == [(0, 100)]
    assert share.notional_fraction() == (100, 1)


def test_a_band_schedule_counts_in_ticks() -> None:
    stock = Instrument(
        symbol="X",
        price_increment=D("0.0001"),
        tick_schedule=(TickBand(D(0), D("0.0001")), TickBand(D(1), D("0.01"))),
    )
    assert stock.order_tick_bands() == [(0, 1), (10_000, 100)]


def test_kinds_from_coin_to_option_have_exact_notionals() -> None:
    coin = Instrument(
        symbol="BTC/USDT", kind=InstrumentKind.CRYPTO_SPOT, lot=D("0.00001"), currency="USDT", session="24/7"
    )
    future = Instrument(
        symbol="ESZ5", kind=InstrumentKind.FUTURE, price_increment=D("0.25"), multiplier=D(50), margin_ppm=50_000
    )
    option = Instrument(
        symbol="AAPL  250117C00150000",
        kind=InstrumentKind.OPTION,
        multiplier=D(100),
        option=OptionTerms("AAPL", D(150), 1, "C"),
    )
    assert coin.cash_exponent == 8
    assert coin.notional_fraction() == (10, 1)  # 0.01 x 0.00001 = 1e-7 coins of quote = 10 units of 1e-8
    assert future.notional_fraction() == (12_500_000, 1)
    assert option.notional_fraction() == (1_000_000, 1)
    assert coin.quantity_to_lots("1.5") == 150_000
    assert coin.lots_to_quantity(150_000) == D("1.50000")


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"price_increment": D(0)}, "price_increment must be positive"),
        ({"lot": D(-1)}, "lot must be positive"),
        ({"tick_schedule": (TickBand(D(1), D(1)), TickBand(D(0), D(1)))}, "ascending floor prices"),
        ({"tick_schedule": tuple(TickBand(D(i), D("0.01")) for i in range(5))}, "more than 4 bands"),
        ({"tick_schedule": (TickBand(D(0), D("0.005")),)}, "not a multiple of 0.01"),
    ],
)
def test_contradictory_terms_are_data_errors(terms: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Instrument(symbol="X", **terms)  # type: ignore[arg-type]


def test_instruments_survive_json() -> None:
    share = Instrument(symbol="IBM", tick_schedule=(TickBand(D(0), D("0.01")),))
    assert msgspec.json.decode(msgspec.json.encode(share), type=Instrument) == share
