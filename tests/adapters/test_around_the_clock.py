"""A file of no named kind: whole weekends of bars are a coin's, and nothing less is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from consilience.adapters.storage.around_the_clock import SIGN, told
from consilience.adapters.storage.import_options import ImportOptions
from consilience.adapters.storage.stamps import Times
from consilience.core.instruments import InstrumentKind

HOURS = pd.date_range("2024-07-01", "2024-07-14 23:00", freq="h")
DAYS = pd.date_range("2024-06-03", "2024-07-14")
WORK_DAYS = DAYS[DAYS.day_of_week < 5]
EVENINGS = HOURS[(HOURS.day_of_week < 5) | ((HOURS.day_of_week == 6) & (HOURS.hour > 20))]
MONTH_ENDS = pd.date_range("2020-01-31", "2022-12-31", freq="ME")
ASKED = ImportOptions(infer_kind=True)


def judged(moments, symbols="X", options=ASKED, **numbers):
    values = np.asarray(moments.as_unit("ns"), "int64")
    names = np.array([symbols] * len(values) if isinstance(symbols, str) else symbols, dtype=object)
    times = Times(values, np.zeros(len(values), np.bool_), "instants")
    return told(times, names, {k: np.asarray(v, float) for k, v in numbers.items()}, options)


FLAT = np.where(HOURS.day_of_week > 4, 10.0, 11.0)
CASES = [
    ("hours", HOURS, {}, True),
    ("days", DAYS, {}, True),
    ("quiet weekends with a trade or two", HOURS, {"high": FLAT, "low": FLAT, "volume": FLAT}, True),
    ("work days", WORK_DAYS, {}, False),
    ("month ends, which fall on weekends too", MONTH_ENDS, {}, False),
    ("weeks that end on Sundays", pd.date_range("2020-01-05", "2022-12-31", freq="W"), {}, False),
    ("Sunday evenings", EVENINGS, {}, False),
    ("closed hours filled with the last price", HOURS, {"high": FLAT, "low": FLAT * 0 + 10, "volume": FLAT * 0}, False),
    ("one weekend of six hours", HOURS[HOURS.day_of_week > 4][20:26], {}, False),
]  # fmt: skip


@pytest.mark.parametrize(("moments", "numbers", "coin"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_whole_weekends_are_the_proof(moments, numbers, coin):
    options, notes = judged(moments, **numbers)
    assert (options.kind, options.session) == (
        (InstrumentKind.CRYPTO_SPOT, "24/7") if coin else (InstrumentKind.EQUITY, "XNYS")
    )
    assert notes == (
        (f"{SIGN}bars on Saturdays and Sundays, taken as crypto_spot, 24/7; --kind says otherwise",) if coin else ()
    )


def test_a_named_kind_stands():
    assert judged(HOURS, options=replace(ASKED, infer_kind=False)) == (replace(ASKED, infer_kind=False), ())


def test_shares_and_coins_in_one_file_are_told_apart_by_symbols_alone():
    both, names = HOURS.append(WORK_DAYS), ["BTC"] * len(HOURS) + ["ACME"] * len(WORK_DAYS)
    options, (note,) = judged(both, names)
    assert options == ASKED and "BTC: bars on Saturdays and Sundays" in note and "--symbols" in note
    options, _ = judged(both, names, replace(ASKED, symbols=("BTC",)))
    assert options.kind == InstrumentKind.CRYPTO_SPOT


@pytest.mark.parametrize(
    ("symbol", "warned"),
    [("BTCUSDT", True), ("BTC-USD", True), ("ETH/EUR", True), ("pepeusdt", True), ("AAPL", False), ("EURUSD", False),
     ("ETH", False), ("LINK", False), ("SOLV", False)],
)  # fmt: skip
def test_the_name_of_a_coin_without_a_weekend_is_a_hint(symbol, warned):
    options, notes = judged(WORK_DAYS[:4], symbol)
    assert options == ASKED
    assert ["--kind crypto_spot says otherwise" in note for note in notes] == [True] * warned
