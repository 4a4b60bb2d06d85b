"""Bars of a market that never closes, told by their weekends where nobody named a kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from consilience.adapters.storage.import_options import ImportOptions
from consilience.adapters.storage.stamps import Times
from consilience.core.instruments import InstrumentKind
from consilience.core.panel import Bools, Floats, Ints
from consilience.core.time import DAY

SIGN = "no kind was given: "  # what notes of this file begin with
_SATURDAY, _SUNDAY = 2, 3  # days since 1970-01-01, a Thursday, by 7
_LEAST_SHARE = 0.1  # of the bars on each of the two days; one in seven where the market never closes
_LEAST_DAYS = 7
_COINS = "BTC|XBT|ETH|SOL|XRP|ADA|DOGE|LTC|BCH|BNB|DOT|AVAX|LINK|TRX|XLM"
_PAIR = re.compile(
    rf"(?:{_COINS})[-/_]?(?:USDT?|USDC|BUSD|EUR|GBP|JPY|BTC|ETH)|[A-Z0-9]{{2,10}}[-/_]?(?:USDT|USDC|BUSD)"
)


def told(
    times: Times, symbols: Any, numbers: Mapping[str, Floats], options: ImportOptions
) -> tuple[ImportOptions, tuple[str, ...]]:
    """The options with the kind that the bars show, and what was concluded; unchanged where a kind was named.

    times: of all rows. symbols: object [N]. numbers: float columns [N] by field. Every symbol must have bars on
    Saturdays and on Sundays, a tenth of its own each, no further than a day apart, and in which something traded:
    month ends fall on weekends too, and some vendors fill closed hours with the last price.
    """
    if not options.infer_kind:
        return options, ()
    traded = ~times.bad & _traded(numbers, len(times.values))
    names = [n for n in dict.fromkeys(symbols.tolist()) if not options.symbols or n in options.symbols]
    open_always = [n for n in names if _never_closes(times.values[traded & (symbols == n)])]
    if names and len(open_always) == len(names):
        note = "bars on Saturdays and Sundays, taken as crypto_spot, 24/7; --kind says otherwise"
        return replace(options, kind=InstrumentKind.CRYPTO_SPOT, session="24/7"), (SIGN + note,)
    shown = ", ".join(str(name) for name in open_always[:4])
    if open_always:
        note = f"{shown}: bars on Saturdays and Sundays, others in the file have none, so all are taken as shares; "
        return options, (f"{SIGN}{note}choose with --symbols, or --kind crypto_spot",)
    coins = [str(name) for name in names if _PAIR.fullmatch(str(name).upper())]
    if coins:
        note = (
            f"{', '.join(coins[:4])}: named like a coin, without a weekend of bars, so taken as a share, whole ones, "
        )
        return options, (f"{SIGN}{note}in hours of {options.session}; --kind crypto_spot says otherwise",)
    return options, ()


def _traded(numbers: Mapping[str, Floats], rows: int) -> Bools:
    """Rows that are not the last price filled in; all where columns cannot tell."""
    result: Bools = np.ones(rows, np.bool_)
    for side in ("", "bid_"):
        if f"{side}high" in numbers and f"{side}low" in numbers:
            result = numbers[f"{side}high"] > numbers[f"{side}low"]
            return result | (numbers["volume"] > 0.0) if "volume" in numbers else result
    return result


def _never_closes(moments: Ints) -> bool:
    moments = np.unique(moments)
    if len(moments) < _LEAST_DAYS or int(np.median(np.diff(moments))) > DAY:
        return False
    weekday = moments // DAY % 7
    shares = (float(np.mean(weekday == day)) for day in (_SATURDAY, _SUNDAY))
    return all(share >= _LEAST_SHARE for share in shares)
