"""``panel_from_frame``: a polars or pandas frame in a notebook becomes a panel, through the same gate as any data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from consilience.core.columns import PriceFloats, RawBars, SessionSchedule
from consilience.core.errors import DataError, nearest
from consilience.core.instruments import Instrument, InstrumentKind
from consilience.core.panel import Floats, Ints
from consilience.core.time import DAY, Timeframe
from consilience.market.pipeline import BuiltPanel, PanelRequest, ScheduleSource, build_panel

_NAMES = {
    "time": ("time", "date", "datetime", "timestamp", "ts"),
    "symbol": ("symbol", "ticker"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "volume": ("volume",),
    "adj_close": ("adj_close", "adj close", "adjusted_close"),
}
_MOST_DECIMALS = 8


class Frame(Protocol):
    """What polars and pandas frames share."""

    @property
    def columns(self) -> Any:
        """Column names."""
        ...

    def __getitem__(self, name: Any) -> Any: ...


# many parameters: each answers a question that a bare frame leaves open
def panel_from_frame(
    frame: Frame,
    *,
    instrument: Instrument | None = None,
    symbol: str = "ASSET",
    schedule: ScheduleSource | None = None,
    timeframe: str | None = None,
    stamp: str = "close",
    request: PanelRequest | None = None,
) -> BuiltPanel:
    """A panel of the frame's bars.

    Columns by name, case ignored: time (or date, or a pandas time index), open, high, low, close, volume (may be
    absent), symbol (else all rows are ``symbol``), adj_close (then splits and dividends are read out of it).
    Times without a zone are UTC. stamp: which end of the bar they name; bars of a day stamped at midnight are dates,
    and close with that date's session. timeframe: bar length, None takes the most frequent step.
    instrument: facts for every symbol; None makes one that trades 24/7 in steps of 0.00000001, with the price grid
    that the prices show. schedule: sessions of ``instrument.session``; None knows only ``24/7``.
    Raises DataError when a column is missing or cannot be read.
    """
    if stamp not in ("open", "close"):
        raise DataError(f"stamp='{stamp}' is unknown; bars are stamped at their open or close")
    columns = _found_columns(frame)
    ts = _times(frame, columns.get("time"))
    values = {name: _numbers(frame[columns[name]], name) for name in ("open", "high", "low", "close")}
    values["volume"] = _numbers(frame[columns["volume"]], "volume") if "volume" in columns else np.full(len(ts), np.nan)
    if "adj_close" in columns:
        values["adj_close"] = _numbers(frame[columns["adj_close"]], "adj_close")
    names = np.asarray(frame[columns["symbol"]]).astype(str) if "symbol" in columns else np.full(len(ts), symbol)
    find = schedule or utc_days
    raw = []
    for name in dict.fromkeys(names.tolist()):
        rows = np.flatnonzero(names == name)
        own = {key: column[rows] for key, column in values.items()}
        facts = _facts(instrument, name, own)
        duration = Timeframe.parse(timeframe).duration_ns if timeframe else _step(ts[rows], name)
        closes, note = _closes(ts[rows], duration, stamp, find, facts)
        raw.append(_bars(facts, closes, own, duration, note))
    base = raw[0].instrument.currency if raw else "USD"
    return build_panel(raw, find, request or PanelRequest(base_currency=base))


def utc_days(code: str, start_ns: int, end_ns: int) -> SessionSchedule:
    """Sessions of a market that never closes: UTC days. Raises DataError for another calendar."""
    if code != "24/7":
        raise DataError(f"calendar '{code}' needs a schedule; give one, or an instrument with session='24/7'")
    days: Ints = np.arange((start_ns - 1) // DAY, end_ns // DAY + 1, dtype=np.int64)
    none = np.zeros(len(days), np.int64)
    return SessionSchedule("24/7", days, days * DAY, (days + 1) * DAY, np.zeros(len(days), np.bool_), none, none)


def _found_columns(frame: Frame) -> dict[str, Any]:
    present = {str(c).strip().lower(): c for c in frame.columns}
    found = {}
    for name, choices in _NAMES.items():
        match = next((present[c] for c in choices if c in present), None)
        if match is not None:
            found[name] = match
    missing = [name for name in ("open", "high", "low", "close") if name not in found]
    if missing:
        near = nearest(missing[0], present)
        hint = f"; is '{near}' it?" if near else ""
        raise DataError(f"the frame has no column {', '.join(missing)}{hint}")
    return found


def _times(frame: Any, column: Any) -> Ints:
    if column is not None:
        series = frame[column]
    elif hasattr(frame, "index"):
        series = frame.index.to_series()
    else:
        raise DataError("the frame has no time column; name one of its columns time or date")
    if getattr(getattr(series, "dt", None), "tz", None) is not None:  # pandas with a zone
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    values = np.asarray(series)
    if np.issubdtype(values.dtype, np.number):
        raise DataError("the time column holds numbers; turn them into dates first, so that their unit is no guess")
    try:
        result: Ints = values.astype("datetime64[ns]").astype(np.int64)
    except (ValueError, TypeError) as error:
        raise DataError(f"the time column cannot be read as dates: {error}") from error
    return result


def _numbers(series: Any, name: str) -> Floats:
    try:
        return np.ascontiguousarray(np.asarray(series), np.float64)
    except (ValueError, TypeError) as error:
        raise DataError(f"column {name} holds something that is no number: {error}") from error


def _facts(given: Instrument | None, name: str, values: dict[str, Floats]) -> Instrument:
    if given is not None:
        return msgspec.structs.replace(given, symbol=name)
    return Instrument(
        symbol=name,
        kind=InstrumentKind.CRYPTO_SPOT,
        price_increment=price_grid(values["open"], values["high"], values["low"], values["close"]),
        lot=Decimal("0.00000001"),
        session="24/7",
    )


def price_grid(*columns: Floats) -> Decimal:
    """The coarsest power of ten, at most 1 and at least 0.00000001, that all prices are multiples of."""
    prices: npt.NDArray[np.float64] = np.concatenate(columns)
    prices = prices[np.isfinite(prices)]
    for decimals in range(_MOST_DECIMALS):
        if bool((np.round(prices, decimals) == prices).all()):
            return Decimal(1).scaleb(-decimals)
    return Decimal(1).scaleb(-_MOST_DECIMALS)


def _step(ts: Ints, name: str) -> int:
    steps, counts = np.unique(np.diff(np.unique(ts)), return_counts=True)
    if len(steps) == 0:
        raise DataError(f"{name} has one bar only; give its timeframe, like 1d")
    return int(steps[counts.argmax()])


def _closes(ts: Ints, duration: int, stamp: str, find: ScheduleSource, facts: Instrument) -> tuple[Ints, str]:
    """Close of each bar, and how it was found, in words."""
    if duration == DAY and bool((ts % DAY == 0).all()):
        days = ts // DAY
        schedule = find(facts.session, int(ts.min()), int(ts.max()) + DAY)
        place = np.minimum(np.searchsorted(schedule.session_id, days), len(schedule) - 1)
        absent = np.flatnonzero(schedule.session_id[place] != days)
        if len(absent):
            day = np.datetime64(int(days[absent[0]]), "D")
            raise DataError(f"{facts.symbol}: {day} is no session of {facts.session}, and {len(absent)} dates in all")
        closes: Ints = schedule.close_ns[place]
        return closes, f"dates taken as sessions of {facts.session}, stamped at their close"
    if stamp == "open":
        return ts + duration, "times taken as the open of each bar"
    return ts, "times taken as the close of each bar"


def _bars(facts: Instrument, ts: Ints, values: dict[str, Floats], duration: int, note: str) -> RawBars:
    return RawBars(
        instrument=facts,
        ts=ts,
        trade=PriceFloats(values["open"], values["high"], values["low"], values["close"]),
        volume=values["volume"],
        duration_ns=duration,
        adj_close=values.get("adj_close"),
        notes=(note,),
    )
