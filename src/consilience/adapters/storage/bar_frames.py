"""Raw bars as polars frames and back: the layout of the catalogue's files and of exports."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl

from consilience.adapters.storage.atomic_files import write_atomically
from consilience.adapters.storage.import_options import ASK_FIELDS, BID_FIELDS, TRADE_FIELDS
from consilience.core.columns import PriceFloats, RawBars
from consilience.core.errors import ConfigError, DataError
from consilience.core.instruments import Instrument
from consilience.core.panel import Floats
from consilience.core.time import format_time

_EXTRA = ("volume", "adj_close", "bid_size", "ask_size")
EXPORT_TIME = "close_time_utc"  # a name that the import reads as: closes, in UTC


def bars_to_frame(bars: RawBars) -> pl.DataFrame:
    """Columns ``ts`` (close, UTC ns), prices by side, and the optional columns that are there; NaN stays NaN."""
    columns: dict[str, pl.Series] = {"ts": pl.Series(bars.ts, dtype=pl.Int64)}
    first = TRADE_FIELDS if bars.ask is None else BID_FIELDS
    columns.update(zip(first, map(pl.Series, bars.trade.all), strict=True))
    if bars.ask is not None:
        columns.update(zip(ASK_FIELDS, map(pl.Series, bars.ask.all), strict=True))
    for name in _EXTRA:
        values = getattr(bars, name)
        if values is not None:
            columns[name] = pl.Series(values)
    if bars.ts_known is not None:
        columns["ts_known"] = pl.Series(bars.ts_known, dtype=pl.Int64)
    return pl.DataFrame(columns)


def frame_to_bars(frame: pl.DataFrame, instrument: Instrument, duration_ns: int) -> RawBars:
    """The reverse of ``bars_to_frame``. Raises DataError for another layout."""

    def floats(name: str) -> Floats:
        return np.ascontiguousarray(frame[name].to_numpy(), dtype=np.float64)

    quoted = set(ASK_FIELDS) <= set(frame.columns)
    first = BID_FIELDS if quoted else TRADE_FIELDS
    if not {"ts", "volume", *first} <= set(frame.columns):
        raise DataError(f"the stored bars of {instrument.symbol} have another layout; import them again")
    known = np.ascontiguousarray(frame["ts_known"].to_numpy()) if "ts_known" in frame.columns else None
    return RawBars(
        instrument=instrument,
        ts=np.ascontiguousarray(frame["ts"].to_numpy()),
        trade=PriceFloats(*(floats(name) for name in first)),
        volume=floats("volume"),
        duration_ns=duration_ns,
        ask=PriceFloats(*(floats(name) for name in ASK_FIELDS)) if quoted else None,
        ts_known=known,
        adj_close=floats("adj_close") if "adj_close" in frame.columns else None,
        bid_size=floats("bid_size") if "bid_size" in frame.columns else None,
        ask_size=floats("ask_size") if "ask_size" in frame.columns else None,
    )


def joined(old: pl.DataFrame, new: pl.DataFrame, symbol: str) -> pl.DataFrame:
    """``old`` followed by those rows of ``new`` that it lacks. Raises DataError when a shared close differs."""
    if set(old.columns) != set(new.columns):
        raise DataError(f"{symbol}: the new bars have other columns than the stored ones; replace them instead")
    new = new.select(old.columns)
    shared = new.filter(pl.col("ts").is_in(old["ts"].implode()))
    same = shared.join(old, on=old.columns, how="semi", nulls_equal=True)
    if same.height < shared.height:
        odd = shared.join(same, on="ts", how="anti")["ts"] if same.height else shared["ts"]
        when = format_time(int(odd.to_numpy().min())) if len(odd) else format_time(int(shared["ts"].to_numpy()[0]))
        raise DataError(f"{symbol}: the bar of {when} differs from the stored one; replace the history instead")
    return pl.concat([old, new.filter(~pl.col("ts").is_in(old["ts"].implode()))])


def write_export(frame: pl.DataFrame, symbol: str, path: Path) -> int:
    """Write a stored frame for other programs; by the ending of ``path``. Returns its rows."""
    drop = [c for c in ("ts_known",) if c in frame.columns]
    time = pl.col("ts").cast(pl.Datetime("ns")).dt.replace_time_zone("UTC").alias(EXPORT_TIME)
    shown = frame.drop(drop).select(pl.lit(symbol).alias("symbol"), time, pl.exclude("ts"))
    ending = "".join(path.suffixes[-2:]).lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if ending == ".parquet":
        write_atomically(path, shown.write_parquet)
    elif ending in (".csv", ".csv.gz"):
        text = shown.with_columns(pl.col(EXPORT_TIME).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")).fill_nan(None).write_csv()
        # a fixed time in the archive's header keeps equal exports equal
        content = gzip.compress(text.encode(), mtime=0) if ending == ".csv.gz" else text.encode()
        write_atomically(path, lambda place: place.write_bytes(content))
    else:
        raise ConfigError(f"cannot export to '{path.name}'; use a name that ends in .csv, .csv.gz or .parquet")
    return frame.height
