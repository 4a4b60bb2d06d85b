"""What a person may say about a file they import, and how column names are recognised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from consilience.core.errors import ConfigError, DataError, NotFound, nearest
from consilience.core.instruments import InstrumentKind
from consilience.core.time import Timeframe

TRADE_FIELDS = ("open", "high", "low", "close")
BID_FIELDS = tuple(f"bid_{name}" for name in TRADE_FIELDS)
ASK_FIELDS = tuple(f"ask_{name}" for name in TRADE_FIELDS)
NUMBER_FIELDS = (*TRADE_FIELDS, *BID_FIELDS, *ASK_FIELDS, "volume", "adj_close", "bid_size", "ask_size")
FIELDS = ("time", "symbol", *NUMBER_FIELDS)
TRADE_TICK_FIELDS = ("price", "size")
QUOTE_TICK_FIELDS = ("bid", "ask", "bid_size", "ask_size")
TICK_KINDS = {"trades": TRADE_TICK_FIELDS, "quotes": QUOTE_TICK_FIELDS}

# Spellings that mean a field without doubt, compared in lower case with runs of anything but letters and digits as '_'.
_ALIASES: dict[str, tuple[str, ...]] = {
    "time": (
        "time", "date", "datetime", "timestamp", "ts", "time_utc", "time_ny", "date_utc", "datetime_utc",
        "timestamp_utc", "open_time", "close_time", "open_time_utc", "close_time_utc", "unix", "unix_timestamp",
    ),
    "symbol": ("symbol", "ticker", "pair", "contract", "instrument"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c", "last"),
    "volume": ("volume", "v", "vol", "volume_base", "tick_volume"),
    "adj_close": ("adj_close", "adjclose", "adjusted", "adjusted_close", "close_adjusted"),
}  # fmt: skip
_TICK_ALIASES: dict[str, tuple[str, ...]] = {
    "time": (*_ALIASES["time"], "ts_event", "transact_time", "trade_time", "event_time",
             "ts_event_ns"),
    "symbol": _ALIASES["symbol"],
    "price": ("price", "px", "trade_price", "last", "last_price", "price_1e9"),
    "size": ("size", "qty", "amount", "quantity", "volume", "sz", "trade_size", "last_size"),
    "bid": ("bid", "bid_price", "bidprice", "bid_px", "best_bid", "best_bid_price",
            "bid_px_00", "bid_px_1e9"),
    "ask": ("ask", "ask_price", "askprice", "ask_px", "best_ask", "best_ask_price", "offer",
            "ask_px_00", "ask_px_1e9"),
    "bid_size": ("bid_size", "bidsize", "bid_qty", "bid_quantity", "bid_amount", "bid_volume", "bid_sz",
                 "best_bid_qty", "best_bid_size", "bid_sz_00"),
    "ask_size": ("ask_size", "asksize", "ask_qty", "ask_quantity", "ask_amount", "ask_volume", "ask_sz",
                 "best_ask_qty", "best_ask_size", "ask_sz_00"),
    "suspicious": ("suspicious",),
    "aggressor": ("aggressor", "aggressor_side", "taker_side"),
    "buyer_maker": ("buyer_maker", "is_buyer_maker"),
}  # fmt: skip


@dataclass(frozen=True)
class ImportOptions:
    """Everything that may be said about a file; None means: take it from the data, with proof, or ask.

    symbol: name of the instrument where the file has no symbol column. symbols: which ones to take where it has.
    columns: field -> column of the file, where the names differ. header: names, for a file that has none.
    stamp: 'open' or 'close', what a bar's time means. tz: IANA zone of times without one.
    close_only: use the close for open, high and low too. wide: closes in a column for each symbol.
    computed: prices are computed ones, such as adjusted closes, which no exchange's grid holds.
    on_bad_row: 'error' or 'drop'. infer_kind: nobody named a kind; a file of bars that shows a 24/7 market is one.
    """

    symbol: str | None = None
    symbols: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    stamp: str | None = None
    tz: str | None = None
    timeframe: Timeframe | None = None
    price_increment: Decimal | None = None
    lot: Decimal | None = None
    kind: InstrumentKind = InstrumentKind.EQUITY
    currency: str = "USD"
    base_currency: str = ""
    session: str = "XNYS"
    multiplier: Decimal = Decimal(1)
    close_only: bool = False
    wide: bool = False
    computed: bool = False
    on_bad_row: str = "error"
    infer_kind: bool = False

    def __post_init__(self) -> None:
        if self.stamp not in (None, "open", "close"):
            raise ConfigError(f"--stamp is 'open' or 'close', not '{self.stamp}'")
        if self.on_bad_row not in ("error", "drop"):
            raise ConfigError(f"--on-bad-row is 'error' or 'drop', not '{self.on_bad_row}'")
        for name in self.columns:
            if name not in (*FIELDS, *_TICK_ALIASES):
                raise NotFound.named("field", name, {*FIELDS, *_TICK_ALIASES}, "in --columns")


def time_column(names: Sequence[str]) -> str | None:
    """The first of ``names`` that means a time, by the order of the usual spellings."""
    return next((n for spelling in _ALIASES["time"] for n in names if plain(n) == spelling), None)


def is_field(name: str, fields: Sequence[str]) -> bool:
    """Whether ``name`` is a usual spelling of one of ``fields``."""
    return any(plain(name) in _ALIASES.get(field, (field,)) for field in fields)


def plain(name: str) -> str:
    """A column name as it is compared: lower case, other characters folded to single underscores."""
    kept = [c if c.isalnum() else "_" for c in name.strip().lower()]
    return "_".join(part for part in "".join(kept).split("_") if part)


def match_columns(names: Sequence[str], options: ImportOptions, source: str) -> dict[str, str]:
    """Field -> column of ``names``. Raises NotFound for a named column, DataError for a missing one."""
    found = _matched(names, options.columns, {name: _ALIASES.get(name, (name,)) for name in FIELDS}, source)
    _require_fields(found, names, options, source)
    return found


def match_tick_columns(names: Sequence[str], kind: str, options: ImportOptions, source: str) -> dict[str, str]:
    """The same for a file of ``kind``, 'trades' or 'quotes'. Sizes and symbol may be missing."""
    fields = TICK_KINDS[kind]
    who = ("aggressor", "buyer_maker") if kind == "trades" else ()
    wanted = ("time", "symbol", *fields, "suspicious", *who)
    found = _matched(names, options.columns, {name: _TICK_ALIASES[name] for name in wanted}, source)
    for name in ("time", *(f for f in fields if not f.endswith("size"))):
        if name not in found:
            other = "quotes" if kind == "trades" else "trades"
            hint = f"give --columns {name}=NAME, or --ticks {other} where it holds those"
            raise DataError(f"{source} has no column for '{name}' (it has {', '.join(names[:14])}); {hint}")
    return found


def _matched(
    names: Sequence[str], given: Mapping[str, str], spellings: Mapping[str, tuple[str, ...]], source: str
) -> dict[str, str]:
    """Field -> column: as given, else the first usual spelling among ``names``."""
    found: dict[str, str] = {}
    for wanted, column in given.items():
        if wanted not in spellings:
            raise NotFound.named("field", wanted, spellings, f"for {source}")
        if column not in names:
            raise NotFound.named("column", column, names, f"in {source}")
        found[wanted] = column
    taken = set(found.values())
    for wanted, known in spellings.items():
        if wanted in found:
            continue
        for spelling in known:
            column = next((n for n in names if plain(n) == spelling and n not in taken), "")
            if column:
                found[wanted] = column
                taken.add(column)
                break
    return found


def _require_fields(found: Mapping[str, str], names: Sequence[str], options: ImportOptions, source: str) -> None:
    quoted = all(name in found for name in (*BID_FIELDS, *ASK_FIELDS))
    if quoted:
        needed: tuple[str, ...] = ("time",)
    else:
        needed = ("time", "close") if options.close_only else ("time", *TRADE_FIELDS)
    for name in needed:
        if name in found:
            continue
        if name in TRADE_FIELDS and "close" in found and not any(f in found for f in ("open", "high", "low")):
            raise DataError(f"{source} has closes only; give --close-only to use the close for all four prices")
        near = nearest(name, [n for n in names if n not in found.values()])
        hint = f"did you mean '{near}'? Give" if near else "give"
        listed = ", ".join(names[:14])
        raise DataError(
            f"{source} has no column for '{name}' (it has {listed}); {hint} --columns {name}={near or 'NAME'}"
        )
