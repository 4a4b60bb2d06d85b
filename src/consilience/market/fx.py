"""Exchange rates at event time: the last rate known at each slice, as one exact-enough ratio per currency."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from consilience.core.columns import RawRates
from consilience.core.errors import DataError
from consilience.core.panel import Ints
from consilience.core.time import format_time
from consilience.core.units import ledger_exponent

_PRODUCT_LIMIT = 4 * 10**18  # core.units multiplies a rest below the denominator with the numerator in int64
_MOST_PLACES = 12


def fx_columns(rates: Sequence[RawRates], currencies: Sequence[str], ts_known: Ints) -> tuple[Ints, Ints]:
    """fx_num [T, C] and fx_den [C] of a panel: base ledger units = units of currency c * num / den.

    ``currencies``: the base first. ``rates``: against the base. ``ts_known``: int64 [T], ascending; slice t uses the
    last rate known by then (a weekend carries Friday's). The denominator is the largest power of ten that products
    in int64 allow, so a rate is off by less than one part in 1e8, rounded half to even.
    Raises DataError when a currency has no rates, or none that was known by the first slice.
    """
    base = currencies[0]
    numerators = np.ones((len(ts_known), len(currencies)), np.int64)
    denominators = np.ones(len(currencies), np.int64)
    for column, currency in enumerate(currencies[1:], start=1):
        rate = next((r for r in rates if r.currency == currency and r.base == base), None)
        if rate is None:
            raise DataError(f"no exchange rates from {currency} to {base}; hand in rates or change the base currency")
        row = np.searchsorted(rate.ts_known, ts_known, side="right") - 1
        if len(row) and row[0] < 0:
            first = format_time(int(rate.ts_known[0])) if len(rate.ts_known) else "never"
            raise DataError(
                f"the first rate from {currency} to {base} was known {first}, after the first slice "
                f"({format_time(int(ts_known[0]))}); start later"
            )
        numerators[:, column], denominators[column] = _ratios(rate, row, currency)
    return numerators, denominators


def _ratios(rate: RawRates, row: Ints, currency: str) -> tuple[Ints, int]:
    """Numerators [T] over one shared denominator."""
    used, back = np.unique(row, return_inverse=True)
    # ledger units differ in size between fiat and crypto
    scale = Fraction(10) ** (ledger_exponent(rate.base) - ledger_exponent(currency))
    values = [Fraction(int(rate.numerator[k]), int(rate.denominator[k])) * scale for k in used]
    largest = max(values)
    places = _MOST_PLACES
    while places > 0 and largest * 10 ** (2 * places) >= _PRODUCT_LIMIT:
        places -= 1
    numerators = np.array([max(round(value * 10**places), 1) for value in values], np.int64)
    return numerators[back], 10**places
