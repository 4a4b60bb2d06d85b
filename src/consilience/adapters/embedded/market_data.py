"""Daily US stocks that come inside the ``bokeh_sampledata`` package: the demo data, no network needed.

AAPL, IBM and MSFT from 2000-03-01, GOOG from 2004-08-19, FB from 2012-05-18, all to 2013-03-01: raw (unadjusted)
prices and an adjusted close, Quandl WIKI Prices, declared public domain in the package's own licences file.
"""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl

from consilience.adapters.calendars import market_hours
from consilience.core.columns import PriceFloats, RawBars
from consilience.core.errors import DataError, NotFound
from consilience.core.instruments import Instrument, InstrumentKind, TickBand
from consilience.core.panel import Floats, Ints
from consilience.core.time import DAY, to_datetime

PACKAGE = "bokeh_sampledata"
SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
CALENDAR = "XNYS"
# About a tenth of the rows carry prices between the cents, to four places; the data's grid keeps them all,
# while orders stay on cents.
PRICE_INCREMENT = Decimal("0.0001")
ORDER_TICK = TickBand(floor_price=Decimal(0), tick=Decimal("0.01"))


def instruments() -> tuple[Instrument, ...]:
    """The five stocks, in symbol order."""
    return tuple(_instrument(symbol) for symbol in SYMBOLS)


def available() -> bool:
    """Whether the package that carries the data is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def bars(symbols: Sequence[str] = SYMBOLS) -> list[RawBars]:
    """Raw daily bars of ``symbols``, stamped at the close of their New York session, half days included.

    Prices in USD as traded, volume in shares as traded, adjusted close as the source has it.
    Raises NotFound for an unknown symbol, DataError when the package is missing or its file has changed.
    """
    for symbol in symbols:
        if symbol not in SYMBOLS:
            raise NotFound.named("demo symbol", symbol, SYMBOLS)
    frame = _read()
    return [_bars_of(symbol, frame.filter(pl.col("Ticker") == symbol)) for symbol in symbols]


def _instrument(symbol: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        kind=InstrumentKind.EQUITY,
        price_increment=PRICE_INCREMENT,
        tick_schedule=(ORDER_TICK,),
        currency="USD",
        session=CALENDAR,
    )


def _read() -> pl.DataFrame:
    # found, not imported: importing the package would pull in pandas, shapely and more
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise DataError(
            f"the demo data comes with the package {PACKAGE}; install it with: pip install consilience[demo]"
        )
    path = Path(found.submodule_search_locations[0]) / "_data" / "stocks.csv.gz"
    try:
        content = gzip.decompress(path.read_bytes())
    except OSError as error:
        raise DataError(f"{PACKAGE} has no readable _data/stocks.csv.gz; install {PACKAGE}>=2026.1") from error
    columns = ["Open", "High", "Low", "Close", "Volume", "Adj Close"]
    try:
        frame = pl.read_csv(content, schema_overrides=dict.fromkeys(columns, pl.Float64), try_parse_dates=True)
        return frame.select("Ticker", pl.col("Date").cast(pl.Date), *columns).sort("Ticker", "Date")
    except pl.exceptions.PolarsError as error:
        raise DataError(f"the stocks file of {PACKAGE} has another layout; install {PACKAGE}>=2026.1") from error


def _bars_of(symbol: str, frame: pl.DataFrame) -> RawBars:
    days = frame["Date"].cast(pl.Int32).to_numpy().astype(np.int64)

    def column(name: str) -> Floats:
        return np.ascontiguousarray(frame[name].to_numpy(), dtype=np.float64)

    return RawBars(
        instrument=_instrument(symbol),
        ts=_session_closes(symbol, days),
        trade=PriceFloats(column("Open"), column("High"), column("Low"), column("Close")),
        volume=column("Volume"),
        duration_ns=DAY,
        adj_close=column("Adj Close"),
        notes=("dates taken as New York sessions, stamped at the session's close (half days at 13:00)",),
    )


def _session_closes(symbol: str, days: Ints) -> Ints:
    """Closing time of each date's session. ``days`` are days from 1970-01-01."""
    schedule = market_hours.schedule(CALENDAR, int(days[0]) * DAY, int(days[-1]) * DAY + DAY)
    place = np.searchsorted(schedule.session_id, days)
    missing = schedule.session_id[np.minimum(place, len(schedule) - 1)] != days
    if missing.any():
        first = to_datetime(int(days[missing.argmax()]) * DAY).date()
        raise DataError(f"{symbol}: {first} is not a trading day of {CALENDAR}, and {int(missing.sum())} dates in all")
    closes: Ints = schedule.close_ns[place]
    return closes
