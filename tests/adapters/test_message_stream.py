"""Recorded exchange messages as quotes and trades: streams told apart, times of receipt, broken files."""

from __future__ import annotations

import gzip

import pytest

from consilience.adapters.storage.import_options import ImportOptions
from consilience.adapters.storage.message_stream import is_stream
from consilience.adapters.storage.tick_import import import_ticks
from consilience.core.errors import DataError
from consilience.core.instruments import InstrumentKind

COIN = ImportOptions(kind=InstrumentKind.CRYPTO_SPOT, session="24/7")
LINES = [
    '1723161254087891268 {"stream":"x@bookTicker","data":{"u":1,"s":"XY","b":"61.5","B":"3.7","a":"61.6","A":"1.5"}}',
    '1723161254087896568 {"stream":"x@trade","data":{"e":"trade","s":"XY","p":"61.6","q":"0.2","T":5,"m":false}}',
    '1723161254116723068 {"stream":"x@depth@100ms","data":{"e":"depthUpdate","s":"XY","b":[["61.5","0"]],"a":[]}}',
    '1723161254116723069 {"stream":"x@bookTicker","data":{"u":2,"s":"XY","b":"61.4","B":"0.1","a":"61.6","A":"1.5"}}',
    '1723161254116723070 {"stream":"x@trade","data":{"e":"trade","s":"XY","p":"61.4","q":"0.3","T":6,"m":true}}',
]


def put(folder, lines, name="stream.gz"):
    path = folder / name
    text = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


@pytest.mark.parametrize("name", ["stream.gz", "stream.txt"])
def test_quotes_and_trades_are_told_apart(tmp_path, name):
    path = put(tmp_path, LINES, name)
    result = import_ticks(path, "quotes", COIN)
    (quotes,) = result.ticks
    assert quotes.instrument.symbol == "XY" and quotes.ts.tolist() == [1723161254087891268, 1723161254116723069]
    assert quotes.bid.tolist() == [61.5, 61.4] and quotes.ask_size.tolist() == [1.5, 1.5]
    assert result.notes[:2] == ("times are those of the receiving clock", "3 messages of other streams left aside")
    (trades,) = import_ticks(path, "trades", COIN).ticks
    assert trades.bid.tolist() == [61.6, 61.4] and trades.bid_size.tolist() == [0.2, 0.3]
    assert trades.aggressor.tolist() == [1, -1]  # where the buyer was there before, the seller took


def test_what_is_no_recording(tmp_path):
    table = tmp_path / "quotes.csv.gz"
    table.write_bytes(gzip.compress(b"ts,bid,ask\n2024-01-02T14:30:00Z,1,2\n"))
    broken = tmp_path / "broken.gz"
    broken.write_bytes(b"not gzip")
    assert is_stream(put(tmp_path, LINES))
    for other in (table, broken, tmp_path / "none.gz", tmp_path, tmp_path / "x.parquet", None):
        assert not is_stream(other)
    (ticks,) = import_ticks(table, "quotes", COIN).ticks
    assert ticks.bid.tolist() == [1.0]


BAD = [
    ("a message that is cut", [LINES[0], LINES[0][:70]], "quotes", "stream.gz, line 2: not a message that can be read"),
    ("a stamp that is none", [LINES[0], LINES[0].replace("17", "1x", 1)], "quotes", "stream.gz, line 2: not a message"),
    ("no such stream", [LINES[1], LINES[2]], "quotes", "stream.gz holds no quotes; give --ticks trades"),
    (
        "a price that is none",
        [LINES[0].replace("61.5", "abc")],
        "quotes",
        "stream.gz, line 1: bid 'abc' is not a number",
    ),
]


@pytest.mark.parametrize(("what", "lines", "kind", "message"), BAD, ids=[b[0] for b in BAD])
def test_bad_recordings(tmp_path, what, lines, kind, message):
    with pytest.raises(DataError, match=message) as error:
        import_ticks(put(tmp_path, lines), kind, COIN)
    assert "\n" not in str(error.value)


def test_a_recording_that_ends_in_the_middle(tmp_path):
    path = put(tmp_path, LINES * 2000)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="is not a complete gzip file; download it again"):
        import_ticks(path, "quotes", COIN)


@pytest.mark.parametrize(
    ("name", "quotes", "trades"),
    [
        ("binance_usdm_btcusdt_20240808_raw.gz", 66089, 21313),
        ("binance_spot_btcusdt_20240808_raw.gz", 28040, 9757),
        ("binance_coinm_btcusd_perp_20240808_raw.gz", 19136, 2286),
    ],
)
def test_recorded_streams(shared_data, name, quotes, trades):
    (book,) = import_ticks(shared_data / "ticks" / name, "quotes", COIN).ticks
    (tape,) = import_ticks(shared_data / "ticks" / name, "trades", COIN).ticks
    assert (len(book), len(tape)) == (quotes, trades)
    assert (book.ask > book.bid).all() and set(tape.aggressor.tolist()) == {1, -1}
    if "coinm" not in name:
        return  # there the quote that a trade leaves behind often arrives before the trade
    stood = book.ts.searchsorted(tape.ts) - 1
    good = stood >= 0
    above = tape.bid[good] >= (book.bid + book.ask)[stood[good]] / 2
    assert (above == (tape.aggressor[good] > 0)).mean() > 0.99
