"""Files of trades and quotes: usual column names, zones, sizes that are not there, and bad rows."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from consilience.adapters.storage.import_options import ImportOptions
from consilience.adapters.storage.tick_import import import_ticks
from consilience.core.errors import ConfigError, DataError, NotFound
from consilience.core.instruments import InstrumentKind
from consilience.core.time import parse_time

TRADES = """timestamp,price,qty
2024-01-02T14:30:00.250Z,10.01,5
2024-01-02T14:30:01Z,10.02,7
2024-01-02T14:30:01Z,10.00,1
"""


def put(folder, text, name="aapl.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_trades_are_read_as_they_stand(tmp_path):
    result = import_ticks(put(tmp_path, TRADES), "trades")
    (ticks,) = result.ticks
    assert ticks.instrument.symbol == "AAPL" and ticks.instrument.price_increment == Decimal("0.01")
    assert ticks.ts[0] == parse_time("2024-01-02T14:30:00.250Z") and len(ticks) == 3
    assert ticks.bid.tolist() == ticks.ask.tolist() == [10.01, 10.02, 10.0]
    assert ticks.bid_size.tolist() == [5, 7, 1] and ticks.is_trade.all()
    assert "price increment 0.01 inferred from the data" in ticks.notes


@pytest.mark.parametrize("time", ["ts", "timestamp", "time", "Time", "ts_event", "datetime"])
@pytest.mark.parametrize(("price", "size"), [("price", "size"), ("Price", "amount"), ("px", "quantity"), ("last", "v")])
def test_usual_names_of_trades(tmp_path, time, price, size):
    text = TRADES.replace("timestamp", time).replace("price", price).replace("qty", size)
    (ticks,) = import_ticks(put(tmp_path, text), "trades").ticks
    known = size != "v"
    assert np.isfinite(ticks.bid_size).all() == known  # a name that means nothing is not guessed at


@pytest.mark.parametrize(
    "names",
    [("bid", "ask", "bid_size", "ask_size"), ("bid_price", "ask_price", "bid_qty", "ask_qty"),
     ("BidPrice", "AskPrice", "BidSize", "AskSize"), ("best_bid", "offer", "bid_amount", "ask_amount")],
)  # fmt: skip
def test_usual_names_of_quotes(names):
    frame = pl.DataFrame({"ts": [1704205800000, 1704205801000], names[0]: [10.0, 0.0], names[1]: [10.1, 10.2],
                          names[2]: [5, 0], names[3]: [6, 7], "symbol": ["A", "B"]})  # fmt: skip
    result = import_ticks(frame, "quotes", ImportOptions(session="24/7"))
    assert [t.instrument.symbol for t in result.ticks] == ["A", "B"]
    assert [t.bid.tolist() for t in result.ticks] == [[10.0], [0.0]]
    assert [t.ask_size.tolist() for t in result.ticks] == [[6.0], [7.0]]
    assert not any(t.is_trade.any() for t in result.ticks)
    assert "times read as UTC milliseconds since 1970" in result.notes


def test_columns_by_other_names_and_lots_of_coins():
    frame = pl.DataFrame({"when": [1704205800, 1704205801], "cost": [10.0, 10.5], "n": [0.001, 2.0]})
    options = ImportOptions(columns={"time": "when", "price": "cost", "size": "n"}, symbol="BTC", session="24/7",
                            kind=InstrumentKind.CRYPTO_SPOT)  # fmt: skip
    (ticks,) = import_ticks(frame, "trades", options).ticks
    assert ticks.instrument.lot == Decimal("0.001") and ticks.bid_size.tolist() == [0.001, 2.0]


@pytest.mark.parametrize("mark", ["1", "True", "yes"])
def test_what_the_source_doubts_is_left_out_and_counted(tmp_path, mark):
    lines = TRADES.splitlines()
    flags = ["suspicious", "0", mark, ""]
    path = put(tmp_path, "\n".join(f"{line},{flag}" for line, flag in zip(lines, flags, strict=True)))
    result = import_ticks(path, "trades")
    assert len(result.ticks[0]) == 2
    assert "1 rows that the source marks as suspicious were left out" in result.notes


def test_a_wall_clock_needs_its_zone(tmp_path):
    text = TRADES.replace("Z,", ",").replace("T", " ")
    with pytest.raises(DataError, match="give --tz, such as --tz UTC"):
        import_ticks(put(tmp_path, text), "trades")
    (ticks,) = import_ticks(put(tmp_path, text), "trades", ImportOptions(tz="America/New_York")).ticks
    assert ticks.ts[1] == parse_time("2024-01-02T19:30:01Z")


BAD = [
    ("a price that is none", TRADES.replace("10.02", "x"), "trades", {}, DataError,
     "aapl.csv, line 3: price 'x' is not a number; mend"),
    ("a time that is none", TRADES.replace("2024-01-02T14:30:01Z,10.02", "noon,10.02"), "trades", {}, DataError,
     "aapl.csv, line 3: timestamp 'noon' is not a time"),
    ("too many cells", TRADES + "1,2,3,4\n", "trades", {}, DataError, "line 5: 4 fields where the header has 3"),
    ("days", "date,price\n2024-01-02,10\n2024-01-03,11\n", "trades", {}, DataError, "has no times of day"),
    ("trades for quotes", TRADES, "quotes", {}, DataError,
     "no column for 'bid' (it has timestamp, price, qty); give --columns bid=NAME, or --ticks trades where"),
    ("another kind", TRADES, "trade", {}, NotFound, "unknown kind of ticks 'trade'; did you mean 'trades'?"),
    ("a field of bars", TRADES, "trades", {"columns": {"open": "price"}}, NotFound, "unknown field 'open'"),
    ("a stamp", TRADES, "trades", {"stamp": "open"}, ConfigError, "--stamp is about bars; leave it out"),
    ("wide", TRADES, "trades", {"wide": True}, ConfigError, "--wide is about bars"),
    ("another symbol", TRADES, "trades", {"symbols": ("MSFT",)}, NotFound, "unknown symbol 'MSFT'"),
    ("nothing", "timestamp,price\n", "trades", {}, DataError, "has a header but no usable line"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "kind", "options", "error", "message"), BAD, ids=[b[0] for b in BAD])
def test_bad_files_and_options_say_so_in_one_line(tmp_path, what, text, kind, options, error, message):
    with pytest.raises(error) as caught:
        import_ticks(put(tmp_path, text), kind, ImportOptions(**options))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_bad_rows_may_be_dropped_and_are_counted(tmp_path):
    path = put(tmp_path, TRADES.replace("10.02", "x"))
    result = import_ticks(path, "trades", ImportOptions(on_bad_row="drop"))
    assert result.dropped == ((3, "price 'x' is not a number"),) and len(result.ticks[0]) == 2


def test_recorded_book_columns_are_found_by_name(shared_data):
    path = shared_data / "ticks/nasdaq_aapl_mbp10_20241021.csv.gz"
    columns = {"bid": "bid_px_00", "ask": "ask_px_00", "bid_size": "bid_sz_00", "ask_size": "ask_sz_00"}
    (ticks,) = import_ticks(path, "quotes", ImportOptions(columns=columns)).ticks
    assert len(ticks) == 5000 and ticks.instrument.symbol == "AAPL"
    assert ticks.ts[0] == parse_time("2024-10-21T11:54:29Z") + 221_064_336
