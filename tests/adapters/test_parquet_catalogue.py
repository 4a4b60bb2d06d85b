"""The catalogue: what goes in comes out, all of it or nothing, and damage is seen."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from consilience.adapters.calendars import market_hours
from consilience.adapters.embedded import market_data
from consilience.adapters.storage import atomic_files, parquet_catalogue
from consilience.adapters.storage.import_options import ImportOptions
from consilience.adapters.storage.parquet_catalogue import MANIFEST, ParquetCatalogue
from consilience.core.columns import RawBars
from consilience.core.errors import ConfigError, DataError, NotFound, RetryLater
from consilience.core.time import DAY, parse_time
from consilience.market.pipeline import build_panel
from consilience.market.quality import QualityPolicies
from consilience.market.quality_bars import gate_bars


@pytest.fixture
def catalogue(tmp_path):
    return ParquetCatalogue(tmp_path / "catalogue")


def same(left: RawBars, right: RawBars) -> bool:
    pairs = [*zip(left.trade.all, right.trade.all, strict=True), (left.volume, right.volume)]
    pairs += zip(left.ask.all, right.ask.all, strict=True) if left.ask and right.ask else []
    for name in ("adj_close", "bid_size", "ask_size", "ts_known"):
        a, b = getattr(left, name), getattr(right, name)
        assert (a is None) == (b is None), name
        pairs += [(a, b)] if a is not None else []
    return np.array_equal(left.ts, right.ts) and all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def files(catalogue):
    return sorted(p.relative_to(catalogue.root).as_posix() for p in catalogue.root.rglob("*") if p.is_file())


def test_bars_come_back_as_they_were(catalogue):
    stored = market_data.bars(["AAPL", "FB"])
    entries = catalogue.store(stored, source="demo")
    assert [e.line() for e in entries] == [
        "AAPL 1d trade: 3270 bars, 2000-03-01T21:00:00Z to 2013-03-01T21:00:00Z",
        "FB 1d trade: 196 bars, 2012-05-18T20:00:00Z to 2013-03-01T21:00:00Z",
    ]
    again = ParquetCatalogue(catalogue.root).bars(["FB", "AAPL"])
    assert same(again[1], stored[0]) and same(again[0], stored[1])
    assert again[1].instrument == stored[0].instrument == catalogue.instrument("AAPL")
    assert build_panel(again, market_hours.schedule).panel.shape == (3270, 2)


def test_quotes_sizes_and_known_times_come_back(catalogue):
    (raw,) = market_data.bars(["FB"])
    quoted = replace(
        raw, ask=raw.trade, bid_size=raw.volume, ask_size=raw.volume, ts_known=raw.ts + 5, adj_close=None,
        volume=np.full(len(raw), np.nan),
    )  # fmt: skip
    catalogue.store([raw])
    catalogue.store([quoted])
    assert [e.side for e in catalogue.entries()] == ["quote", "trade"]
    assert same(catalogue.bars(["FB"], side="quote")[0], quoted)
    with pytest.raises(ConfigError, match="FB has 1d quote, 1d trade; say which with --timeframe and --side"):
        catalogue.bars(["FB"])


def test_range_is_by_close(catalogue):
    catalogue.store(market_data.bars(["FB"]))
    (part,) = catalogue.bars(["FB"], "1d", parse_time("2012-06-01T20:00"), parse_time("2012-06-05T20:00"))
    assert [int(t) // DAY for t in part.ts] == [parse_time(d) // DAY for d in ("2012-06-04", "2012-06-05")]


def test_existing_history_is_not_overwritten_by_accident(catalogue):
    raw = market_data.bars(["FB"])[0]
    catalogue.store([raw.take(slice(0, 100))])
    with pytest.raises(DataError, match="stored already; give --replace or --append"):
        catalogue.store([raw])
    catalogue.store([raw.take(slice(50, 196))], existing="append")
    assert same(catalogue.bars(["FB"])[0], raw)
    catalogue.store([raw.take(slice(0, 10))], existing="replace")
    assert len(catalogue.bars(["FB"])[0]) == 10
    assert len([f for f in files(catalogue) if f.endswith(".parquet")]) == 1  # the old files are gone
    with pytest.raises(ConfigError, match="not 'maybe'"):
        catalogue.store([raw], existing="maybe")


def test_append_refuses_another_past(catalogue):
    raw = market_data.bars(["FB"])[0]
    catalogue.store([raw.take(slice(0, 100))])
    other = replace(raw, volume=raw.volume + 1)
    with pytest.raises(DataError, match=r"FB: the bar of 2012-0\d-\d+T20:00:00Z differs from the stored one"):
        catalogue.store([other], existing="append")
    with pytest.raises(DataError, match="other columns"):
        catalogue.store([replace(raw, adj_close=None)], existing="append")
    assert len(catalogue.bars(["FB"])[0]) == 100


def test_instrument_must_stay_the_same(catalogue):
    raw = market_data.bars(["FB"])[0]
    catalogue.store([raw])
    finer = msgspec.structs.replace(raw.instrument, price_increment=Decimal("0.00001"), tick_schedule=())
    with pytest.raises(DataError, match=r"give --price-increment 0\.0001"):
        catalogue.store([replace(raw, instrument=finer, duration_ns=7 * DAY)])
    euro = msgspec.structs.replace(raw.instrument, currency="EUR")
    with pytest.raises(DataError, match="is stored with currency USD, this import has EUR"):
        catalogue.store([replace(raw, instrument=euro)], existing="append")
    coarse = msgspec.structs.replace(raw.instrument, price_increment=Decimal("0.01"), tick_schedule=())
    catalogue.store([replace(raw, instrument=coarse, duration_ns=7 * DAY)])
    assert catalogue.instrument("FB") == raw.instrument


def test_nothing_is_half_written(catalogue, monkeypatch):
    catalogue.store(market_data.bars(["FB"]))
    before, listing = catalogue.manifest(), files(catalogue)

    def crash(self, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", crash)
    with pytest.raises(OSError, match="disk full"):
        catalogue.store(market_data.bars(["AAPL", "FB"]), existing="replace")
    assert catalogue.manifest() == before and files(catalogue) == listing
    assert len(catalogue.bars(["FB"])[0]) == 196


def test_crash_before_the_manifest_leaves_the_old_state(catalogue, monkeypatch):
    catalogue.store(market_data.bars(["FB"]))
    monkeypatch.setattr(ParquetCatalogue, "_commit", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        catalogue.store([market_data.bars(["FB"])[0].take(slice(0, 5))], existing="replace")
    monkeypatch.undo()
    assert len(catalogue.bars(["FB"])[0]) == 196


def test_one_writer_at_a_time(catalogue):
    with atomic_files.single_writer(catalogue.root), pytest.raises(RetryLater, match="another process is writing"):
        catalogue.store(market_data.bars(["FB"]))
    catalogue.store(market_data.bars(["FB"]))


def test_damage_is_seen(catalogue):
    (entry,) = catalogue.store(market_data.bars(["FB"]))
    path = catalogue.root / entry.file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="is not the one that was stored"):
        catalogue.check(lambda bars: bars)
    path.unlink()
    with pytest.raises(DataError, match="gone or damaged; import FB again"):
        catalogue.bars(["FB"])
    (catalogue.root / MANIFEST).write_text("{")
    with pytest.raises(DataError, match="is damaged"):
        catalogue.entries()
    (catalogue.root / MANIFEST).write_text(json.dumps({"version": 9}))
    with pytest.raises(DataError, match="has version 9"):
        catalogue.entries()


def test_check_hands_each_history_to_the_judge(catalogue):
    catalogue.store(market_data.bars(["MSFT", "FB"]))

    def judge(bars):
        schedule = market_hours.schedule(bars.instrument.session, int(bars.ts[0]), int(bars.ts[-1]))
        return gate_bars(bars, schedule, QualityPolicies())[1]

    assert [f.symbol for f in catalogue.check(judge)] == ["FB", "MSFT"]
    assert [f.rows for f in catalogue.check(judge, ["FB"])] == [196]
    with pytest.raises(NotFound, match="did you mean 'FB'"):
        catalogue.check(judge, ["FBX"])


@pytest.mark.parametrize("name", ["fb.csv", "fb.csv.gz", "fb.parquet"])
def test_exports_are_read_back(catalogue, tmp_path, name):
    raw = market_data.bars(["FB"])[0]
    catalogue.store([raw])
    assert catalogue.export("FB", tmp_path / name) == 196
    other = ParquetCatalogue(tmp_path / "other")
    result = other.add(tmp_path / name)
    assert same(other.bars(["FB"])[0], raw)
    assert other.instrument("FB").price_increment == raw.instrument.price_increment
    assert other.entries()[0].source == name and any("marks" in n or "mark" in n for n in result.notes)
    with pytest.raises(ConfigError, match=r"ends in \.csv"):
        catalogue.export("FB", tmp_path / "fb.xlsx")


def test_odd_symbols_and_removal(catalogue):
    frame = pl.DataFrame(
        {"date": ["2024-07-02", "2024-07-03"], **{n: [1.5, 1.25] for n in ("open", "high", "low", "close")}}
    )
    catalogue.add(frame, ImportOptions(symbol="BTC/USD", session="24/7"))
    catalogue.store(market_data.bars(["FB"]))
    assert len(catalogue.bars(["BTC/USD"])[0]) == 2
    assert catalogue.remove("BTC/USD") == 1
    assert [i.symbol for i in catalogue.instruments()] == ["FB"]
    with pytest.raises(NotFound, match="unknown symbol 'BTC/USD'"):
        catalogue.remove("BTC/USD")
    with pytest.raises(NotFound, match="unknown symbol 'FBB'; did you mean 'FB'"):
        catalogue.bars(["FBB"])
    with pytest.raises(NotFound, match="FB has no 1h bars stored; it has 1d trade"):
        catalogue.bars(["FB"], "1h")
    with pytest.raises(NotFound, match="did you mean 'FB'"):
        catalogue.instrument("fb2")


def test_empty_catalogue_reads_as_empty(catalogue):
    assert list(catalogue.instruments()) == [] and list(catalogue.entries()) == []
    assert not catalogue.root.exists()  # reading never writes


def test_same_content_gives_the_same_manifest(tmp_path):
    texts = []
    for name in ("a", "b"):
        catalogue = ParquetCatalogue(tmp_path / name)
        catalogue.store(market_data.bars(["FB", "AAPL"]))
        texts.append((catalogue.root / parquet_catalogue.MANIFEST).read_text())
    assert texts[0] == texts[1] and str(tmp_path) not in texts[0]
